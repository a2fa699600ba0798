"""Decides when sync may ask, how much, and which answers are too old to compete by value. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Final, Self

_MINUTES_A_DAY: Final = 1_440
_BURST: Final = timedelta(seconds=5)  # missed calls are caught up so far, to bridge two sweeps
_MARGIN: Final = 0.1  # of the longest age, which leaves time to retry a failed call


@dataclass(frozen=True, slots=True)
class Hours:
    """The part of the day in which sync may ask.

    Attributes:
        start: inclusive.
        end: exclusive; at or before `start`, it is on the next day.
        zone: time zone of both.
    """

    start: time
    end: time
    zone: tzinfo

    @classmethod
    def of(cls, text: str, zone: tzinfo) -> Self:
        """Parse `20:00-06:00`; empty: the whole day. Raises ValueError."""
        start, _, end = (text or "00:00-00:00").partition("-")
        return cls(time.fromisoformat(start), time.fromisoformat(end), zone)

    @property
    def share(self) -> float:
        """The share of a day within them."""
        start, end = (one.hour * 60 + one.minute for one in (self.start, self.end))
        return ((end - start) % _MINUTES_A_DAY or _MINUTES_A_DAY) / _MINUTES_A_DAY

    def includes(self, moment: datetime) -> bool:
        """True if sync may ask at this time."""
        clock = moment.astimezone(self.zone).time()
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


def next_call_at(before: datetime, now: datetime, *, spacing: float, free_share: float) -> datetime:
    """When sync's next call is due after one at `now`, so that a share of the slots stays free.

    Args:
        before: when this call was due.
        now: when it is made.
        spacing: seconds between two slots.
        free_share: share of the slots to leave free, from 0 to below 1.
    """
    if free_share <= 0.0:
        return now
    return max(before, now - _BURST) + timedelta(seconds=spacing / (1.0 - free_share))


def urgent_after(longest_age: float, *, parts: int, per_call: int, spacing: float) -> float:
    """The age in seconds at which a part is asked for regardless of its value, so that none exceeds `longest_age`.

    All parts may reach that age together, so asking starts early by the time that one pass over all parts takes,
    but not before half of `longest_age`, which would leave little choice.
    """
    whole_pass = -(-parts // per_call) * spacing
    return max(longest_age / 2, longest_age * (1.0 - _MARGIN) - whole_pass)
