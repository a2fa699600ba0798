"""Batches: accept, look up, list, cancel, and the counts that move with the items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from boeing_data_hub.model.batches import Batch
from boeing_data_hub.store.work import Work

NOT_FOUND = (
    "Boeing does not know this part number. Check it against the catalogue, with its suffix if it has one, and search"
    " again."
)
_LEDGER = 7_204_002  # saves hold it shared; what moves a whole batch's items holds it alone, so neither can deadlock


def hold_ledger(work: Work, *, alone: bool = False) -> None:
    """Enter the ledger of items: many saves at once, or one change of a whole batch alone. Until the commit."""
    if alone:
        work.do("SELECT pg_advisory_xact_lock(%s)", [_LEDGER])
    else:
        work.do("SELECT pg_advisory_xact_lock_shared(%s)", [_LEDGER])


def insert(work: Work, batch: Mapping[str, Any], *, status: str = "processing") -> bool:
    """Insert a batch; False when its owner has used its idempotency key before (two at once: one waits, then loses)."""
    return bool(
        work.do(
            "INSERT INTO hub.batches (id, batch_type, status, total_items, owner, idempotency_key, request_hash,"
            " options, retry_of) VALUES (%(id)s, %(batch_type)s, %(status)s, %(total_items)s, %(owner)s,"
            " %(idempotency_key)s,"
            " %(request_hash)s, %(options)s, %(retry_of)s)"
            " ON CONFLICT ON CONSTRAINT batches_idempotency DO NOTHING",
            {**batch, "status": status, "options": Jsonb(batch["options"])},
        )
    )


def insert_items(work: Work, batch_id: UUID, part_numbers: Sequence[str]) -> None:
    """Insert the batch's items, in order, in one statement (COPY is refused to roles under row level security)."""
    work.do(
        "INSERT INTO hub.batch_items (batch_id, position, part_number)"
        " SELECT %s, part.position, part.number FROM unnest(%b::text[]) WITH ORDINALITY AS part(number, position)",
        [batch_id, list(part_numbers)],
    )


def reuse_fresh(work: Work, batch_id: UUID, *, younger_than: float) -> int:
    """Give items the answer another batch got less than `younger_than` seconds ago. Returns how many.

    Found parts go on to normalization (their raw answers fall due again, which costs no call); parts Boeing did not
    know then have failed now.
    """
    row = work.row(
        "WITH fresh AS ("
        "  UPDATE hub.batch_items i SET raw_id = a.raw_id, skus = a.skus, updated_at = now(),"
        "    state = CASE WHEN cardinality(a.skus) > 0 THEN 'extracted' ELSE 'failed' END,"
        "    error_code = CASE WHEN cardinality(a.skus) = 0 THEN 'not_found' END,"
        "    error = CASE WHEN cardinality(a.skus) = 0 THEN %(not_found)s END"
        "  FROM hub.part_answers a"
        "  WHERE i.batch_id = %(batch)s AND i.state = 'pending' AND a.part_number = i.part_number"
        "    AND a.fetched_at > now() - %(age)s * interval '1 second'"
        "  RETURNING i.raw_id, i.state),"
        " due AS (UPDATE hub.boeing_raw_data r SET state = 'extracted'"
        "  WHERE r.id IN (SELECT raw_id FROM fresh WHERE state = 'extracted') RETURNING r.id)"
        " SELECT count(*) AS reused, count(*) FILTER (WHERE state = 'failed') AS failed FROM fresh",
        {"batch": batch_id, "age": younger_than, "not_found": NOT_FOUND},
    )
    reused = int(row["reused"]) if row else 0
    if row and reused:
        work.do("UPDATE hub.batches SET reused_count = %s WHERE id = %s", [reused, batch_id])
        move_counts(work, {batch_id: {"extracted": reused, "failed": row["failed"]}})
    return reused


def get(work: Work, batch_id: UUID) -> Batch | None:
    """One batch, or None."""
    row = work.row("SELECT * FROM hub.batches WHERE id = %s", [batch_id])
    return Batch.from_row(row) if row else None


def get_many(work: Work, batch_ids: Sequence[UUID]) -> list[Batch]:
    """The batches of these ids that exist."""
    rows = work.rows("SELECT * FROM hub.batches WHERE id = ANY(%s)", [list(batch_ids)])
    return [Batch.from_row(row) for row in rows]


def by_key(work: Work, owner: str, idempotency_key: str) -> Batch | None:
    """The batch this owner made with this idempotency key, or None."""
    row = work.row("SELECT * FROM hub.batches WHERE owner = %s AND idempotency_key = %s", [owner, idempotency_key])
    return Batch.from_row(row) if row else None


