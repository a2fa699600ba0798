"""Compares clocks, because tokens, leases and Retry-After depend on them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from boeing_data_hub.health.doctor.finding import Advice, Finding

_TOLERATED: Final = 5.0  # seconds
_WHOLE_SECONDS: Final = 1.0  # a Date header has whole seconds, and a response may take some

OFF = Advice(
    "clock_off",
    "clock",
    "warning",
    "this machine's clock and another's differ",
    "Set the clock by NTP (`timedatectl set-ntp true`), here and on the database's host.",
)


def judge_clock(other: str, ahead: float, *, uncertain: float) -> Finding | None:
    """The finding if another clock differs too much from ours; None if not.

    Args:
        other: the other clock's owner.
        ahead: seconds by which it is ahead of ours.
        uncertain: seconds by which that may be wrong.
    """
    off = abs(ahead) - uncertain
    if off <= _TOLERATED:
        return None
    way = "ahead of" if ahead > 0 else "behind"
    return OFF.found(f"The clock of {other} is {abs(ahead):,.0f} s {way} this machine's.")


def judge_date(other: str, dated: str, moment: datetime, *, uncertain: float) -> Finding | None:
    """The same for a `Date` header; None if it cannot be parsed."""
    try:
        theirs = parsedate_to_datetime(dated)
    except (ValueError, TypeError, IndexError):
        return None
    theirs = theirs.replace(tzinfo=UTC) if theirs.tzinfo is None else theirs
    return judge_clock(other, (theirs - moment).total_seconds(), uncertain=uncertain + _WHOLE_SECONDS)
