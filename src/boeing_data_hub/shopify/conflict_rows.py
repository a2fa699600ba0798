"""Conflicts as rows: what a person must decide about a part and a product of the store that the hub did not create.

Lists, counts and decisions are about the current store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify.store_job import ConflictFilter

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreConflict:
    """A part and the product that keeps it from being published.

    Attributes:
        kind: `sku_taken`, `handle_taken` or `look_alike`.
        product_id: of the other product; None if the store does not name it.
        sentence: what is wrong, for people.
        batch_id: the run that found it.
        decision: `adopt`, `leave` or `publish_new`; None while it is open.
        cause: of a look-alike, see `look_alikes.CAUSES`.
        others: further products that look like the part.
        job_error: why a decision on many conflicts could not be carried out for this one.
    """

    shop: str
    sku: str
    kind: str
    product_id: str | None
    title: str | None
    sentence: str
    batch_id: UUID | None
    found_at: datetime
    decision: str | None
    decided_by: str | None
    decided_at: datetime | None
    cause: str | None
    vendor: str | None
    others: Sequence[Mapping[str, Any]] | None
    job_error: str | None


@dataclass(frozen=True, slots=True)
class ConflictGroup:
    """How many open conflicts are of one kind, cause and vendor."""

    kind: str
    cause: str | None
    vendor: str | None
    conflicts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictSample:
    """One conflict of a preview."""

    sku: str
    kind: str
    cause: str | None
    product_id: str | None
    title: str | None
    vendor: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Matching:
    """The open conflicts that match a filter: how many, by kind, cause and vendor, and the first ten."""

    total: int
    groups: tuple[ConflictGroup, ...]
    sample: tuple[ConflictSample, ...]


@dataclass(frozen=True, slots=True)
class RefusedConflict:
    """A conflict for which a decision on many could not be carried out, and why."""

    sku: str
    kind: str
    error: str


def note(work: Work, shop: str, conflicts: Sequence[Mapping[str, Any]]) -> None:
    """Parts that a person must decide on: `sku`, `kind`, `product_id`, `title`, `sentence`, `batch_id`."""
    if conflicts:
        ordered = sorted(conflicts, key=lambda one: str(one["sku"]))
        work.do(_SQL["note"], [shop, msgspec.json.encode(ordered).decode()])


def listed(work: Work, *, is_open: bool = True, limit: int = 200, after: str = "") -> list[StoreConflict]:
    """Conflicts in SKU order, after SKU `after`."""
    return [StoreConflict(**row) for row in work.rows(_SQL["listed"], [is_open, after, limit])]


def to_decide(work: Work, sku: str) -> StoreConflict | None:
    """The conflict of a SKU that can be decided: it is open, or its product was left alone."""
    row = work.row(_SQL["to_decide"], [sku])
    return StoreConflict(**row) if row else None


def open_of(work: Work, sku: str) -> StoreConflict | None:
    """The open conflict of a SKU."""
    row = work.row(_SQL["open_of"], [sku])
    return StoreConflict(**row) if row else None


def decide(work: Work, conflict: StoreConflict, *, decision: str, actor: str) -> bool:
    """Save a decision. False if the conflict has changed since it was read: someone else decided, or it is about
    another product now.
    """
    seen = [conflict.shop, conflict.sku, conflict.product_id, conflict.decided_at]
    return bool(work.do(_SQL["decide"], [decision, actor, *seen]))


def is_decided_so(work: Work, conflict: StoreConflict, *, decision: str, actor: str) -> bool:
    """True if this person has made this decision since the conflict was read: a repetition, or a lost reply."""
    seen = [conflict.shop, conflict.sku, conflict.product_id, conflict.decided_at]
    return bool(work.value(_SQL["is_decided_so"], [decision, actor, *seen]))


def end(work: Work, shop: str, skus: Sequence[str]) -> None:
    """End the conflicts of these parts, which are published."""
    work.do(_SQL["end"], [shop, list(skus)])


def count_open(work: Work) -> int:
    """How many wait for a person."""
    return work.value(_SQL["count_open"])


def matching(work: Work, wanted: ConflictFilter) -> Matching:
    """The open conflicts that match a filter."""
    values = _values(wanted)
    groups = [ConflictGroup(**row) for row in work.rows(_SQL["groups"], values)]
    sample = [ConflictSample(**row) for row in work.rows(_SQL["sample"], values)]
    return Matching(sum(one.conflicts for one in groups), tuple(groups[:50]), tuple(sample))


def set_aside(work: Work, job_id: UUID, wanted: ConflictFilter) -> int:
    """Mark the open conflicts that match a filter now, for one decision. Returns how many there are."""
    return work.do(_SQL["set_aside"], {**_values(wanted), "job": job_id})


def next_of(work: Work, job_id: UUID, *, limit: int) -> list[str]:
    """The next SKUs of a decision on many conflicts that are neither decided nor rejected."""
    return [row["sku"] for row in work.rows(_SQL["next_of"], [job_id, limit])]


def refused(work: Work, job_id: UUID, sku: str, said: str) -> None:
    """Save why a decision could not be carried out for this conflict, which stays open."""
    work.do(_SQL["refused"], [said[:500], job_id, sku])


def refused_of(work: Work, job_id: UUID, *, limit: int = 100) -> list[RefusedConflict]:
    """The conflicts for which a decision could not be carried out, in SKU order."""
    return [RefusedConflict(**row) for row in work.rows(_SQL["refused_of"], [job_id, limit])]


def accepted(work: Work, shop: str, skus: Sequence[str]) -> dict[str, frozenset[str]]:
    """Ids of the products that a person decided to publish a part beside, by the part's SKU."""
    return {
        row["sku"]: frozenset(filter(None, (row["product_id"], *(one["product_id"] for one in row["others"] or ()))))
        for row in work.rows(_SQL["accepted"], [shop, list(skus)])
    }


def _values(wanted: ConflictFilter) -> dict[str, Any]:
    return {
        "kind": wanted.kind,
        "cause": wanted.cause,
        "vendor": wanted.vendor,
        "prefix": wanted.sku_prefix,
        "skus": None if wanted.skus is None else list(wanted.skus),
    }