def retry_of(work: Work, batch_id: UUID) -> UUID | None:
    """The batch that retries the failed items of this one, or None."""
    return work.value("SELECT id FROM hub.batches WHERE retry_of = %s ORDER BY created_at LIMIT 1", [batch_id])


def newest(
    work: Work,
    *,
    limit: int,
    offset: int = 0,
    status: str | None = None,
    batch_type: str | None = None,
    before: tuple[datetime, UUID] | None = None,
) -> list[Batch]:
    """Batches, newest first. `before` continues after the last one of a page without counting past it."""
    rows = work.rows(
        "SELECT * FROM hub.batches"
        " WHERE (%(status)s::text IS NULL OR status = %(status)s)"
        "   AND (%(type)s::text IS NULL OR batch_type = %(type)s)"
        "   AND (%(at)s::timestamptz IS NULL OR (created_at, id) < (%(at)s, %(id)s))"
        " ORDER BY created_at DESC, id DESC LIMIT %(limit)s OFFSET %(offset)s",
        {
            "status": status,
            "type": batch_type,
            "at": before[0] if before else None,
            "id": before[1] if before else None,
            "limit": limit,
            "offset": offset,
        },
    )
    return [Batch.from_row(row) for row in rows]


def running(work: Work, *, limit: int) -> list[Batch]:
    """Batches that have not ended, newest first."""
    rows = work.rows(
        "SELECT * FROM hub.batches WHERE status IN ('pending', 'processing') ORDER BY created_at DESC LIMIT %s", [limit]
    )
    return [Batch.from_row(row) for row in rows]


def with_outcome(
    work: Work,
    *,
    limit: int,
    outcome: str | None = None,
    batch_type: str | None = None,
    owner: str | None = None,
    before: tuple[datetime, UUID] | None = None,
) -> list[Batch]:
    """Batches newest first, behind `before`, by what they came to: an outcome, or `running`."""
    rows = work.rows(
        "SELECT * FROM hub.batches WHERE CASE %(outcome)s::text"
        "     WHEN 'running' THEN status IN ('pending', 'processing')"
        "     WHEN 'succeeded' THEN status = 'completed' AND failed_count = 0"
        "     WHEN 'finished_with_failures' THEN status = 'completed' AND failed_count > 0"
        "     WHEN 'failed' THEN status = 'failed'"
        "     WHEN 'cancelled' THEN status = 'cancelled' ELSE true END"
        "   AND (%(type)s::text IS NULL OR batch_type = %(type)s)"
        "   AND (%(owner)s::text IS NULL OR owner = %(owner)s)"
        "   AND (%(at)s::timestamptz IS NULL OR (created_at, id) < (%(at)s, %(id)s))"
        " ORDER BY created_at DESC, id DESC LIMIT %(limit)s",
        {
            "outcome": outcome,
            "type": batch_type,
            "owner": owner,
            "at": before[0] if before else None,
            "id": before[1] if before else None,
            "limit": limit,
        },
    )
    return [Batch.from_row(row) for row in rows]


def count(work: Work, *, status: str | None = None, batch_type: str | None = None) -> int:
    """How many batches there are."""
    return work.value(
        "SELECT count(*) FROM hub.batches WHERE (%(status)s::text IS NULL OR status = %(status)s)"
        " AND (%(type)s::text IS NULL OR batch_type = %(type)s)",
        {"status": status, "type": batch_type},
    )


def move_counts(work: Work, moves: Mapping[UUID, Mapping[str, int]]) -> None:
    """Add to the counts of batches what their items just did, in the transaction that moved them.

    Batches whose last item settled are finished.

    Args:
        work: the transaction.
        moves: batch id → how many items were `extracted`, `normalized`, `published`, `failed`, `cancelled`.
    """
    if not moves:
        return
    ordered = sorted(moves)
    rows = work.rows(
        "WITH m AS (SELECT *, normalized + published + failed + cancelled AS settled"
        "   FROM unnest(%s::uuid[], %b::int[], %b::int[], %b::int[], %b::int[], %b::int[])"
        "        AS t(id, extracted, normalized, published, failed, cancelled)),"
        # Rows are locked in one and the same order by everyone, and held only from here to the commit that follows.
        " held AS MATERIALIZED (SELECT b.id FROM hub.batches b WHERE b.id IN (SELECT id FROM m)"
        "   ORDER BY b.id FOR UPDATE)"
        " UPDATE hub.batches b SET"
        "   extracted_count = b.extracted_count + m.extracted,"
        "   normalized_count = b.normalized_count + m.normalized,"
        "   published_count = b.published_count + m.published,"
        "   failed_count = b.failed_count + m.failed,"
        "   cancelled_count = b.cancelled_count + m.cancelled,"
        "   started_at = coalesce(b.started_at, now()),"
        "   updated_at = now(),"
        # The rate is measured over windows of at least 10 s, so that it is neither jumpy nor a long-gone average.
        "   rate = CASE WHEN now() - coalesce(b.rate_since, b.created_at) >= interval '10 seconds'"
        "          THEN (b.rate_items + m.settled)"
        "               / extract(epoch FROM now() - coalesce(b.rate_since, b.created_at)) ELSE b.rate END,"
        "   rate_items = CASE WHEN now() - coalesce(b.rate_since, b.created_at) >= interval '10 seconds' THEN 0"
        "                ELSE b.rate_items + m.settled END,"
        "   rate_since = CASE WHEN now() - coalesce(b.rate_since, b.created_at) >= interval '10 seconds' THEN now()"
        "                ELSE b.rate_since END"
        " FROM m, held WHERE b.id = m.id AND b.id = held.id"
        " RETURNING b.id, b.normalized_count + b.published_count + b.failed_count + b.cancelled_count = b.total_items"
        "   AS is_settled",
        [
            ordered,
            [moves[b].get("extracted", 0) for b in ordered],
            [moves[b].get("normalized", 0) for b in ordered],
            [moves[b].get("published", 0) for b in ordered],
            [moves[b].get("failed", 0) for b in ordered],
            [moves[b].get("cancelled", 0) for b in ordered],
        ],
    )
    if settled := [row["id"] for row in rows if row["is_settled"]]:
        finish_settled(work, settled)


