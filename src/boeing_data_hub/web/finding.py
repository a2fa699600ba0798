"""Finding by one text: parts, runs, plans and quotes. Every look-up reads a bounded number of rows, so that it is as
fast with a million parts as with ten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from boeing_data_hub.batches.names import run_name
from boeing_data_hub.catalogue import staging
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.quotes import quote_rows
from boeing_data_hub.shopify import products
from boeing_data_hub.values.counted import counted
from boeing_data_hub.values.part_numbers import BadPartNumber, base_number, clean
from boeing_data_hub.values.states import BatchStatus
from boeing_data_hub.work import batches, open_failures
from boeing_data_hub.work.batch import Batch
from boeing_data_hub.work.open_failures import FailureFilter

Kind = Literal["part", "run", "plan", "quote"]
KINDS: Final[tuple[Kind, ...]] = ("part", "run", "plan", "quote")

LONGEST_TEXT: Final = 100
RUNS_LOOKED_THROUGH: Final = 2_000
"""The newest runs whose names are compared. Older ones are found by the beginning of their id."""

_DIGITS: Final = re.compile(r"[0-9a-fA-F]{4}[0-9a-fA-F-]{0,32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One thing that was found.

    Attributes:
        id: the SKU or part number of a part; the id of a run or plan; the RFQ number of a quote.
        name: what people call it.
        about: a part's name, a run's number of parts, a quote's buyer.
        state: a part's status (`unknown`: not staged), a run's outcome or `running`, a quote's state.
        at: when a part was last updated, or a run or quote was requested.
        number: a quote's id in the console.
        is_exact: the text is its part number (with or without suffix), its whole id, its name or its RFQ number.
    """

    kind: Kind
    id: str
    name: str
    about: str
    state: str
    at: datetime
    number: int | None = None
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What was found by a text: of each kind the first, and the kinds of which there are more."""

    text: str
    hits: Sequence[Hit] = ()
    more: Sequence[Kind] = ()

    @property
    def only_exact(self) -> Hit | None:
        """The one thing that the text names; None if it names several or none. A run's name is weaker than a number:
        runs are called after their first part.
        """
        exact = [hit for hit in self.hits if hit.is_exact]
        numbers = [hit for hit in exact if hit.kind in {"part", "quote"} or hit.id == self.text.lower()] or exact
        return numbers[0] if len(numbers) == 1 else None


def find(work: Work, text: str, *, limit: int) -> Found:
    """Find a text at the beginning of part numbers, SKUs, RFQ numbers and ids, and anywhere in the names of runs.

    Args:
        work: the transaction.
        text: as typed. For part numbers, dashes and case do not matter.
        limit: most hits of each kind.
    """
    text = " ".join(text.split())[:LONGEST_TEXT]
    if not text:
        return Found(text)
    runs = list(_runs(work, text, limit + 1))
    by_kind: dict[Kind, list[Hit]] = {
        "part": list(_parts(work, text, limit + 1)),
        "run": [hit for hit in runs if hit.kind == "run"],
        "plan": [hit for hit in runs if hit.kind == "plan"],
        "quote": list(_quotes(work, text, limit + 1)),
    }
    return Found(
        text,
        [hit for kind in KINDS for hit in by_kind[kind][:limit]],
        [kind for kind in KINDS if len(by_kind[kind]) > limit],
    )


def _parts(work: Work, text: str, limit: int) -> list[Hit]:
    """Staged parts, products of the store that are not staged, and the part that failed and is nothing of both."""
    key = staging.search_key(text)
    found = {
        one.sku: Hit(
            kind="part",
            id=one.sku,
            name=one.sku,
            about=one.name,
            state=one.status,
            at=one.fetched_at,
            is_exact=key in {staging.search_key(one.sku), staging.search_key(base_number(one.sku))},
        )
        for one in staging.beginning(work, text, limit=limit)
    }
    for one in products.beginning(work, text, limit=limit):
        exact = key in {staging.search_key(one.sku), staging.search_key(base_number(one.sku))}
        not_staged = Hit(
            kind="part",
            id=one.sku,
            name=one.sku,
            about=one.title or "",
            state="unknown",
            at=one.updated_at,
            is_exact=exact,
        )
        found.setdefault(one.sku, not_staged)
    for part, at in _failed(work, text):
        failed = Hit(kind="part", id=part, name=part, about="", state="unknown", at=at, is_exact=True)
        if not any(hit.is_exact for hit in found.values()):
            found.setdefault(part, failed)
    return sorted(found.values(), key=lambda hit: (not hit.is_exact, staging.search_key(hit.id), hit.id))[:limit]


def _failed(work: Work, text: str) -> Iterator[tuple[str, datetime]]:
    """The part of this number if its latest result is a failure, and when it failed."""
    try:
        part = clean(text)
    except BadPartNumber:
        return
    for one in open_failures.page(work, FailureFilter(parts=[part]), limit=1):
        yield one.part_number, one.failed_at


def _runs(work: Work, text: str, limit: int) -> Iterator[Hit]:
    """Runs and plans whose id begins so or whose list's name has it."""
    found: dict[UUID, Batch] = {}
    if _DIGITS.fullmatch(text):
        found |= {batch.id: batch for batch in batches.beginning_with(work, text, limit=limit)}
    for batch in batches.named(work, text, limit=2 * limit, most=RUNS_LOOKED_THROUGH):
        found.setdefault(batch.id, batch)
    for batch in found.values():
        name = run_name(batch)
        yield Hit(
            kind="plan" if batch.options.planned and batch.status is BatchStatus.PENDING else "run",
            id=str(batch.id),
            name=name,
            about=counted(batch.total_items, "part"),
            state=batch.outcome or str(batch.status if batch.status is BatchStatus.PENDING else "running"),
            at=batch.created_at,
            is_exact=text.casefold() in {str(batch.id), name.casefold(), (batch.options.source or "").casefold()},
        )


def _quotes(work: Work, text: str, limit: int) -> Iterator[Hit]:
    for quote in quote_rows.numbered(work, text, limit=limit):
        yield Hit(
            kind="quote",
            id=quote.rfq_number,
            name=quote.rfq_number,
            about=quote.buyer_company_name or quote.buyer_name or "",
            state=str(quote.state),
            at=quote.created_at,
            number=quote.id,
            is_exact=quote.rfq_number.casefold() == text.casefold(),
        )
