"""Who used Boeing's calls: people's searches or sync, counted by the hour, and how many the limit left unused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.work.rate_limit import RateLimit

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True)
class CallUse:
    """Calls within a period. `idle`: how many more the current limit would have allowed; None without a limit."""

    people: int
    sync: int
    idle: int | None


@dataclass(frozen=True, slots=True)
class HourOfCalls:
    """Calls within the clock hour that begins at `hour` (UTC)."""

    hour: datetime
    people: int
    sync: int


@dataclass(frozen=True, slots=True)
class Used:
    """Calls within the last day and the last week, or since counting began."""

    day: CallUse
    week: CallUse


def count(work: Work, *, people: int, sync: int) -> None:
    """Add calls to the count of this hour."""
    if people or sync:
        work.do(_SQL["count"], [people, sync])


def count_urgent(work: Work, calls: int) -> None:
    """Add calls of urgent searches to the count of this hour. Counted when they are claimed, so that two workers
    cannot both use the last one.
    """
    if calls:
        work.do(_SQL["count_urgent"], [calls])


def urgent_this_hour(work: Work) -> int:
    """How many calls of this clock hour urgent searches have claimed."""
    return int(work.value(_SQL["urgent_this_hour"]))


def urgent_allowed(limit: RateLimit | None, share: float) -> int | None:
    """How many calls an hour urgent searches may claim before all others; None: any number. Pure.

    Args:
        limit: Boeing's; without one no search waits for another.
        share: HUB_URGENT_SHARE, from 0 to 1.
    """
    return None if limit is None else int(share * limit.per_minute * 60)


def by_hour(work: Work, *, hours: int) -> list[HourOfCalls]:
    """Calls of each clock hour since `hours` hours ago, the oldest first; an hour without calls may be missing."""
    return work.records(HourOfCalls, _SQL["by_hour"], [hours])


def used(work: Work, limit: RateLimit | None) -> Used:
    """Who used the calls."""
    return Used(day=_use(work, 1, limit), week=_use(work, 7, limit))


def _use(work: Work, days: int, limit: RateLimit | None) -> CallUse:
    row = work.row(_SQL["used"], {"days": days})
    assert row is not None  # noqa: S101 - an aggregate always has one row
    allowed = int(row["seconds"] / limit.spacing) if limit else None
    idle = None if allowed is None else max(0, allowed - row["people"] - row["sync"])
    return CallUse(row["people"], row["sync"], idle)
