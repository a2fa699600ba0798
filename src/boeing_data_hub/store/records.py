"""How long records are kept: answers, calls to the store, the audit log, quotes, and what has expired by itself.

Removed in portions, counted as a whole, as in `store/keeping.py`. Large tables are walked by their ids.
"""

from __future__ import annotations

from typing import Any, Final, LiteralString

from boeing_data_hub.store.keeping import FAT_ROWS, ROWS, Portion
from boeing_data_hub.store.work import Work

_ANSWERS: Final = 1_000  # each is asked about by the keys of its ten parts and their SKUs
_PACE_FROM: Final = 10  # runs the store's pace is reckoned from, see `bulk_runs.pace`

# --- Answers ----------------------------------------------------------------------------------------------------------

# An answer is still needed while it waits for normalization, an item waits for it, or it is the newest of a part that
# was asked for or of a SKU that is staged: an answer names both itself, so that each is asked by its own key.
_UNNEEDED: LiteralString = (
    " FROM hub.boeing_raw_data r WHERE r.id > %(after)s AND r.id <= %(last)s"
    " AND r.fetched_at < now() - %(days)s * interval '1 day' AND r.state <> 'extracted'"
    " AND NOT EXISTS (SELECT FROM hub.batch_items i WHERE i.raw_id = r.id AND i.state = 'extracted')"
    " AND NOT EXISTS (SELECT FROM jsonb_each(r.matches) AS m(part, skus) WHERE"
    "   EXISTS (SELECT FROM hub.part_answers p WHERE p.part_number = m.part AND p.raw_id = r.id)"
    "   OR EXISTS (SELECT FROM jsonb_array_elements_text(m.skus) AS k(sku)"
    "              JOIN hub.product_staging s ON s.sku = k.sku AND s.raw_id = r.id))"
)


def _stretch(work: Work, table: LiteralString, moment: LiteralString, *, after: int, days: int, rows: int) -> Any:
    """The next `rows` ids of a table whose ids grow with time; `reached`: what follows is younger than the term."""
    return work.row(
        f"SELECT max(id) AS last, count(*) < %(rows)s OR max(at) >= now() - %(days)s * interval '1 day' AS reached"  # noqa: S608
        f" FROM (SELECT id, {moment} AS at FROM {table} WHERE id > %(after)s ORDER BY id LIMIT %(rows)s) stretch",
        {"after": after, "days": days, "rows": rows},
    )


def remove_answers(work: Work, days: int, cursor: Any) -> Portion:
    """Remove answers that were superseded, and that nothing waits for."""
    after = int(cursor or 0)
    stretch = _stretch(work, "hub.boeing_raw_data", "fetched_at", after=after, days=days, rows=_ANSWERS)
    if stretch["last"] is None:
        return Portion(0, is_last=True)
    removed = work.do(
        f"DELETE FROM hub.boeing_raw_data WHERE id IN (SELECT r.id{_UNNEEDED} FOR UPDATE SKIP LOCKED)",  # noqa: S608
        {"after": after, "last": stretch["last"], "days": days},
    )
    return Portion(removed, stretch["last"], is_last=stretch["reached"])


def count_answers(work: Work, days: int) -> int:
    """How many would go."""
    found, after = 0, 0
    while True:
        stretch = _stretch(work, "hub.boeing_raw_data", "fetched_at", after=after, days=days, rows=_ANSWERS * 20)
        if stretch["last"] is None:
            return found
        found += work.value(
            f"SELECT count(*){_UNNEEDED}",
            {"after": after, "last": stretch["last"], "days": days},
        )
        if stretch["reached"]:
            return found
        after = stretch["last"]


# --- Calls to the store that are answered -----------------------------------------------------------------------------

# The runs that the store's pace is reckoned from stay.
_OLD_RUNS: LiteralString = (
    " FROM hub.bulk_runs r WHERE r.state = 'ended' AND r.created_at < now() - %(days)s * interval '1 day'"
    " AND EXISTS (SELECT FROM hub.batches b WHERE b.id = r.batch_id AND b.completed_at IS NOT NULL)"
    " AND NOT EXISTS (SELECT FROM hub.bulk_lines l WHERE l.run_id = r.id AND NOT l.settled)"
    " AND r.id NOT IN (SELECT late.id FROM (SELECT DISTINCT shop FROM hub.bulk_runs) s CROSS JOIN LATERAL"
    "   (SELECT id FROM hub.bulk_runs n WHERE n.shop = s.shop AND n.finished_at > n.started_at AND NOT n.partial"
    "    ORDER BY n.finished_at DESC LIMIT %(pace)s) late)"
)
# A call is needed while an intent names it: its answer may be lost, and then it is sent again under its key.
_OLD_CALLS: LiteralString = (
    " FROM hub.stock_calls WHERE created_at < now() - %(days)s * interval '1 day' AND key::text NOT IN"
    " (SELECT intent->>'stock_call' FROM hub.products WHERE intent IS NOT NULL AND intent->>'stock_call' IS NOT NULL)"
)


