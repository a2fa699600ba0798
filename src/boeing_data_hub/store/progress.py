"""Signs of progress, stage by stage: what is due, and a mark that changes whenever somebody does something about it."""

from __future__ import annotations

from typing import Any, Final, LiteralString

from boeing_data_hub.store.work import Work

# Leases come and go with each claim, and a renewed one says that a call is under way.
_LEASES: LiteralString = (
    "(SELECT string_agg(id || ':' || expires_at, ',' ORDER BY id) FROM hub.leases WHERE stage = %(stage)s)"
)
_MARKS: Final[dict[str, LiteralString]] = {
    # Every claim takes numbers for its answers, also one whose calls then fail.
    "extraction": "SELECT concat_ws('|', (SELECT last_value || ':' || is_called"  # noqa: S608 - constants
    f" FROM hub.boeing_raw_data_id_seq), {_LEASES})",
    "normalization": "SELECT concat_ws('|', (SELECT count(*) || ':' || min(id) FROM (SELECT id FROM"  # noqa: S608
    f" hub.boeing_raw_data WHERE state = 'extracted' ORDER BY id LIMIT 200) due), {_LEASES})",
    "publishing": "SELECT concat_ws('|', (SELECT max(updated_at) FROM hub.batches WHERE completed_at IS NULL"  # noqa: S608
    "   AND batch_type = 'publish'), (SELECT max(updated_at) FROM hub.budgets),"
    " (SELECT max(state_since) || ':' || sum(object_count) || ':' || sum(attempts) FROM hub.bulk_runs"
    "   WHERE state <> 'ended'),"
    f" (SELECT count(*) || ':' || sum(attempts) FROM hub.orphans WHERE state = 'due'), {_LEASES})",
}


def mark(work: Work, stage: str) -> str:
    """What changes when this stage gets on."""
    return str(work.value(_MARKS[stage], {"stage": stage}))


def held_long(work: Work, *, seconds: float) -> list[dict[str, Any]]:
    """Leases that are renewed and have not come to an end for so long: `stage`, `owner`, `taken_at`, `parts`."""
    return work.rows(
        "SELECT stage, owner, taken_at, cardinality(part_numbers) + cardinality(raw_ids) AS parts FROM hub.leases"
        " WHERE taken_at < now() - %s * interval '1 second' ORDER BY taken_at LIMIT 20",
        [seconds],
    )


def settle_lines_of_ended_runs(work: Work) -> list[str]:
    """Lines that a bulk operation left open when it ended would keep their SKUs from everybody. Returns the SKUs."""
    rows = work.rows(
        "UPDATE hub.bulk_lines l SET settled = true FROM hub.bulk_runs r"
        " WHERE r.id = l.run_id AND r.state = 'ended' AND NOT l.settled RETURNING l.sku"
    )
    return [row["sku"] for row in rows]


def lost_answers(work: Work, *, limit: int) -> list[dict[str, Any]]:
    """Items that wait for the normalization of an answer which is not due: `raw_id`, `state` (null: it is gone)."""
    return work.rows(
        "SELECT i.raw_id, r.state FROM (SELECT DISTINCT raw_id FROM hub.batch_items WHERE state = 'extracted'"
        "   AND raw_id IS NOT NULL) i LEFT JOIN hub.boeing_raw_data r ON r.id = i.raw_id"
        " WHERE r.state IS DISTINCT FROM 'extracted' ORDER BY i.raw_id LIMIT %s",
        [limit],
    )


def make_due(work: Work, raw_ids: list[int]) -> None:
    """Let these answers be normalized again."""
    work.do("UPDATE hub.boeing_raw_data SET state = 'extracted' WHERE id = ANY(%s) AND state = 'normalized'", [raw_ids])
