"""The rows of draft orders: one for each quote that a person orders, kept until the store has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from psycopg.types.json import Jsonb

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftOrder:
    """A draft order of a quote, as people see it.

    Attributes:
        key: in its custom attributes in the store, so that it is recognized there.
        state: `due` until the store has it; `refused`: it was rejected, and the note says why.
        sent_at: when it was last sent; None: never, or certainly not carried out.
        note: what went wrong, for people.
        name: the store's number, such as #D12.
    """

    quote_id: int
    shop: str
    key: UUID
    valid_until: date
    state: Literal["due", "created", "refused"]
    sent_at: datetime | None
    attempts: int
    not_before: datetime
    note: str | None
    draft_order_id: str | None
    name: str | None
    invoice_url: str | None
    author: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDraftOrder:
    """A draft order to send.

    Attributes:
        payload: the input of the mutation.
        attempts: failed tries in a row.
        was_sent: it was sent before, and what became of it is unknown.
        sent_ago: seconds since then.
    """

    quote_id: int
    key: UUID
    payload: Mapping[str, Any]
    attempts: int
    was_sent: bool
    sent_ago: float


@dataclass(frozen=True, slots=True)
class MadeDraftOrder:
    """A draft order in the store."""

    id: str
    name: str
    invoice_url: str | None


@dataclass(frozen=True, slots=True)
class _SoldAs:
    """The store's variant of a SKU."""

    sku: str
    variant_id: str


def get(work: Work, quote_id: int) -> DraftOrder | None:
    """The draft order of a quote, or None."""
    return work.record(DraftOrder, _SQL["get"], [quote_id])


def add(
    work: Work, *, quote_id: int, shop: str, key: UUID, payload: Mapping[str, Any], valid_until: date, author: str
) -> bool:
    """Add a draft order, or replace one that the store refused. False if the quote has another."""
    values = {
        "quote_id": quote_id,
        "shop": shop,
        "key": key,
        "payload": Jsonb(dict(payload)),
        "valid_until": valid_until,
        "author": author,
    }
    return work.row(_SQL["add"], values) is not None


def anything_due(work: Work) -> int:
    """How many could be sent now, counted to 50."""
    return work.value(_SQL["anything_due"])


def next_due(work: Work, shop: str) -> DueDraftOrder | None:
    """The one that has waited longest and that no worker holds."""
    return work.record(DueDraftOrder, _SQL["next_due"], [shop])


def sending(work: Work, row: DueDraftOrder) -> None:
    """Record that it is about to be sent. Committed before the call."""
    work.do(_SQL["sending"], [row.quote_id, row.key])


def not_sent(work: Work, row: DueDraftOrder) -> None:
    """Record that the store certainly did not carry it out."""
    work.do(_SQL["not_sent"], [row.quote_id, row.key])


def created(work: Work, row: DueDraftOrder, made: MadeDraftOrder) -> None:
    """Record that the store has it."""
    values = {"id": made.id, "name": made.name, "invoice_url": made.invoice_url}
    work.do(_SQL["created"], {**values, "quote_id": row.quote_id, "key": row.key})


def refused(work: Work, row: DueDraftOrder, note: str) -> None:
    """Record that the store rejected it, and why."""
    work.do(_SQL["refused"], [note[:500], row.quote_id, row.key])


def put_off(work: Work, row: DueDraftOrder, *, wait: float, attempts: int, note: str) -> None:
    """Try it again after `wait` seconds."""
    work.do(_SQL["put_off"], [attempts, note[:500], wait, row.quote_id, row.key])


def variants(work: Work, shop: str, skus: Sequence[str]) -> dict[str, str]:
    """The ids of the store's variants, by SKU, of those that are live in it."""
    found = work.records(_SoldAs, _SQL["variants"], [shop, list(skus)])
    return {one.sku: one.variant_id for one in found}
