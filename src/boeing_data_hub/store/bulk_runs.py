"""Bulk operations of the store, each with its lines, kept so that any worker can go on where another stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from boeing_data_hub.model.publications import BulkRun
from boeing_data_hub.store.work import Work

_RUN: LiteralString = (
    "id, shop, batch_id, state, lines, operation_id, path, url, partial, object_count, cancelling, note, attempts,"
    " extract(epoch FROM now() - state_since)::float8 AS age, extract(epoch FROM now() - created_at)::float8 AS waited"
)


def add(work: Work, run_id: UUID, shop: str, batch_id: UUID, lines: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """A prepared run; lines are (SKU, variables), numbered from 0."""
    work.do(
        "INSERT INTO hub.bulk_runs (id, shop, batch_id, lines) VALUES (%s, %s, %s, %s)",
        [run_id, shop, batch_id, len(lines)],
    )
    # As columns, and not as one document: that would be parsed twice.
    work.do(
        "INSERT INTO hub.bulk_lines (run_id, number, sku, variables)"
        " SELECT %s, t.n - 1, t.sku, t.v::jsonb FROM unnest(%b::text[], %b::text[]) WITH ORDINALITY AS t(sku, v, n)",
        [run_id, [sku for sku, _ in lines], [msgspec.json.encode(variables).decode() for _, variables in lines]],
    )


def next_due(work: Work, shop: str) -> BulkRun | None:
    """The run that has waited longest for its next step and that nobody is at."""
    row = work.row(
        f"SELECT {_RUN} FROM hub.bulk_runs WHERE state <> 'ended' AND shop = %s AND not_before <= now()"  # noqa: S608
        " AND 'run:' || id NOT IN (SELECT unnest(part_numbers) FROM hub.leases WHERE stage = 'publishing')"
        " ORDER BY not_before LIMIT 1",
        [shop],
    )
    return BulkRun.from_row(row) if row else None


def get(work: Work, run_id: UUID) -> BulkRun | None:
    """One run."""
    row = work.row(f"SELECT {_RUN} FROM hub.bulk_runs WHERE id = %s", [run_id])  # noqa: S608 - constant columns
    return BulkRun.from_row(row) if row else None


def open_runs(work: Work, shop: str) -> int:
    """Runs that have not ended: each takes one of the store's lanes."""
    return work.value("SELECT count(*) FROM hub.bulk_runs WHERE state <> 'ended' AND shop = %s", [shop])


def least_served(work: Work, batch_ids: Sequence[UUID]) -> UUID:
    """The batch of these that has the fewest open runs, so that none waits behind another."""
    return work.value(
        "SELECT b.id FROM unnest(%s::uuid[]) WITH ORDINALITY AS b(id, place) ORDER BY"
        " (SELECT count(*) FROM hub.bulk_runs r WHERE r.batch_id = b.id AND r.state <> 'ended'), b.place LIMIT 1",
        [list(batch_ids)],
    )


def of_batch(work: Work, batch_id: UUID) -> list[BulkRun]:
    """The runs of a batch, oldest first."""
    rows = work.rows(f"SELECT {_RUN} FROM hub.bulk_runs WHERE batch_id = %s ORDER BY created_at", [batch_id])  # noqa: S608
    return [BulkRun.from_row(row) for row in rows]


def variables(work: Work, run_id: UUID) -> list[str]:
    """The variables of all lines as JSON text, in order."""
    rows = work.rows("SELECT variables::text AS line FROM hub.bulk_lines WHERE run_id = %s ORDER BY number", [run_id])
    return [row["line"] for row in rows]