def remove_calls(work: Work, days: int, _cursor: Any) -> Portion:
    """Remove lines of bulk operations that ended, then the operations; and stock calls that no intent names."""
    values = {"days": days, "pace": _PACE_FROM, "most": ROWS, "fat": FAT_ROWS}
    run = work.value(f"SELECT r.id{_OLD_RUNS} ORDER BY r.created_at LIMIT 1 FOR UPDATE SKIP LOCKED", values)
    lines = 0
    if run is not None:
        lines = work.do(
            "DELETE FROM hub.bulk_lines WHERE run_id = %(run)s AND number IN (SELECT number FROM hub.bulk_lines"
            " WHERE run_id = %(run)s ORDER BY number LIMIT %(fat)s)",
            {**values, "run": run},
        )
        if lines < FAT_ROWS:
            work.do("DELETE FROM hub.bulk_runs WHERE id = %s", [run])
    calls = work.do(
        f"DELETE FROM hub.stock_calls WHERE key IN (SELECT key{_OLD_CALLS} LIMIT %(fat)s)",  # noqa: S608 - constant
        values,
    )
    return Portion(lines + calls, is_last=run is None and calls < FAT_ROWS)


def count_calls(work: Work, days: int) -> int:
    """How many lines and stock calls would go."""
    values = {"days": days, "pace": _PACE_FROM}
    lines = work.value(f"SELECT coalesce(sum(r.lines), 0)::bigint{_OLD_RUNS}", values)
    return lines + work.value(f"SELECT count(*){_OLD_CALLS}", values)


# --- The audit log ----------------------------------------------------------------------------------------------------


def remove_audit(work: Work, days: int, cursor: Any) -> Portion:
    """Remove old lines of the audit log."""
    after = int(cursor or 0)
    stretch = _stretch(work, "hub.audit_log", "at", after=after, days=days, rows=ROWS)
    if stretch["last"] is None:
        return Portion(0, is_last=True)
    removed = work.do(
        "DELETE FROM hub.audit_log WHERE id > %s AND id <= %s AND at < now() - %s * interval '1 day'",
        [after, stretch["last"], days],
    )
    return Portion(removed, stretch["last"], is_last=stretch["reached"])


def count_audit(work: Work, days: int) -> int:
    """How many would go."""
    return work.value("SELECT count(*) FROM hub.audit_log WHERE at < now() - %s * interval '1 day'", [days])


# --- Quotes -----------------------------------------------------------------------------------------------------------


def remove_quotes(work: Work, days: int, cursor: Any) -> Portion:
    """Remove old quotes that are complete, with their lines, and what they say of the buyer."""
    after = int(cursor or 0)
    stretch = _stretch(work, "hub.quotes", "created_at", after=after, days=days, rows=FAT_ROWS)
    if stretch["last"] is None:
        return Portion(0, is_last=True)
    gone = work.rows(
        "DELETE FROM hub.quotes WHERE id > %s AND id <= %s AND completed_at < now() - %s * interval '1 day'"
        " RETURNING id",
        [after, stretch["last"], days],
    )
    work.do("DELETE FROM hub.quote_lines WHERE quote_id = ANY(%s)", [[row["id"] for row in gone]])
    return Portion(len(gone), stretch["last"], is_last=stretch["reached"])


def count_quotes(work: Work, days: int) -> int:
    """How many would go."""
    return work.value("SELECT count(*) FROM hub.quotes WHERE completed_at < now() - %s * interval '1 day'", [days])


# --- What has expired by itself ---------------------------------------------------------------------------------------

# Each of these is over by rules of its own; nobody believes or opens it any more.
_EXPIRED: Final[dict[LiteralString, tuple[LiteralString, LiteralString]]] = {
    "hub.sessions": ("id_hash", "expires_at < now() OR last_seen_at < now() - interval '1 day'"),
    "hub.sign_in_links": ("token_hash", "expires_at < now()"),
    "hub.search_drafts": ("id", "created_at < now() - interval '1 day'"),
    "hub.store_sightings": ("shop, sku", "seen_at < now() - interval '1 day'"),
    "hub.orphans": ("id", "state IN ('gone', 'kept') AND updated_at < now() - %(days)s * interval '1 day'"),
    "hub.conflicts": ("shop, sku", "decided_at < now() - %(days)s * interval '1 day'"),
    "hub.notices": ("id, channel", "state <> 'due' AND created_at < now() - interval '90 days'"),
}


def remove_expired(work: Work, days: int, _cursor: Any) -> Portion:
    """Remove ended sessions, links, drafts, sightings, and what was settled about orphans and conflicts `days` ago."""
    removed, most = 0, 0
    for table, (key, is_over) in _EXPIRED.items():
        count = work.do(
            f"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE {is_over}"  # noqa: S608 - constants
            " LIMIT %(most)s FOR UPDATE SKIP LOCKED)",
            {"days": days, "most": ROWS},
        )
        removed, most = removed + count, max(most, count)
    return Portion(removed, is_last=most < ROWS)


def count_expired(work: Work, days: int) -> int:
    """How many would go."""
    return sum(
        work.value(f"SELECT count(*) FROM {table} WHERE {is_over}", {"days": days})  # noqa: S608 - constants
        for table, (_, is_over) in _EXPIRED.items()
    )
