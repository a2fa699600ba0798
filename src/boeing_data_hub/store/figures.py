"""What the metrics tell of the whole system, read by index look-ups: nothing here grows with the catalogue or history.

What waits is counted over the batches that are open; what came of batches, over those of the last day.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

from boeing_data_hub.store.work import Work

_DAY: LiteralString = "interval '1 day'"
_DOUBT_AFTER: LiteralString = "interval '10 minutes'"

# Asked for as a value, the list of busy parts is hashed once; as a condition it is joined, and costs its square.
_COUNTED: LiteralString = (
    "SELECT count(*) FILTER (WHERE is_due) AS due, count(*) FILTER (WHERE NOT is_due) AS later,"
    " extract(epoch FROM now() - min(since) FILTER (WHERE is_due))::float8 AS oldest FROM ("
)


def waiting_for_boeing(work: Work) -> dict[str, Any]:
    """Items of searches: `due` now, `later` (tried again, or being asked), seconds since the `oldest` was due."""
    return _only(
        work,
        "WITH busy AS MATERIALIZED (SELECT unnest(part_numbers) FROM hub.leases WHERE stage = 'extraction') "  # noqa: S608
        + _COUNTED
        + " SELECT coalesce(i.not_before, b.created_at) AS since,"
        "  (i.not_before IS NULL OR i.not_before <= now()) AND i.part_number NOT IN (SELECT * FROM busy) AS is_due"
        " FROM hub.batches b JOIN hub.batch_items i ON i.batch_id = b.id AND i.state = 'pending'"
        " WHERE b.status = 'processing' AND b.batch_type = 'search') told",
    )


def waiting_for_the_store(work: Work) -> dict[str, Any]:
    """The same of publishings; parts in a bulk operation that has not ended are `later`."""
    return _only(
        work,
        "WITH busy AS MATERIALIZED (SELECT unnest(part_numbers) AS sku FROM hub.leases WHERE stage = 'publishing'"  # noqa: S608
        " UNION ALL SELECT sku FROM hub.bulk_lines WHERE NOT settled) "
        + _COUNTED
        + " SELECT coalesce(i.not_before, CASE WHEN (b.options->>'planned')::boolean THEN"
        "    coalesce(b.started_at, b.updated_at) ELSE b.created_at END) AS since,"
        "  (i.not_before IS NULL OR i.not_before <= now()) AND NOT coalesce("
        "    (SELECT bool_or(s.sku IN (SELECT sku FROM busy)) FROM unnest(i.skus) AS s(sku)), false) AS is_due"
        " FROM hub.batches b JOIN hub.batch_items i ON i.batch_id = b.id AND i.state = 'pending'"
        " WHERE b.completed_at IS NULL AND b.batch_type = 'publish' AND b.status IN ('processing', 'cancelled')) told",
    )


def waiting_for_normalization(work: Work) -> dict[str, Any]:
    """Answers that are `due`; the age of the `oldest` only where an item waits for it."""
    row = _only(
        work,
        "SELECT (SELECT count(*) FROM hub.boeing_raw_data WHERE state = 'extracted'"
        "   AND id NOT IN (SELECT unnest(raw_ids) FROM hub.leases WHERE stage = 'normalization')) AS due,"
        " (SELECT extract(epoch FROM now() - min(updated_at))::float8 FROM"
        "   (SELECT updated_at FROM hub.batch_items WHERE state = 'extracted' ORDER BY raw_id LIMIT 1000) w) AS oldest",
    )
    return {**row, "later": 0}


def leased(work: Work) -> list[dict[str, Any]]:
    """By stage: `leases`, and the `parts` (of normalization: answers) under them."""
    return work.rows(
        "SELECT stage, count(*) AS leases, sum(CASE WHEN stage = 'normalization' THEN cardinality(raw_ids)"
        "  ELSE cardinality(part_numbers) END)::int AS parts FROM hub.leases GROUP BY stage"
    )


def batches_of_late(work: Work) -> list[dict[str, Any]]:
    """Batches that were made within the last day or have not ended, with `quiet`: seconds since anything moved."""
    columns: LiteralString = (
        "id, batch_type, status, total_items, normalized_count, published_count, failed_count, cancelled_count,"
        " completed_at IS NULL AS is_open,"
        " extract(epoch FROM now() - greatest(updated_at, created_at))::float8 AS quiet"
    )
    return work.rows(
        f"SELECT {columns} FROM hub.batches WHERE created_at > now() - {_DAY}"  # noqa: S608 - constants of this module
        f" UNION SELECT {columns} FROM hub.batches WHERE completed_at IS NULL"
    )


def failure_codes(work: Work, batch_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """Failed items of these batches: `batch_id`, `code`, `items`."""
    return work.rows(
        "SELECT batch_id, coalesce(error_code, 'unknown') AS code, count(*) AS items FROM hub.batch_items"
        " WHERE batch_id = ANY(%s) AND state = 'failed' GROUP BY batch_id, 2",
        [list(batch_ids)],
    )


def workers(work: Work, *, silent_after: float) -> tuple[dict[str, int], float | None]:
    """Workers alive by queue, and seconds since the last sweep; None when none is remembered."""
    rows = work.rows(
        "SELECT queue, count(*) FILTER (WHERE seen_at > now() - %s * interval '1 second') AS alive,"
        " extract(epoch FROM now() - max(seen_at))::float8 AS quiet FROM hub.workers, unnest(queues) AS q(queue)"
        " GROUP BY queue",
        [silent_after],
    )
    quiet = {row["queue"]: row["quiet"] for row in rows}
    return {row["queue"]: row["alive"] for row in rows if row["queue"] != "sweep"}, quiet.get("sweep")


def orphans(work: Work) -> tuple[int, float]:
    """Products that are to leave the store, and seconds since the first of them was to."""
    row = _only(
        work,
        "SELECT count(*) AS orphans, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS oldest"
        " FROM hub.orphans WHERE state = 'due'",
    )
    return row["orphans"], row["oldest"]


def bulk_runs(work: Work) -> list[dict[str, Any]]:
    """Open bulk operations by `state`: `runs`, `lines`, and seconds the `oldest` has been in it."""
    return work.rows(
        "SELECT state, count(*) AS runs, sum(lines)::int AS lines,"
        " extract(epoch FROM now() - min(state_since))::float8 AS oldest"
        " FROM hub.bulk_runs WHERE state <> 'ended' GROUP BY state"
    )


def products_in_doubt(work: Work) -> int:
    """Products of which it is unknown for ten minutes what a call did, and that nobody is about to ask for."""
    rows = work.rows(
        f"SELECT sku FROM hub.products WHERE intent IS NOT NULL AND intent_at < now() - {_DOUBT_AFTER}"  # noqa: S608
        " EXCEPT SELECT unnest(part_numbers) FROM hub.leases WHERE stage = 'publishing'"
        " EXCEPT SELECT sku FROM hub.bulk_lines WHERE NOT settled"
    )
    if not rows:
        return 0
    return work.value(
        "SELECT count(*) FROM (SELECT unnest(%s::text[]) EXCEPT SELECT unnest(i.skus) FROM hub.batches b"
        " JOIN hub.batch_items i ON i.batch_id = b.id AND i.state = 'pending' WHERE b.completed_at IS NULL) doubtful",
        [[row["sku"] for row in rows]],
    )


def _only(work: Work, query: LiteralString) -> dict[str, Any]:
    row = work.row(query)
    assert row is not None  # noqa: S101 - an aggregate always has one row
    return row
