"""The pace of a line: how far apart calls must start so that no sliding window ever holds more than the limit.

Pure. `pacing.py` keeps the state in Postgres and asks here what to do with it. Calls are spaced, not bunched: a limiter
that lets a burst of B through admits up to limit + B - 1 calls in some window, and a small batch would wait a whole
window behind a burst.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from boeing_data_hub.errors import BadInput
from boeing_data_hub.model import slots

_PER = {
    "s": 1,
    "sec": 1,
    "second": 1,
    "m": 60,
    "min": 60,
    "minute": 60,
    "h": 3600,
    "hour": 3600,
    "d": 86400,
    "day": 86400,
}
_LIMIT = re.compile(r"\s*(\d{1,9})\s*/\s*([a-z]+)\s*", re.IGNORECASE)
_MARGIN_SHARE = (
    0.025  # of the window; 1.5 s in a minute: what a call may be late on its way without breaking the window
)
_LEAST_MARGIN = 0.2  # seconds
_SLOWEST = 8.0  # how far 429 answers may stretch the spacing
_RECOVERY = 0.6  # each granted slot brings the spacing two fifths of the way back: from the slowest in ten slots
_PROBE_SECONDS = 5.0
_LONGEST_PROBE_SECONDS = 60.0
OUTAGE_AFTER = 3  # fresh calls that fail in a row, with no answer between, mean that the line is down


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`calls` per `window` seconds; None means unlimited."""

    calls: int
    window: float

    @property
    def margin(self) -> float:
        """Seconds a call may start late without a window at the other side holding one call too many."""
        return max(self.window * _MARGIN_SHARE, min(_LEAST_MARGIN, self.window))

    @property
    def spacing(self) -> float:
        """Seconds between the starts of two calls."""
        return (self.window + self.margin) / self.calls

    @property
    def per_minute(self) -> float:
        """Calls a minute, for people."""
        return self.calls * 60 / self.window


def parse_rate_limit(text: str) -> RateLimit | None:
    """The meaning of `20/m` (guide, section 7), also `2/minute`, `5/s`, `100/h`; `unlimited` is None.

    Raises:
        BadInput: the text is none of these, or grants no call at all.
    """
    if text.strip().lower() in {"unlimited", "none", "off"}:
        return None
    found = _LIMIT.fullmatch(text)
    unit = _PER.get(found.group(2).lower().removesuffix("s") or "s") if found else None
    if found is None or unit is None or int(found.group(1)) < 1:
        raise BadInput(
            f"The rate limit {text!r} is not understood. Write a number of calls and a unit, e.g. 20/m or 2/m, "
            "or `unlimited`.",
            code="bad_rate_limit",
        )
    return RateLimit(int(found.group(1)), float(unit))


@dataclass(frozen=True, slots=True)
class Line:
    """The shared state of one outside line (Boeing).

    Attributes:
        next_slot: earliest start of the next call.
        stretch: factor on the spacing, above 1 after a 429.
        slowed_at: when it was last stretched.
        paused_until: nobody calls before this moment.
        pause_reason: `limit`, `upstream`, `credentials` or another error's code; None when the line is well.
        pause_note: what a person should know of the pause, where the reason does not say it all.
        paused_since: since when it has been so.
        failures: fresh calls that failed in a row.
        slots: those granted of late, as `model/slots.py` counts them.
    """

    next_slot: datetime
    stretch: float = 1.0
    slowed_at: datetime | None = None
    paused_until: datetime | None = None
    pause_reason: str | None = None
    paused_since: datetime | None = None
    failures: int = 0
    pause_note: str | None = None
    slots: str | None = None

    def is_paused(self, now: datetime) -> bool:
        """Whether nobody may call at this moment."""
        return self.paused_until is not None and self.paused_until > now


@dataclass(frozen=True, slots=True)
class Grant:
    """What a reservation gives.

    Attributes:
        calls: how many calls may start; 0 when the first is further away than was asked for.
        wait: seconds until the first (or until it is worth asking again).
        gap: seconds between two of them.
        probe: the line is unwell, and this one call finds out whether it is well again.
    """

    calls: int
    wait: float
    gap: float
    probe: bool = False


