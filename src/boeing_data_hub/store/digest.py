"""What a period came to, for the daily digest: counted from the batches of the period, never over everything."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, LiteralString

from boeing_data_hub.model.batches import Batch
from boeing_data_hub.store.work import Work

_ENDED: LiteralString = "b.completed_at >= %(since)s AND b.completed_at < %(until)s"
# What publishings of the period changed in the store, also those that have not ended yet. `OFFSET 0` has each batch's
# rows read by their key, whatever the planner thinks of the whole table.
_CHANGES: LiteralString = (
    " FROM hub.batches b CROSS JOIN LATERAL"
    "  (SELECT * FROM hub.publish_changes p WHERE p.batch_id = b.id OFFSET 0) c"
    " WHERE b.batch_type = 'publish' AND b.updated_at >= %(since)s AND b.created_at < %(until)s"
    " AND c.at >= %(since)s AND c.at < %(until)s"
)
_SKEW: Final = timedelta(hours=1)  # by which an answer may be older than one with a smaller id


def batches_ended(work: Work, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """For each type of batch: how many ended, and what became of their items."""
    return work.rows(
        "SELECT b.batch_type, count(*) AS batches, sum(b.total_items)::bigint AS items,"  # noqa: S608 - constant
        " sum(b.normalized_count)::bigint AS normalized, sum(b.published_count)::bigint AS published,"
        " sum(b.failed_count)::bigint AS failed, sum(b.cancelled_count)::bigint AS cancelled,"
        " sum(b.reused_count)::bigint AS reused"
        f" FROM hub.batches b WHERE {_ENDED} GROUP BY b.batch_type ORDER BY b.batch_type",
        {"since": since, "until": until},
    )


def worst_batches(work: Work, since: datetime, until: datetime, *, limit: int) -> list[Batch]:
    """Batches that ended, those with the most failures first."""
    rows = work.rows(
        f"SELECT b.* FROM hub.batches b WHERE {_ENDED}"  # noqa: S608 - constant
        " ORDER BY b.failed_count DESC, b.completed_at DESC LIMIT %(most)s",
        {"since": since, "until": until, "most": limit},
    )
    return [Batch.from_row(row) for row in rows]


def outcomes(work: Work, since: datetime, until: datetime) -> dict[str, int]:
    """What became of the parts of batches that ended, by outcome; of searches as `found:` and the staged status."""
    rows = work.rows(
        "SELECT CASE b.batch_type WHEN 'search' THEN 'found:' || i.outcome ELSE i.outcome END AS outcome,"  # noqa: S608
        " count(*) AS parts FROM hub.batches b CROSS JOIN LATERAL"
        "  (SELECT state, outcome FROM hub.batch_items p WHERE p.batch_id = b.id OFFSET 0) i"
        f" WHERE {_ENDED} AND i.state IN ('normalized', 'published') AND i.outcome IS NOT NULL GROUP BY 1",
        {"since": since, "until": until},
    )
    return {row["outcome"]: row["parts"] for row in rows}


def failures(work: Work, since: datetime, until: datetime, *, limit: int) -> list[dict[str, Any]]:
    """Failed parts of batches that ended, by cause, the commonest first."""
    return work.rows(
        "SELECT coalesce(i.error_code, 'unknown') AS code, count(*) AS parts, min(i.error) AS error,"  # noqa: S608
        " (array_agg(i.part_number ORDER BY i.batch_id, i.position))[1:3] AS sample"
        " FROM hub.batches b CROSS JOIN LATERAL"
        "  (SELECT * FROM hub.batch_items p WHERE p.batch_id = b.id AND p.state = 'failed' OFFSET 0) i"
        f" WHERE {_ENDED} AND b.failed_count > 0 GROUP BY 1 ORDER BY parts DESC, code LIMIT %(most)s",
        {"since": since, "until": until, "most": limit},
    )


def changed(work: Work, since: datetime, until: datetime) -> dict[str, int]:
    """How many products of the store were `created` and `updated`."""
    rows = work.rows(
        f"SELECT c.action, count(DISTINCT c.sku) AS products{_CHANGES} GROUP BY c.action",
        {"since": since, "until": until},
    )
    return {row["action"]: row["products"] for row in rows}


def price_moves(work: Work, since: datetime, until: datetime, *, limit: int) -> tuple[int, list[dict[str, Any]]]:
    """How many prices moved in the store, and the largest moves: `sku`, `old`, `new`, `percent`."""
    rows = work.rows(
        "WITH moves AS (SELECT sku, old::numeric AS old, new::numeric AS new FROM ("  # noqa: S608 - constant
        " SELECT DISTINCT ON (c.sku) c.sku, m->>'old' AS old, m->>'new' AS new"
        f' FROM (SELECT c.*{_CHANGES} AND c.changes @> \'[{{"field": "price"}}]\') c,'
        "   jsonb_array_elements(c.changes) AS m WHERE m->>'field' = 'price' ORDER BY c.sku, c.at DESC) told"
        " WHERE old ~ '^[0-9]+(\\.[0-9]+)?$' AND new ~ '^[0-9]+(\\.[0-9]+)?$')"
        " SELECT sku, old::text, new::text, count(*) OVER () AS moves,"
        "   CASE WHEN old > 0 THEN round((new - old) * 100 / old, 1)::text END AS percent"
        " FROM moves WHERE old <> new ORDER BY abs((new - old) / nullif(old, 0)) DESC NULLS LAST, sku LIMIT %(most)s",
        {"since": since, "until": until, "most": limit},
    )
    return (rows[0]["moves"] if rows else 0), [{k: v for k, v in row.items() if k != "moves"} for row in rows]


def sold_out(work: Work, since: datetime, until: datetime, *, limit: int) -> tuple[int, list[str]]:
    """How many products were set to no stock at all, and the first of them."""
    rows = work.rows(
        "SELECT c.sku, count(*) OVER () AS products"  # noqa: S608 - constant
        f" FROM (SELECT c.*{_CHANGES} AND c.changes @> '[{{\"new\": 0}}]') c"
        " WHERE EXISTS (SELECT FROM jsonb_array_elements(c.changes) AS m WHERE m->>'field' LIKE 'stock.%%'"
        "   AND m->'new' = '0')"
        " AND NOT EXISTS (SELECT FROM jsonb_each(c.after->'stock') AS s(place, pieces) WHERE s.pieces > '0')"
        " GROUP BY c.sku ORDER BY c.sku LIMIT %(most)s",
        {"since": since, "until": until, "most": limit},
    )
    return (rows[0]["products"] if rows else 0), [row["sku"] for row in rows]


def answers(work: Work, since: datetime, until: datetime) -> int:
    """How many of Boeing's answers came, readable or not. Found by halving, for ids grow with time."""
    edges = work.row("SELECT min(id) AS low, max(id) AS high FROM hub.boeing_raw_data")
    if edges is None or edges["low"] is None:
        return 0
    low, high = edges["low"], edges["high"]
    while low < high:
        row = work.row(
            "SELECT id, fetched_at FROM hub.boeing_raw_data WHERE id >= %s ORDER BY id LIMIT 1", [(low + high) // 2]
        )
        assert row is not None  # noqa: S101 - there is one at `high`
        if row["fetched_at"] < since - _SKEW:
            low = row["id"] + 1
        else:
            high = (low + high) // 2
    return work.value(
        "SELECT count(*) FROM hub.boeing_raw_data WHERE id >= %s AND fetched_at >= %s AND fetched_at < %s",
        [low, since, until],
    )
