"""What an estimate asks of the rows: who waits already, when the next slot is free, what the store has shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from boeing_data_hub.model.budget import Budget
from boeing_data_hub.store import budget, bulk_runs, publishing
from boeing_data_hub.store import line as line_store
from boeing_data_hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What the rows say.

    Attributes:
        ahead: parts that running searches still wait for.
        first_wait: seconds until the next Boeing slot is free.
        budget: the store's account; None before the first call.
        pace: lines a second of the store's bulk operations; None before the first.
        fresh: of the parts asked about, those with an answer that is used again.
        known: of them, those that the store has.
    """

    ahead: int
    first_wait: float
    budget: Budget | None
    pace: float | None
    fresh: int
    known: int


def waiting(work: Work) -> int:
    """Parts that running searches still wait for."""
    return int(
        work.value(
            "SELECT coalesce(sum(total_items - extracted_count), 0) FROM hub.batches"
            " WHERE status = 'processing' AND batch_type = 'search'"
        )
    )


def fresh_and_known(work: Work, part_numbers: Sequence[str], *, younger_than: float) -> tuple[int, int]:
    """How many of the parts have an answer younger than so many seconds, and how many have one at all."""
    row = work.row(
        "SELECT count(*) FILTER (WHERE a.fetched_at > now() - %s * interval '1 second') AS fresh, count(*) AS known"
        " FROM hub.part_answers a WHERE a.part_number = ANY(%b::text[])",
        [younger_than, list(part_numbers)],
    )
    return (row["fresh"], row["known"]) if row else (0, 0)


def in_store(work: Work, part_numbers: Sequence[str]) -> int:
    """How many of the parts the store has, as far as we know: any of the SKUs that are staged under their number."""
    if not part_numbers:
        return 0
    skus = publishing.skus_of(work, part_numbers)
    live = {
        row["sku"]
        for row in work.rows(
            "SELECT DISTINCT sku FROM hub.products WHERE state = 'live' AND sku = ANY(%b::text[])",
            [sorted({sku for some in skus.values() for sku in some})],
        )
    }
    return sum(any(sku in live for sku in some) for some in skus.values())


def look(work: Work, part_numbers: Sequence[str], *, younger_than: float) -> Outlook:
    """Everything an estimate wants to know."""
    line, now = line_store.look(work, "boeing")
    first = max(line.next_slot, line.paused_until) if line.paused_until else line.next_slot
    shop = work.value("SELECT shop FROM hub.bulk_runs ORDER BY created_at DESC LIMIT 1")
    return Outlook(
        ahead=waiting(work),
        first_wait=max(0.0, (first - now).total_seconds()),
        budget=budget.look(work, "shopify"),
        pace=bulk_runs.pace(work, shop) if shop else None,
        fresh=fresh_and_known(work, part_numbers, younger_than=younger_than)[0],
        known=in_store(work, part_numbers),
    )
