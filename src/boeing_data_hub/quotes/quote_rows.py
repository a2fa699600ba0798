"""Quotes and their lines: stored with the known answers, and completed as Boeing answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from boeing_data_hub.catalogue import staging
from boeing_data_hub.catalogue.staged_part import LastAnswer
from boeing_data_hub.catalogue.staging import search_key
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.quotes.quote import (
    BUYER,
    AskedLine,
    Known,
    LineAnswer,
    Quote,
    QuoteRequest,
    QuoteState,
    QuoteTerms,
    SettledItem,
    StoreOffer,
)
from boeing_data_hub.shopify import current_store
from boeing_data_hub.values.part_numbers import base_number

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True)
class QuoteName:
    """A quote by its number and buyer, without its lines."""

    id: int
    rfq_number: str
    state: QuoteState
    buyer_company_name: str | None
    buyer_name: str | None
    created_at: datetime


_FEWEST_SIGNS = (
    3  # minimum length of a number whose variants are searched: half the catalogue begins with a shorter one
)
_MOST_VARIANTS = 50


def insert(work: Work, request: QuoteRequest, *, request_hash: str, terms: QuoteTerms) -> int | None:
    """Insert a quote without lines. Returns its id, or None if its number is taken, even by a running transaction."""
    return work.value(
        _SQL["insert"],
        {
            **{name: request.buyer.get(name) for name in BUYER},
            "rfq_number": request.rfq_number,
            "hash": request_hash,
            "url": request.rfq_sub_url or None,
            "terms": Jsonb(terms.as_json()),
            "owner": request.actor,
        },
    )


def insert_lines(work: Work, quote_id: int, lines: Sequence[AskedLine]) -> None:
    """Insert the lines in their order, all of them pending."""
    work.do(_SQL["insert_lines"], [quote_id, [line.part_number for line in lines], [line.quantity for line in lines]])


def answer_lines(work: Work, quote_id: int, answers: Mapping[int, LineAnswer]) -> None:
    """Save answers, by the position of their lines."""
    if not answers:
        return
    records = [{"position": place, **asdict(answers[place])} for place in sorted(answers)]
    work.do(_SQL["answer_lines"], [msgspec.json.encode(records).decode(), quote_id])


def move(work: Work, quote_id: int, state: QuoteState, *, batch_id: UUID | None) -> None:
    """Save a quote's state, and the search it waits for or was completed by."""
    work.do(_SQL["move"], {"state": str(state), "batch": batch_id, "id": quote_id})


def by_number(work: Work, rfq_number: str) -> Quote | None:
    """The quote with this number, or None."""
    return _whole(work, work.row(_SQL["by_number"], [rfq_number]))


def get(work: Work, quote_id: int) -> Quote | None:
    """The quote with this id, or None."""
    return _whole(work, work.row(_SQL["get"], [quote_id]))


def hold(work: Work, quote_id: int) -> Quote | None:
    """The quote with this id, locked until the commit, or None."""
    return _whole(work, work.row(_SQL["hold"], [quote_id]))


def _whole(work: Work, row: dict[str, Any] | None) -> Quote | None:
    return _with_lines(work, [row])[0] if row else None


def _with_lines(work: Work, rows: Sequence[dict[str, Any]]) -> list[Quote]:
    lines: dict[int, list[dict[str, Any]]] = {row["id"]: [] for row in rows}
    for line in work.rows(_SQL["with_lines"], [list(lines)]):
        lines[line["quote_id"]].append(line)
    return [Quote.from_row(row, lines[row["id"]]) for row in rows]


def page(
    work: Work, *, limit: int, state: str | None = None, search: str | None = None, before: int | None = None
) -> list[Quote]:
    """Quotes, newest first, after the one with id `before`; `search` is the beginning of the RFQ number."""
    rows = work.rows(_SQL["page"], {"before": before, "state": state, "search": search or None, "limit": limit})
    return _with_lines(work, rows)


def numbered(work: Work, beginning: str, *, limit: int) -> list[QuoteName]:
    """Quotes whose RFQ number begins so, as typed or in upper case, newest first."""
    typed = re.sub(r"([\\%_])", r"\\\1", beginning) + "%"
    return work.records(QuoteName, _SQL["numbered"], {"typed": typed, "upper": typed.upper(), "limit": limit})


def due(work: Work, *, limit: int) -> list[int]:
    """Ids of quotes that wait for a part whose search has finished, oldest first."""
    rows = work.rows(_SQL["due"], [limit])
    return [row["id"] for row in rows]


def is_due(work: Work, quote_id: int) -> bool:
    """True if this quote waits for a part whose search has finished."""
    return bool(work.value(_SQL["is_due"], [quote_id]))


def is_pending(work: Work, quote_id: int) -> bool:
    """True if a line of this quote is still pending."""
    return bool(work.value(_SQL["is_pending"], [quote_id]))


def settled(work: Work, batch_id: UUID | None, part_numbers: Sequence[str]) -> dict[str, SettledItem]:
    """The outcomes of those parts whose search has finished, or whose item was deleted."""
    rows = work.rows(_SQL["settled"], [list(part_numbers), batch_id])
    return {
        row["part"]: SettledItem(
            state=row["state"], skus=tuple(row["skus"] or ()), error_code=row["error_code"], error=row["error"]
        )
        for row in rows
    }


def known(work: Work, part_numbers: Sequence[str], *, with_store: bool) -> dict[str, Known]:
    """What is known about parts: the store's offer, the staged part, its override, and Boeing's last answer."""
    parts = sorted(set(part_numbers))
    rows = work.rows(_SQL["known"], [parts, current_store.read(work) if with_store else None])
    staged = staging.by_sku(work, parts)
    relatives = _variants(work, parts)
    return {
        row["part"]: Known(
            part_number=row["part"],
            in_store=_offer(row),
            staged=staged.get(row["part"]),
            excluded=row["excluded"],
            price_override=row["price_override"],
            answered=LastAnswer(tuple(row["skus"]), row["fetched_at"]) if row["fetched_at"] is not None else None,
            variants=tuple(relatives.get(row["part"], ())),
        )
        for row in rows
    }


def _offer(row: Mapping[str, Any]) -> StoreOffer | None:
    if not row["is_live"] or row["published_at"] is None:
        return None
    pieces = sum(int(quantity) for quantity in row["stock"].values())
    return StoreOffer(price=row["price"], pieces=pieces, published_at=row["published_at"])


def _variants(work: Work, part_numbers: Sequence[str]) -> dict[str, list[str]]:
    """Staged SKUs with the same base number, by the catalogue's search index, which contains the SKU."""
    asked = [(part, base) for part in part_numbers if len(search_key(base := base_number(part))) >= _FEWEST_SIGNS]
    rows = work.rows(
        _SQL["variants"],
        [
            [part for part, _ in asked],
            [base for _, base in asked],
            [search_key(base) for _, base in asked],
            _MOST_VARIANTS,
        ],
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["part"], []).append(row["sku"])
    return found
