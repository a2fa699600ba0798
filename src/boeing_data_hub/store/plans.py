"""Plans: what a publish batch would do to each part, kept so that exactly this can be run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from boeing_data_hub.model.batches import Batch
from boeing_data_hub.store.work import Work


def save(work: Work, batch_id: UUID, rows: Sequence[Mapping[str, Any]], forecast: Mapping[str, Any]) -> None:
    """Keep a plan: `position`, `sku`, `action`, `code`, `sentence`, `changes`, `digest` of each part; and what it was
    foretold to take when it was made.
    """
    work.do(
        "UPDATE hub.batches SET options = options || jsonb_build_object('forecast', %s::jsonb) WHERE id = %s",
        [msgspec.json.encode(forecast).decode(), batch_id],
    )
    work.do(
        "INSERT INTO hub.plan_items (batch_id, position, sku, action, code, sentence, changes, digest)"
        " SELECT %s, r.position, r.sku, r.action, r.code, r.sentence, r.changes, r.digest FROM"
        " json_to_recordset(%s::json) AS r(position int, sku text, action text, code text, sentence text,"
        "   changes jsonb, digest text)",
        [batch_id, msgspec.json.encode(list(rows)).decode()],
    )


def page(
    work: Work,
    batch_id: UUID,
    *,
    limit: int,
    after: int = 0,
    action: str | None = None,
    code: str | None = None,
    search: str | None = None,
) -> list[dict[str, Any]]:
    """`limit` parts of a plan in the order they were handed in, behind position `after`; a row for each SKU of them.

    `search` is how the part number, or one of its SKUs, begins.
    """
    return work.rows(
        "WITH wanted AS (SELECT DISTINCT p.position FROM hub.plan_items p"
        "   JOIN hub.batch_items i ON i.batch_id = p.batch_id AND i.position = p.position"
        "   WHERE p.batch_id = %(batch)s AND p.position > %(after)s"
        "   AND (%(action)s::text IS NULL OR p.action = %(action)s) AND (%(code)s::text IS NULL OR p.code = %(code)s)"
        "   AND (%(search)s::text IS NULL OR starts_with(i.part_number, %(search)s)"
        "     OR starts_with(p.sku, %(search)s))"
        "   ORDER BY p.position LIMIT %(limit)s)"
        " SELECT p.position, i.part_number, p.sku, p.action, p.code, p.sentence, p.changes FROM wanted"
        " JOIN hub.plan_items p ON p.batch_id = %(batch)s AND p.position = wanted.position"
        " JOIN hub.batch_items i ON i.batch_id = p.batch_id AND i.position = p.position"
        " WHERE %(action)s::text IS NULL OR p.action = %(action)s ORDER BY p.position, p.sku",
        {"batch": batch_id, "after": after, "action": action, "code": code, "search": search, "limit": limit},
    )


def reasons(work: Work, batch_id: UUID) -> list[dict[str, Any]]:
    """Why parts of a plan are not published, the commonest reason first: `action`, `code`, `sentence`, `parts`."""
    return work.rows(
        "SELECT action, code, min(sentence) AS sentence, count(*) AS parts FROM hub.plan_items"
        " WHERE batch_id = %s AND action IN ('blocked', 'conflict') GROUP BY action, code ORDER BY parts DESC, code",
        [batch_id],
    )


def waiting(work: Work, *, limit: int = 100) -> list[Batch]:
    """Plans that wait for a person's word, newest first."""
    rows = work.rows(
        "SELECT * FROM hub.batches WHERE status = 'pending' AND batch_type = 'publish'"
        " ORDER BY created_at DESC LIMIT %s",
        [limit],
    )
    return [Batch.from_row(row) for row in rows]


def count_waiting(work: Work) -> int:
    """How many they are, counted to 1,000."""
    return work.value(
        "SELECT count(*) FROM (SELECT 1 FROM hub.batches WHERE status = 'pending' AND batch_type = 'publish'"
        " LIMIT 1000) counted"
    )


def counts(work: Work, batch_id: UUID) -> dict[str, int]:
    """How many parts a plan creates, updates and so on."""
    rows = work.rows(
        "SELECT action, count(*) AS parts FROM hub.plan_items WHERE batch_id = %s GROUP BY action", [batch_id]
    )
    return {row["action"]: row["parts"] for row in rows}


def digests(work: Work, batch_id: UUID, skus: Sequence[str] | None = None) -> dict[str, tuple[str, str]]:
    """Action and digest by SKU; where the list names a SKU more than once, of the first mention, which is done."""
    rows = work.rows(
        "SELECT DISTINCT ON (sku) sku, action, digest FROM hub.plan_items WHERE batch_id = %(batch)s"
        " AND (%(skus)s::text[] IS NULL OR sku = ANY(%(skus)s)) ORDER BY sku, position",
        {"batch": batch_id, "skus": None if skus is None else list(skus)},
    )
    return {row["sku"]: (row["action"], row["digest"]) for row in rows}


def approve(work: Work, batch_id: UUID, *, bulk: bool) -> bool:
    """Let the batch of a plan run. False when it waits no more."""
    return bool(
        work.do(
            "UPDATE hub.batches SET status = 'processing', updated_at = now(), started_at = NULL, rate_since = now(),"
            "  options = options || jsonb_build_object('bulk', %s::boolean) WHERE id = %s AND status = 'pending'",
            [bulk, batch_id],
        )
    )
