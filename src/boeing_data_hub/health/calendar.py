"""Which digest is due, and what period it tells of. Pure; days are those of the operator's time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

_LONGEST: Final = timedelta(days=7)  # what one digest tells of at most: after a longer outage, the last week


@dataclass(frozen=True, slots=True)
class Period:
    """What a digest tells of.

    Attributes:
        day: it is sent on this day, and named by it.
        since: the moment the one before ended.
        until: the moment it is due (UTC).
    """

    day: date
    since: datetime
    until: datetime

    @property
    def notice_id(self) -> str:
        """The id of the digest, the same in every try."""
        return f"digest:{self.day.isoformat()}"


@dataclass(frozen=True, slots=True)
class Timetable:
    """When digests are due.

    Attributes:
        at: time of day.
        zone: whose.
    """

    at: time
    zone: tzinfo

    def moment(self, day: date) -> datetime:
        """When a day's digest is due, in UTC: the first time the clock shows `at`, or would have shown it.

        So a day has one such moment also when its clock is set forward over it, or back over it.
        """
        return datetime.combine(day, self.at, self.zone).astimezone(UTC)

    def latest(self, now: datetime) -> date:
        """The day whose digest was due last."""
        day = now.astimezone(self.zone).date() + timedelta(days=1)
        while self.moment(day) > now:
            day -= timedelta(days=1)
        return day

    def due(self, now: datetime, *, told_to: datetime | None) -> Period | None:
        """The digest that is to be made now; None when people were told already.

        Days that were missed are not told one by one: the digest after an outage tells of all of it, up to a week.

        Args:
            now: the present moment.
            told_to: up to when digests have told; None before the first.
        """
        day = self.latest(now)
        until = self.moment(day)
        if told_to is not None and told_to >= until:
            return None
        return Period(day, self._since(day, until, told_to), until)

    def of_day(self, day: date) -> Period:
        """The digest of one day by itself."""
        until = self.moment(day)
        return Period(day, self._since(day, until, None), until)

    def so_far(self, now: datetime, *, told_to: datetime | None) -> Period:
        """What would be told if a digest were made now."""
        since = self.moment(self.latest(now))
        if told_to is not None and told_to < now:
            since = max(told_to, now - _LONGEST)
        return Period(self.latest(now) + timedelta(days=1), since, now)

    def _since(self, day: date, until: datetime, told_to: datetime | None) -> datetime:
        if told_to is None:
            return self.moment(day - timedelta(days=1))
        return max(told_to, until - _LONGEST)
