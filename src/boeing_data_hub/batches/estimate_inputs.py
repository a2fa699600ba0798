"""Reads the input of an estimate from the database: the queue, the next free slot, and the store's pace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify import bulk_runs, publish_items
from boeing_data_hub.work import budget_account as budget
from boeing_data_hub.work import upstreams as line_store
from boeing_data_hub.work.bucket import Budget

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The input from the database.

    Attributes:
        ahead: parts that running searches are waiting for.
        first_wait: seconds until the next Boeing slot is free.
        budget: account of the store's budget; None before the first call.
        pace: lines per second of the store's bulk operations; None before the first.
        fresh: of the given parts, those whose answer is reused.
        known: of them, those in the store.
    """

    ahead: int
    first_wait: float
    budget: Budget | None
    pace: float | None
    fresh: int
    known: int


def waiting(work: Work) -> int:
    """Parts that running searches are waiting for."""
    return int(work.value(_SQL["waiting"]))


def fresh_and_known(work: Work, part_numbers: Sequence[str], *, younger_than: float) -> tuple[int, int]:
    """How many of the parts have an answer younger than this many seconds, and how many have any."""
    row = work.row(_SQL["fresh_and_known"], [younger_than, list(part_numbers)])
    return (row["fresh"], row["known"]) if row else (0, 0)


def in_store(work: Work, part_numbers: Sequence[str]) -> int:
    """How many of the parts are in the store, with at least one of their staged SKUs."""
    if not part_numbers:
        return 0
    skus = publish_items.skus_of(work, part_numbers)
    live = {
        row["sku"] for row in work.rows(_SQL["in_store"], [sorted({sku for some in skus.values() for sku in some})])
    }
    return sum(any(sku in live for sku in some) for some in skus.values())


def look(work: Work, part_numbers: Sequence[str], *, younger_than: float) -> Outlook:
    """Read the input of an estimate."""
    line, now = line_store.look(work, "boeing")
    first = max(line.next_slot, line.open_again or line.next_slot)
    return Outlook(
        ahead=waiting(work),
        first_wait=max(0.0, (first - now).total_seconds()),
        budget=budget.look(work, "shopify"),
        pace=bulk_runs.pace(work),
        fresh=fresh_and_known(work, part_numbers, younger_than=younger_than)[0],
        known=in_store(work, part_numbers),
    )