def variables_of(work: Work, run_id: UUID, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The variables of some lines, by number."""
    rows = work.rows(
        "SELECT number, variables FROM hub.bulk_lines WHERE run_id = %s AND number = ANY(%s)", [run_id, list(numbers)]
    )
    return {row["number"]: row["variables"] for row in rows}


def open_lines(work: Work, run_id: UUID) -> dict[int, str]:
    """SKU by line number, of the lines whose result was not yet written down."""
    rows = work.rows("SELECT number, sku FROM hub.bulk_lines WHERE run_id = %s AND NOT settled", [run_id])
    return {row["number"]: row["sku"] for row in rows}


def settle_lines(work: Work, run_id: UUID, numbers: Sequence[int] | None = None) -> None:
    """The results of these lines (all, when None) are written down: their SKUs are free again."""
    work.do(
        "UPDATE hub.bulk_lines SET settled = true WHERE run_id = %(run)s AND NOT settled"
        " AND (%(numbers)s::int[] IS NULL OR number = ANY(%(numbers)s))",
        {"run": run_id, "numbers": None if numbers is None else list(numbers)},
    )


_MOVABLE = frozenset({"operation_id", "path", "url", "partial", "object_count", "note", "attempts"})


def move(work: Work, run_id: UUID, state: str, *, wait: float = 0.0, **changes: Any) -> None:
    """Bring a run to a state (or leave it there), with its next step due in `wait` seconds."""
    unknown = set(changes) - _MOVABLE
    if unknown:
        raise ValueError(f"no such column: {unknown}")
    work.do(
        "UPDATE hub.bulk_runs r SET state = %(state)s, not_before = now() + %(wait)s * interval '1 second',"
        "   state_since = CASE WHEN r.state = %(state)s THEN r.state_since ELSE now() END,"
        "   operation_id = CASE WHEN n ? 'operation_id' THEN n->>'operation_id' ELSE r.operation_id END,"
        "   path = CASE WHEN n ? 'path' THEN n->>'path' ELSE r.path END,"
        "   url = CASE WHEN n ? 'url' THEN n->>'url' ELSE r.url END,"
        "   note = CASE WHEN n ? 'note' THEN n->>'note' ELSE r.note END,"
        "   partial = coalesce((n->>'partial')::boolean, r.partial),"
        "   object_count = coalesce((n->>'object_count')::int, r.object_count),"
        "   attempts = coalesce((n->>'attempts')::int, r.attempts),"
        "   started_at = CASE WHEN %(state)s = 'running' THEN coalesce(r.started_at, now()) ELSE r.started_at END,"
        "   finished_at = CASE WHEN %(state)s = 'finished' THEN coalesce(r.finished_at, now()) ELSE r.finished_at END"
        " FROM (SELECT %(changes)s::jsonb AS n) given WHERE r.id = %(run)s",
        {"run": run_id, "state": state, "wait": wait, "changes": msgspec.json.encode(changes).decode()},
    )


def under_way(work: Work) -> dict[UUID, tuple[int, int]]:
    """By batch: lines the store works on or whose results are about to be read, and how many it says are done."""
    rows = work.rows(
        "SELECT batch_id, sum(lines)::int AS lines, sum(least(object_count, lines))::int AS done FROM hub.bulk_runs"
        " WHERE state IN ('starting', 'running', 'finished') GROUP BY batch_id"
    )
    return {row["batch_id"]: (row["lines"], row["done"]) for row in rows}


def anything_due(work: Work, shop: str | None) -> int:
    """How many runs of a shop could take a step now; of all shops, when it is not known yet which is ours."""
    return work.value(
        "SELECT count(*) FROM hub.bulk_runs WHERE state <> 'ended' AND not_before <= now()"
        " AND shop = coalesce(%s::text, shop)"
        " AND 'run:' || id NOT IN (SELECT unnest(part_numbers) FROM hub.leases WHERE stage = 'publishing')",
        [shop],
    )


def seconds_to_next(work: Work, shop: str | None) -> float | None:
    """Seconds until the next step of a run is due; None when there is no open run. `shop` as for `anything_due`."""
    found = work.value(
        "SELECT extract(epoch FROM min(not_before) - now()) FROM hub.bulk_runs WHERE state <> 'ended'"
        " AND shop = coalesce(%s::text, shop)"
        " AND 'run:' || id NOT IN (SELECT unnest(part_numbers) FROM hub.leases WHERE stage = 'publishing')",
        [shop],
    )
    return None if found is None else max(0.0, float(found))


def pace(work: Work, shop: str) -> float | None:
    """Lines per second of the runs of late, None before there was one: the store does not publish the figure."""
    found = work.value(
        "SELECT sum(lines) / nullif(sum(extract(epoch FROM finished_at - started_at)), 0) FROM"
        " (SELECT lines, started_at, finished_at FROM hub.bulk_runs WHERE shop = %s AND finished_at > started_at"
        "   AND NOT partial ORDER BY finished_at DESC LIMIT 10) late",
        [shop],
    )
    return None if found is None else float(found)
