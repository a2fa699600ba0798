"""Weekly windows in which some work rests, as a person writes them: `Fri 16:00-Mon 06:00 publishing`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final, Literal, cast

Rests = Literal["boeing", "publishing", "sync"]

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW: Final = re.compile(
    rf"({'|'.join(_DAYS)}) (\d\d):(\d\d) ?- ?({'|'.join(_DAYS)}) (\d\d):(\d\d) (boeing|publishing|sync)", re.IGNORECASE
)
_DAY: Final = 1_440  # minutes
_WEEK: Final = 7 * _DAY


@dataclass(frozen=True, slots=True)
class Freeze:
    """A window: minutes since Monday 00:00, the end exclusive. An end at or before the start is in the next week."""

    start: int
    end: int
    what: Rests

    def until(self, now: datetime, zone: tzinfo) -> datetime | None:
        """When the window that contains this moment ends, by the wall clock of the zone; None outside of it."""
        local = now.astimezone(zone)
        into = (local.weekday() * _DAY + local.hour * 60 + local.minute - self.start) % _WEEK
        length = (self.end - self.start) % _WEEK or _WEEK
        if into >= length:
            return None
        wall = local.replace(second=0, microsecond=0, tzinfo=None) + timedelta(minutes=length - into)
        return wall.replace(tzinfo=zone).astimezone(now.tzinfo)


def freezes_of(text: str) -> tuple[Freeze, ...]:
    """Parse windows, separated by semicolons; empty: none. Raises ValueError."""
    return tuple(_freeze(one.strip()) for one in text.split(";") if one.strip())


def _freeze(text: str) -> Freeze:
    found = _WINDOW.fullmatch(text)
    if found is None:
        raise ValueError("must be windows such as Fri 16:00-Mon 06:00 publishing, separated by semicolons")
    day, hour, minute, last_day, last_hour, last_minute, what = found.groups()
    return Freeze(_minutes(day, hour, minute), _minutes(last_day, last_hour, last_minute), cast("Rests", what.lower()))


def _minutes(day: str, hour: str, minute: str) -> int:
    if int(hour) > 23 or int(minute) > 59:  # noqa: PLR2004 - of a clock
        raise ValueError("must have times from 00:00 to 23:59")
    return _DAYS.index(day.lower()) * _DAY + int(hour) * 60 + int(minute)
