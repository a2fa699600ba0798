"""Which digest is due, and the period it covers. Pure; days are in the operator's time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

_LONGEST: Final = timedelta(days=7)  # the longest period of a digest: after a longer outage it covers the last week


@dataclass(frozen=True, slots=True)
class Period:
    """The period that a digest covers.

    Attributes:
        day: the day on which it is sent, which identifies it.
        since: the end of the previous digest's period.
        until: when it is due (UTC).
    """

    day: date
    since: datetime
    until: datetime

    @property
    def notice_id(self) -> str:
        """The id of the digest, the same in every attempt."""
        return f"digest:{self.day.isoformat()}"


@dataclass(frozen=True, slots=True)
class Timetable:
    """When digests are due.

    Attributes:
        at: time of day.
        zone: the operator's time zone.
    """

    at: time
    zone: tzinfo

    def moment(self, day: date) -> datetime:
        """When a day's digest is due, in UTC: the first time the local clock shows `at`, or would have shown it.

        So there is exactly one such time a day, even when the clock is set forward or back.
        """
        return datetime.combine(day, self.at, self.zone).astimezone(UTC)

    def latest(self, now: datetime) -> date:
        """The day whose digest was the last to become due."""
        day = now.astimezone(self.zone).date() + timedelta(days=1)
        while self.moment(day) > now:
            day -= timedelta(days=1)
        return day

    def due(self, now: datetime, *, told_to: datetime | None) -> Period | None:
        """The digest to write now; None if the last one due was written.

        Missed days get no digests of their own: the digest after an outage covers all of it, up to a week.

        Args:
            now: the current time.
            told_to: the end of the last digest's period; None before the first digest.
        """
        day = self.latest(now)
        until = self.moment(day)
        if told_to is not None and told_to >= until:
            return None
        return Period(day, self._since(day, until, told_to), until)

    def of_day(self, day: date) -> Period:
        """The period of one day's digest."""
        until = self.moment(day)
        return Period(day, self._since(day, until, None), until)

    def so_far(self, now: datetime, *, told_to: datetime | None) -> Period:
        """The period of a digest written now."""
        since = self.moment(self.latest(now))
        if told_to is not None and told_to < now:
            since = max(told_to, now - _LONGEST)
        return Period(self.latest(now) + timedelta(days=1), since, now)

    def _since(self, day: date, until: datetime, told_to: datetime | None) -> datetime:
        if told_to is None:
            return self.moment(day - timedelta(days=1))
        return max(told_to, until - _LONGEST)