def reserve(line: Line, limit: RateLimit | None, now: datetime, *, wanted: int, horizon: float) -> tuple[Line, Grant]:
    """Reserve up to `wanted` slots that begin within `horizon` seconds from now.

    A line that is unwell (`pause_reason` set) grants one slot at a time, so that one call probes while the others wait.

    Returns:
        The line's next state (unchanged when nothing is granted), and the grant.
    """
    spacing = limit.spacing if limit else 0.0
    gap = spacing * line.stretch
    first = max(now, line.next_slot) if limit else now
    if line.paused_until is not None:
        first = max(first, line.paused_until)
    wait = (first - now).total_seconds()
    if wait > horizon:
        return line, Grant(0, wait, gap)
    if line.pause_reason is not None:
        wanted = 1
    calls = wanted if gap <= 0 else min(wanted, 1 + int((horizon - wait) / gap))
    following = first + timedelta(seconds=max(gap * calls, 0.0))
    calmer = max(1.0, 1.0 + (line.stretch - 1.0) * _RECOVERY**calls)
    after = replace(line, next_slot=following, stretch=calmer if calmer > 1.05 else 1.0)  # noqa: PLR2004 - near enough to 1
    if limit is not None:
        after = replace(after, slots=slots.granted(line.slots, limit.window, first=first, gap=gap, calls=calls))
    if line.pause_reason is not None:
        # Others wait for the probe's outcome; should the prober die, the next one tries after this.
        after = replace(after, paused_until=first + timedelta(seconds=_PROBE_SECONDS))
    return after, Grant(calls, wait, gap, probe=line.pause_reason is not None)


def give_back(line: Line, limit: RateLimit | None, *, first: datetime, gap: float, unused: int) -> Line:
    """Return the last `unused` slots of a grant, where nobody has reserved after them. Else they are lost, safely."""
    if limit is None or unused <= 0:
        return line
    ours_end = line.next_slot
    gave = timedelta(seconds=gap * unused)
    if abs((ours_end - gave - first).total_seconds()) > gap / 2:
        return line
    kept = slots.granted(line.slots, limit.window, first=first, gap=gap, calls=-unused)
    return replace(line, next_slot=ours_end - gave, slots=kept)


def slowed(
    line: Line, now: datetime, *, called_at: datetime, retry_after: float | None, limit: RateLimit | None
) -> Line:
    """The line after a 429: everyone waits, then goes on at half the pace, and recovers step by step.

    Several calls may be refused by one and the same overload, so a call that started before the last slow-down does not
    slow the line again.
    """
    spacing = limit.spacing if limit else 1.0
    pause = retry_after if retry_after is not None else max(2.0, spacing)
    until = now + timedelta(seconds=pause)
    known = line.slowed_at is not None and called_at <= line.slowed_at
    stretch = line.stretch if known else min(_SLOWEST, line.stretch * 2)
    return replace(
        line,
        stretch=stretch,
        slowed_at=line.slowed_at if known else now,
        next_slot=max(line.next_slot, until),
        paused_until=max(line.paused_until or until, until),
        pause_reason=line.pause_reason if line.pause_reason not in {None, "limit"} else "limit",
        paused_since=line.paused_since or now,
    )


def failed(line: Line, now: datetime, *, whole_line: bool, fresh: bool, retry_after: float | None) -> Line:
    """The line after a failed call.

    One part may poison its call, so only *fresh* failures (of parts that had not failed before) speak against the line;
    three of them in a row, or one that says so itself (`whole_line`), pause it. Pauses double from 5 s to 60 s.
    """
    if not (fresh or whole_line or line.failures >= OUTAGE_AFTER):
        return line
    failures = max(line.failures + 1, OUTAGE_AFTER if whole_line else 0)
    if failures < OUTAGE_AFTER:
        return replace(line, failures=failures)
    pause = min(_LONGEST_PROBE_SECONDS, _PROBE_SECONDS * 2 ** min(failures - OUTAGE_AFTER, 8))
    until = now + timedelta(seconds=max(pause, retry_after or 0.0))
    return replace(
        line,
        failures=failures,
        paused_until=until,
        pause_reason="upstream",
        pause_note=None,
        paused_since=line.paused_since if line.pause_reason == "upstream" else now,
    )


def stopped(line: Line, now: datetime, *, reason: str, note: str | None = None, probe_seconds: float = 30.0) -> Line:
    """The line after a StopTheLine: nothing is failed, one call tries again every `probe_seconds`."""
    return replace(
        line,
        paused_until=now + timedelta(seconds=probe_seconds),
        pause_reason=reason,
        pause_note=note,
        paused_since=line.paused_since if line.pause_reason == reason else now,
    )


def answered(line: Line) -> Line:
    """The line after an answer: well again. The spacing recovers by itself, slot by slot."""
    return replace(line, failures=0, paused_until=None, pause_reason=None, paused_since=None, pause_note=None)
