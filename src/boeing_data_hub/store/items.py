"""Items: which parts are due, what became of them, and how they are listed.

Work is claimed by part number, so that a part wanted by several batches is asked once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from boeing_data_hub.model.answers import Verdicts
from boeing_data_hub.model.batches import Item
from boeing_data_hub.store.batches import NOT_FOUND
from boeing_data_hub.store.work import Work

# Parts somebody is asking for right now. Tiny: a few calls' worth.
_IN_FLIGHT = "SELECT unnest(part_numbers) FROM hub.leases WHERE stage = 'extraction'"

# Items of searches: a publishing may wait for the same part number, and Boeing's answer is none to it.
_SEARCHED = "EXISTS (SELECT 1 FROM hub.batches s WHERE s.id = i.batch_id AND s.batch_type = 'search')"

_ITEM = (
    "batch_id, position, part_number, state, skus, outcome, reason, error_code, error, attempts, not_before, updated_at"
)


@dataclass(frozen=True, slots=True)
class DuePart:
    """A part that waits to be asked: how often its call has failed, and the call it was split into, if any; the batches
    that wait for it, and what they keep of their traces.
    """

    part_number: str
    attempts: int
    call_group: int | None
    batches: Sequence[UUID] = ()
    traces: Sequence[str] = ()


def due_parts(work: Work, *, wanted: int) -> list[DuePart]:
    """Up to `wanted` parts to ask next, taken from all waiting batches in turn, so that no batch waits behind another.

    Parts that are being asked for right now are left out: their answer will serve everyone. Parts of a split call come
    with the rest of their call.
    """
    open_batches = work.value("SELECT count(*) FROM hub.batches WHERE status = 'processing' AND batch_type = 'search'")
    if not open_batches:
        return []
    share = -(-wanted // int(open_batches))
    while True:
        rows = work.rows(
            f"WITH in_flight AS MATERIALIZED ({_IN_FLIGHT}),"  # noqa: S608 - a constant of this module
            " turns AS ("
            "  SELECT i.part_number, i.attempts, i.call_group, i.batch_id, b.trace, b.lot"
            "    + row_number() OVER (PARTITION BY i.batch_id ORDER BY i.position) AS place"
            "  FROM (SELECT id, options->>'trace' AS trace, random() AS lot FROM hub.batches"
            "        WHERE status = 'processing' AND batch_type = 'search') b"
            "  CROSS JOIN LATERAL ("
            "    SELECT batch_id, position, part_number, attempts, call_group FROM hub.batch_items"
            "    WHERE batch_id = b.id AND state = 'pending' AND (not_before IS NULL OR not_before <= now())"
            "      AND part_number NOT IN (SELECT * FROM in_flight)"
            "    ORDER BY position LIMIT %(share)s) i)"
            " SELECT part_number, max(attempts) AS attempts, max(call_group) AS call_group,"
            "   array_agg(batch_id) AS batches, array_remove(array_agg(trace), NULL) AS traces FROM turns"
            " GROUP BY part_number ORDER BY min(place) LIMIT %(wanted)s",
            {"share": share, "wanted": wanted},
        )
        # A batch that has less than its share leaves room: offer the others a larger one.
        if len(rows) >= wanted or share >= wanted:
            break
        share = min(share * 4, wanted)
    chosen = {row["part_number"]: DuePart(**row) for row in rows}
    groups = sorted({part.call_group for part in chosen.values() if part.call_group is not None})
    if groups:
        companions = work.rows(
            f"SELECT part_number, max(attempts) AS attempts, max(call_group) AS call_group FROM hub.batch_items"  # noqa: S608
            " WHERE state = 'pending' AND call_group = ANY(%s) AND (not_before IS NULL OR not_before <= now())"
            f" AND part_number NOT IN ({_IN_FLIGHT}) GROUP BY part_number",
            [groups],
        )
        for row in companions:
            chosen.setdefault(row["part_number"], DuePart(**row))
    return list(chosen.values())


def anything_due(work: Work) -> int:
    """How many parts could be asked now, counted no further than 200: enough to size the hints."""
    return work.value(
        f"SELECT count(*) FROM (SELECT 1 FROM hub.batches b"  # noqa: S608 - a constant of this module
        " CROSS JOIN LATERAL (SELECT 1 FROM hub.batch_items i WHERE i.batch_id = b.id AND i.state = 'pending'"
        "   AND (i.not_before IS NULL OR i.not_before <= now())"
        f"   AND i.part_number NOT IN ({_IN_FLIGHT}) LIMIT 200) due"
        " WHERE b.status = 'processing' AND b.batch_type = 'search' LIMIT 200) counted"
    )


def waiting(work: Work, part_numbers: Sequence[str]) -> list[DuePart]:
    """Those of these parts that some batch still waits for."""
    rows = work.rows(
        "SELECT part_number, max(attempts) AS attempts, max(call_group) AS call_group FROM hub.batch_items i"  # noqa: S608
        f" WHERE state = 'pending' AND part_number = ANY(%b) AND {_SEARCHED} GROUP BY part_number",
        [list(part_numbers)],
    )
    return [DuePart(**row) for row in rows]


def new_call_groups(work: Work, count: int) -> list[int]:
    """Fresh numbers for calls made by splitting."""
    rows = work.rows("SELECT nextval('hub.call_groups') AS number FROM generate_series(1, %s)", [count])
    return [row["number"] for row in rows]


def apply_verdicts(work: Work, verdicts: Verdicts) -> dict[UUID, dict[str, int]]:
    """Move every waiting item of these parts, in whatever batch it is. Returns the moves for the batches' counts."""
    moves: dict[UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    if verdicts.found:
        parts = list(verdicts.found)
        rows = work.rows(
            "WITH moved AS ("  # noqa: S608 - a constant of this module
            "  UPDATE hub.batch_items i SET state = 'extracted', raw_id = a.raw_id,"
            "    skus = string_to_array(a.skus, chr(31)), error_code = NULL, error = NULL, not_before = NULL,"
            "    call_group = NULL, updated_at = now()"
            "  FROM unnest(%b::text[], %b::bigint[], %b::text[]) AS a(part_number, raw_id, skus)"
            f"  WHERE i.part_number = a.part_number AND i.state = 'pending' AND {_SEARCHED} RETURNING i.batch_id)"
            " SELECT batch_id, count(*) AS items FROM moved GROUP BY batch_id",
            [
                parts,
                [verdicts.found[p][0] for p in parts],
                ["\x1f".join(verdicts.found[p][1]) for p in parts],
            ],
        )
        _count(moves, rows, "extracted")
    if verdicts.missing:
        parts = list(verdicts.missing)
        rows = work.rows(
            "WITH moved AS ("  # noqa: S608 - a constant of this module
            "  UPDATE hub.batch_items i SET state = 'failed', raw_id = a.raw_id, error_code = 'not_found',"
            "    skus = '{}', error = %s, not_before = NULL, call_group = NULL, updated_at = now()"
            "  FROM unnest(%b::text[], %b::bigint[]) AS a(part_number, raw_id)"
            f"  WHERE i.part_number = a.part_number AND i.state = 'pending' AND {_SEARCHED} RETURNING i.batch_id)"
            " SELECT batch_id, count(*) AS items FROM moved GROUP BY batch_id",
            [NOT_FOUND, parts, [verdicts.missing[p] for p in parts]],
        )
        _count(moves, rows, "extracted", "failed")
    if verdicts.failed:
        parts = list(verdicts.failed)
        rows = work.rows(
            "WITH moved AS ("  # noqa: S608 - a constant of this module
            "  UPDATE hub.batch_items i SET state = 'failed', error_code = a.code, error = a.sentence,"
            "    not_before = NULL,"
            "    call_group = NULL, attempts = i.attempts + 1, updated_at = now()"
            "  FROM unnest(%b::text[], %b::text[], %b::text[]) AS a(part_number, code, sentence)"
            f"  WHERE i.part_number = a.part_number AND i.state = 'pending' AND {_SEARCHED} RETURNING i.batch_id)"
            " SELECT batch_id, count(*) AS items FROM moved GROUP BY batch_id",
            [parts, [verdicts.failed[p][0] for p in parts], [verdicts.failed[p][1] for p in parts]],
        )
        _count(moves, rows, "failed")
    if verdicts.again:
        parts = list(verdicts.again)
        again = [verdicts.again[p] for p in parts]
        work.do(
            "UPDATE hub.batch_items i SET not_before = now() + a.wait * interval '1 second',"  # noqa: S608 - same
            "  attempts = a.attempts,"
            "  call_group = a.call_group, error_code = a.code, error = a.sentence, updated_at = now()"
            " FROM unnest(%b::text[], %b::float8[], %b::int[], %b::bigint[], %b::text[], %b::text[])"
            "   AS a(part_number, wait, attempts, call_group, code, sentence)"
            f" WHERE i.part_number = a.part_number AND i.state = 'pending' AND {_SEARCHED}",
            [parts, *([a[n] for a in again] for n in range(5))],
        )
    return moves


def settle_normalized(
    work: Work, settled: Sequence[tuple[int, str, str, str | None]], failed: Sequence[tuple[int, str, str, str]]
) -> dict[UUID, dict[str, int]]:
    """Move extracted items on after their raw answer was normalized.

    Args:
        work: the transaction.
        settled: (raw id, part number, outcome, reason code).
        failed: (raw id, part number, code, sentence).
    """
    moves: dict[UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    if settled:
        rows = work.rows(
            "WITH moved AS ("
            "  UPDATE hub.batch_items i SET state = 'normalized', outcome = a.outcome, reason = a.reason,"
            "    updated_at = now()"
            "  FROM unnest(%b::bigint[], %b::text[], %b::text[], %b::text[]) AS a(raw_id, part_number, outcome, reason)"
            "  WHERE i.raw_id = a.raw_id AND i.part_number = a.part_number AND i.state = 'extracted'"
            "  RETURNING i.batch_id)"
            " SELECT batch_id, count(*) AS items FROM moved GROUP BY batch_id",
            [[s[n] for s in settled] for n in range(4)],
        )
        _count(moves, rows, "normalized")
    if failed:
        rows = work.rows(
            "WITH moved AS ("
            "  UPDATE hub.batch_items i SET state = 'failed', error_code = a.code, error = a.sentence,"
            "    updated_at = now()"
            "  FROM unnest(%b::bigint[], %b::text[], %b::text[], %b::text[]) AS a(raw_id, part_number, code, sentence)"
            "  WHERE i.raw_id = a.raw_id AND i.part_number = a.part_number AND i.state = 'extracted'"
            "  RETURNING i.batch_id)"
            " SELECT batch_id, count(*) AS items FROM moved GROUP BY batch_id",
            [[f[n] for f in failed] for n in range(4)],
        )
        _count(moves, rows, "failed")
    return moves


def _count(moves: dict[UUID, dict[str, int]], rows: Iterable[dict[str, Any]], *kinds: str) -> None:
    for row in rows:
        for kind in kinds:
            moves[row["batch_id"]][kind] += row["items"]


def page(
    work: Work,
    batch_id: UUID,
    *,
    limit: int,
    after: int = 0,
    state: str | None = None,
    outcome: str | None = None,
    error_code: str | None = None,
    reason: str | None = None,
    search: str | None = None,
    has_remark: bool = False,
) -> list[Item]:
    """Items in the order they were handed in, from the position behind `after`.

    `search` is how the part begins; `has_remark`: only those that were published with something to be told.
    """
    rows = work.rows(
        f"SELECT {_ITEM} FROM hub.batch_items WHERE batch_id = %(batch)s AND position > %(after)s"  # noqa: S608
        " AND (%(state)s::text IS NULL OR state = %(state)s)"
        " AND (%(outcome)s::text IS NULL OR outcome = %(outcome)s)"
        " AND (%(code)s::text IS NULL OR error_code = %(code)s)"
        " AND (%(reason)s::text IS NULL OR reason = %(reason)s)"
        " AND (NOT %(remark)s OR state = 'published' AND reason IS NOT NULL)"
        " AND (%(search)s::text IS NULL OR starts_with(part_number, %(search)s))"
        " ORDER BY position LIMIT %(limit)s",
        {
            "batch": batch_id,
            "after": after,
            "state": state,
            "outcome": outcome,
            "code": error_code,
            "reason": reason,
            "search": search,
            "remark": has_remark,
            "limit": limit,
        },
    )
    return [Item.from_row(row) for row in rows]


def first_failed(work: Work, batch_id: UUID, *, limit: int) -> list[Item]:
    """The first few failed items: an index look-up, whatever the size of the batch."""
    rows = work.rows(
        f"SELECT {_ITEM} FROM hub.batch_items WHERE batch_id = %s AND state = 'failed'"  # noqa: S608
        " ORDER BY position LIMIT %s",
        [batch_id, limit],
    )
    return [Item.from_row(row) for row in rows]


def failed_part_numbers(work: Work, batch_id: UUID) -> list[str]:
    """Every failed part of a batch, in order."""
    rows = work.rows(
        "SELECT part_number FROM hub.batch_items WHERE batch_id = %s AND state = 'failed' ORDER BY position", [batch_id]
    )
    return [row["part_number"] for row in rows]


def groups(work: Work, batch_id: UUID) -> list[dict[str, Any]]:
    """Failed, blocked and to-be-reviewed items of a batch, grouped by cause, the largest group first."""
    return work.rows(
        "SELECT CASE WHEN state = 'failed' THEN coalesce(outcome, 'failed') ELSE 'normalized:' || outcome END AS kind,"
        "   coalesce(error_code, reason) AS code, count(*) AS items, min(updated_at) AS first_at,"
        "   max(updated_at) AS last_at, (array_agg(part_number ORDER BY position))[1:5] AS sample, min(error) AS error"
        " FROM hub.batch_items WHERE batch_id = %s"
        "   AND (state = 'failed' OR (state = 'normalized' AND outcome IN ('blocked', 'needs_review')))"
        " GROUP BY 1, 2 ORDER BY items DESC, code",
        [batch_id],
    )


def waiting_for_raw(work: Work, raw_id: int) -> list[str]:
    """Parts of items that wait for the normalization of a raw answer."""
    rows = work.rows(
        "SELECT DISTINCT part_number FROM hub.batch_items WHERE raw_id = %s AND state = 'extracted'", [raw_id]
    )
    return [row["part_number"] for row in rows]