def finish_settled(work: Work, batch_ids: Sequence[UUID]) -> list[UUID]:
    """Give batches whose every item is settled their end; a final status is never overwritten."""
    rows = work.rows(
        "UPDATE hub.batches SET completed_at = now(), updated_at = now(),"
        "  status = CASE WHEN status = 'cancelled' THEN status"
        "           WHEN failed_count = total_items THEN 'failed' ELSE 'completed' END,"
        "  error_message = CASE WHEN status = 'cancelled' THEN error_message WHEN failed_count = total_items THEN"
        "    'Every item failed. See the failures, grouped by cause, for what to do.' END"
        " WHERE id = ANY(%s) AND completed_at IS NULL AND status IN ('pending', 'processing', 'cancelled')"
        "   AND normalized_count + published_count + failed_count + cancelled_count = total_items"
        " RETURNING id",
        [list(batch_ids)],
    )
    return [row["id"] for row in rows]


_UNDER_WAY: LiteralString = (
    "(SELECT unnest(part_numbers) FROM hub.leases WHERE stage = 'publishing'"
    " UNION ALL SELECT sku FROM hub.bulk_lines WHERE NOT settled"
    " UNION ALL SELECT sku FROM hub.products WHERE intent IS NOT NULL)"
)


def cancel(work: Work, batch_id: UUID, *, why: str = "Cancelled by a person. What was done before stays.") -> bool:
    """Cancel what is not settled. What was done stays. False when there was nothing left to cancel.

    Of a publishing, parts that are being sent at this moment, or of which it is unknown what became of an earlier call,
    are left open: it is found out, and only then has the batch its end. The caller holds the ledger alone.
    """
    publishing = work.value("SELECT batch_type = 'publish' FROM hub.batches WHERE id = %s", [batch_id])
    cancelled = work.do(
        "UPDATE hub.batch_items SET state = 'cancelled', updated_at = now()"  # noqa: S608 - a constant of this module
        " WHERE batch_id = %(batch)s AND state IN ('pending', 'extracted')"
        " AND NOT (%(publishing)s AND coalesce("
        f"   (SELECT bool_or(s.sku IN {_UNDER_WAY}) FROM unnest(skus) AS s(sku)), false))",
        {"batch": batch_id, "publishing": publishing},
    )
    row = work.row(
        "UPDATE hub.batches SET status = 'cancelled', cancelled_count = cancelled_count + %s, updated_at = now(),"
        "  completed_at = CASE WHEN normalized_count + published_count + failed_count + cancelled_count + %s"
        "    = total_items THEN now() END,"
        "  error_message = %s"
        " WHERE id = %s AND status IN ('pending', 'processing')"
        "   AND normalized_count + published_count + failed_count + cancelled_count < total_items RETURNING id",
        [cancelled, cancelled, why, batch_id],
    )
    if row is None:
        return False
    work.do(
        "UPDATE hub.bulk_runs SET cancelling = true, not_before = now() WHERE batch_id = %s AND state <> 'ended'",
        [batch_id],
    )
    return True


def unfinished_but_settled(work: Work) -> list[UUID]:
    """Open batches that have no open item left: none, ever, unless someone wrote into the tables by hand."""
    rows = work.rows(
        "SELECT id FROM hub.batches WHERE completed_at IS NULL AND status IN ('processing', 'cancelled')"
        " AND normalized_count + published_count + failed_count + cancelled_count = total_items"
    )
    return [row["id"] for row in rows]
