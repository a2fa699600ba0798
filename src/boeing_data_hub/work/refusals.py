"""Decides whether a rejected call is due to its part or to the account. Pure; `work/pacing.py` keeps the state.

Boeing rejects a call as a whole (400, 403), or answers with an error message and no result. Either one of its parts
is the cause, or Boeing rejects everything for now. Only another call can tell, so a rejected part fails
only if Boeing has accepted another call since it last rejected the part; without such a witness the part waits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from boeing_data_hub.work.rates import OUTAGE_AFTER, UpstreamPace

REFUSED: Final = "refused"
"""The pause reason if Boeing rejects everything."""

PAUSES: Final = (60.0, 300.0, 1200.0)
"""Seconds between tries while Boeing rejects everything; the last value repeats: three calls an hour."""

FRUITLESS_AFTER: Final = 8
"""Consecutive calls without a result, for any parts, after which the upstream pauses."""

_DOUBT_AFTER: Final = 3  # consecutive calls without a result; from here on a rejection proves nothing about a part


class Finding(StrEnum):
    """The meaning of a rejected call."""

    SPLIT = "split"
    """Unknown: split the call and ask its halves."""
    DOUBT = "doubt"
    """The part was asked for alone, and the cause is still unknown: retry after a witness."""
    GUILTY = "guilty"
    """The part is the cause: other calls were accepted meanwhile."""
    UPSTREAM = "upstream"
    """No part is the cause: Boeing rejects everything."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A rejected call.

    Attributes:
        alone: it asked for one part.
        fresh: none of its parts had failed before.
        before: the last time that Boeing rejected all of its parts before; None: not all, or never.
        called_at: its start, by the database's clock.
        control: it asked for a part that Boeing is known to accept, to test the upstream.
    """

    alone: bool
    fresh: bool
    before: datetime | None
    called_at: datetime
    control: bool = False


def judge(
    pace: UpstreamPace, now: datetime, refused: Refused, *, note: str, words: str
) -> tuple[UpstreamPace, Finding]:
    """The upstream's next state after a rejected call, and the meaning for its parts.

    The upstream pauses if the control call is rejected, if three consecutive calls are rejected whose parts had never
    failed before, or after eight consecutive calls without a result.

    Args:
        pace: the upstream's state.
        now: the database's time.
        refused: the rejected call.
        note: shown to people with the pause.
        words: Boeing's own words.
    """
    if pace.pause_reason == REFUSED:
        late = pace.paused_since is not None and refused.called_at <= pace.paused_since
        if late:  # it was running when the upstream paused, so it is the same rejection
            return pace, Finding.UPSTREAM
        return _paused(pace, now, pace.failures + 1, note=note, words=words), Finding.UPSTREAM
    fruitless = pace.fruitless + 1
    failures = pace.failures + 1 if refused.fresh else pace.failures
    counted = replace(pace, fruitless=fruitless, failures=failures)
    if refused.control or failures >= OUTAGE_AFTER or fruitless >= FRUITLESS_AFTER:
        return _paused(counted, now, OUTAGE_AFTER, note=note, words=words), Finding.UPSTREAM
    # Boeing answered, so a pause for another reason is over.
    counted = replace(
        counted, paused_until=None, pause_reason=None, paused_since=None, pause_note=None, back_at=None, words=None
    )
    if not refused.alone:
        return counted, Finding.SPLIT
    return counted, Finding.GUILTY if is_proven(pace, refused.before) else Finding.DOUBT


def is_proven(pace: UpstreamPace, before: datetime | None) -> bool:
    """True if another rejection of a part asked for alone is due to the part.

    Args:
        pace: the upstream's state before this rejection.
        before: when Boeing last rejected the part; None: never.
    """
    return before is not None and _accepted_since(pace, before) and pace.fruitless < _DOUBT_AFTER


def needs_witness(pace: UpstreamPace, before: datetime | None, *, alone: bool) -> bool:
    """True if asking for these parts proves nothing until Boeing has accepted another call.

    Args:
        pace: the upstream's state.
        before: when Boeing last rejected all of these parts; None: it has not rejected all of them.
        alone: it is one part.
    """
    if before is None:
        return False
    return pace.fruitless >= _DOUBT_AFTER or (alone and not _accepted_since(pace, before))


def _accepted_since(pace: UpstreamPace, before: datetime) -> bool:
    return pace.accepted_at is not None and pace.accepted_at > before


def _paused(pace: UpstreamPace, now: datetime, failures: int, *, note: str, words: str) -> UpstreamPace:
    step = min(max(0, failures - OUTAGE_AFTER), len(PAUSES) - 1)
    return replace(
        pace,
        failures=failures,
        paused_until=now + timedelta(seconds=PAUSES[step]),
        pause_reason=REFUSED,
        paused_since=pace.paused_since if pace.pause_reason == REFUSED else now,
        pause_note=note,
        back_at=None,
        words=words or None,
    )
