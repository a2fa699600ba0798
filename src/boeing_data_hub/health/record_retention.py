"""Retention of records: answers, calls to the store, the audit log, quotes, and expired rows.

Rows are removed in portions, and counted all at once, as in `batches/retention.py`. Large tables are walked by id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, LiteralString

from boeing_data_hub.batches.retention import FAT_ROWS, ROWS, Portion
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)

_ANSWERS: Final = 1_000  # each one needs look-ups for its ten parts and their SKUs
_PACE_FROM: Final = 10  # runs from which the store's pace is computed, see `bulk_runs.pace`

# --- Answers ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The next ids of a table whose ids grow with time, up to `last`; None: there are none.

    `reached`: all later rows are younger than the retention.
    """

    last: int | None = None
    reached: bool = True


def _stretch(work: Work, query: LiteralString, *, after: int, days: int, rows: int) -> _Stretch:
    """The next `rows` ids."""
    return work.record(_Stretch, query, {"after": after, "days": days, "rows": rows}) or _Stretch()


def remove_answers(work: Work, days: int, cursor: Any) -> Portion:
    """Remove superseded answers that no item waits for."""
    after = int(cursor or 0)
    stretch = _stretch(work, _SQL["stretch_of_answers"], after=after, days=days, rows=_ANSWERS)
    if stretch.last is None:
        return Portion(0, is_last=True)
    removed = work.do(_SQL["remove_answers"], {"after": after, "last": stretch.last, "days": days})
    return Portion(removed, stretch.last, is_last=stretch.reached)


def count_answers(work: Work, days: int) -> int:
    """How many rows would be removed."""
    found, after = 0, 0
    while True:
        stretch = _stretch(work, _SQL["stretch_of_answers"], after=after, days=days, rows=_ANSWERS * 20)
        if stretch.last is None:
            return found
        found += work.value(_SQL["count_answers"], {"after": after, "last": stretch.last, "days": days})
        if stretch.reached:
            return found
        after = stretch.last


# --- Calls to the store that are answered -----------------------------------------------------------------------------


def remove_calls(work: Work, days: int, _cursor: Any) -> Portion:
    """Remove lines of finished bulk operations, then the operations, and stock calls that no intent refers to."""
    values = {"days": days, "pace": _PACE_FROM, "most": ROWS, "fat": FAT_ROWS}
    run = work.value(_SQL["next_old_run"], values)
    lines = 0
    if run is not None:
        lines = work.do(_SQL["remove_lines"], {**values, "run": run})
        if lines < FAT_ROWS:
            work.do(_SQL["remove_run"], [run])
    calls = work.do(_SQL["remove_calls"], values)
    return Portion(lines + calls, is_last=run is None and calls < FAT_ROWS)


def count_calls(work: Work, days: int) -> int:
    """How many lines and stock calls would be removed."""
    values = {"days": days, "pace": _PACE_FROM}
    lines = work.value(_SQL["count_lines"], values)
    return lines + work.value(_SQL["count_calls"], values)


_AUDIT_DAYS: Final = 30  # as hub.remove_audit_log has it

# --- The audit log ----------------------------------------------------------------------------------------------------


def remove_audit(work: Work, days: int, cursor: Any) -> Portion:
    """Remove old entries of the audit log."""
    after, days = int(cursor or 0), max(days, _AUDIT_DAYS)
    stretch = _stretch(work, _SQL["stretch_of_audit"], after=after, days=days, rows=ROWS)
    if stretch.last is None:
        return Portion(0, is_last=True)
    removed = work.value(_SQL["remove_audit"], [after, stretch.last, days])
    return Portion(removed, stretch.last, is_last=stretch.reached)


def count_audit(work: Work, days: int) -> int:
    """How many rows would be removed."""
    return work.value(_SQL["count_audit"], [max(days, _AUDIT_DAYS)])


# --- Quotes -----------------------------------------------------------------------------------------------------------


def remove_quotes(work: Work, days: int, cursor: Any) -> Portion:
    """Remove old completed quotes, with their lines and the buyer's data."""
    after = int(cursor or 0)
    stretch = _stretch(work, _SQL["stretch_of_quotes"], after=after, days=days, rows=FAT_ROWS)
    if stretch.last is None:
        return Portion(0, is_last=True)
    gone = work.rows(_SQL["remove_quotes"], [after, stretch.last, days])
    work.do(_SQL["remove_quote_lines"], [[row["id"] for row in gone]])
    return Portion(len(gone), stretch.last, is_last=stretch.reached)


def count_quotes(work: Work, days: int) -> int:
    """How many rows would be removed."""
    return work.value(_SQL["count_quotes"], [days])


# --- How prices and stock moved --------------------------------------------------------------------------------------


def remove_history(work: Work, days: int, cursor: Any) -> Portion:
    """Remove old rows of the price and stock history except the newest of each part, and old sales, part by part."""
    after = str(cursor or "")
    last = work.value(_SQL["stretch_of_history"], {"after": after, "most": ROWS})
    if last is None:
        return Portion(0, is_last=True)
    stretch = {"after": after, "last": last, "days": days}
    removed = work.do(_SQL["remove_prices"], stretch) + work.do(_SQL["remove_stocks"], stretch)
    removed += work.do(_SQL["remove_sales"], stretch)
    return Portion(removed, last)


def count_history(work: Work, days: int) -> int:
    """How many rows would be removed."""
    return work.value(_SQL["count_history"], {"days": days})


# --- What has expired by itself ---------------------------------------------------------------------------------------

_EXPIRED: Final[tuple[tuple[LiteralString, LiteralString], ...]] = (
    (_SQL["remove_sessions"], _SQL["count_sessions"]),
    (_SQL["remove_sign_in_links"], _SQL["count_sign_in_links"]),
    (_SQL["remove_search_drafts"], _SQL["count_search_drafts"]),
    (_SQL["remove_store_sightings"], _SQL["count_store_sightings"]),
    (_SQL["remove_orphans"], _SQL["count_orphans"]),
    (_SQL["remove_conflicts"], _SQL["count_conflicts"]),
    (_SQL["remove_freshness"], _SQL["count_freshness"]),
    (_SQL["remove_boeing_calls"], _SQL["count_boeing_calls"]),
    (_SQL["remove_store_webhooks"], _SQL["count_store_webhooks"]),
    (_SQL["remove_notices"], _SQL["count_notices"]),
    (_SQL["remove_snapshot_levels"], _SQL["count_snapshot_levels"]),
    (_SQL["remove_snapshot_variants"], _SQL["count_snapshot_variants"]),
    (_SQL["remove_snapshot_products"], _SQL["count_snapshot_products"]),
    (_SQL["remove_snapshots"], _SQL["count_snapshots"]),
    (_SQL["remove_adoption_rows"], _SQL["count_adoption_rows"]),
    (_SQL["remove_adoptions"], _SQL["count_adoptions"]),
)
"""For each table whose rows expire by their own rules: the statements that remove and count them."""


def remove_expired(work: Work, days: int, _cursor: Any) -> Portion:
    """Remove ended sessions, links, drafts and look-ups, and leftovers and conflicts resolved `days` ago."""
    removed, most = 0, 0
    for remove, _ in _EXPIRED:
        count = work.do(remove, {"days": days, "most": ROWS})
        removed, most = removed + count, max(most, count)
    return Portion(removed, is_last=most < ROWS)


def count_expired(work: Work, days: int) -> int:
    """How many rows would be removed."""
    return sum(work.value(count, {"days": days}) for _, count in _EXPIRED)
