"""The pace of an upstream: spaces the starts of calls so that no sliding window contains more than the limit.

Pure; `pacing.py` keeps the state in Postgres. Calls are spaced instead of bunched: a limiter
that lets a burst of B through admits up to limit + B - 1 calls in some window, and a small batch would wait a whole
window behind a burst.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.work import slots
from boeing_data_hub.work.rate_limit import RateLimit

_SLOWEST = 8.0  # maximum stretch of the spacing after 429 responses
_RECOVERY = 0.6  # each granted slot brings the spacing two fifths of the way back: from the slowest in ten slots
_PROBE = RetryPolicy(first=5.0, longest=60.0)  # seconds between probes of a paused upstream
QUOTA_SECONDS = 120.0
"""Waits longer than this, in seconds, are probed now and then, and people see when they end."""
KNOCK_SECONDS = 1200.0
"""Seconds between probes during such a long wait: three an hour."""
FRUITLESS_AFTER = 12
"""Consecutive failed calls, for any parts, after which the upstream pauses: more than isolating one part takes."""
OUTAGE_AFTER = 3  # consecutive failures of fresh calls that mean the upstream is down


@dataclass(frozen=True, slots=True)
class UpstreamPace:
    """The shared state of one upstream.

    Attributes:
        next_slot: earliest start of the next call.
        stretch: factor of the spacing; above 1 after a 429.
        slowed_at: when it was last stretched.
        paused_until: no calls before this time.
        pause_reason: `limit`, `upstream`, `credentials` or another error's code; None if the upstream works.
        pause_note: details of the pause for people; None if the reason says it all.
        paused_since: start of the pause.
        failures: consecutive failures of fresh calls.
        slots: recently granted slots, see `work/slots.py`.
        fruitless: consecutive calls without a result, for any parts.
        accepted_at: when a call was last accepted; recorded only while the upstream has problems.
        back_at: when the server says it allows calls again; it is probed before, see `slowed`.
        words: the server's message, if any.
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
    fruitless: int = 0
    accepted_at: datetime | None = None
    back_at: datetime | None = None
    words: str | None = None

    @property
    def is_unwell(self) -> bool:
        """True if the next answer must be recorded."""
        return bool(self.failures or self.fruitless or self.pause_reason)

    @property
    def open_again(self) -> datetime | None:
        """When calls are expected to resume; None if the upstream is not paused."""
        return max(filter(None, (self.paused_until, self.back_at)), default=None)

    def is_paused(self, now: datetime) -> bool:
        """True if no calls are allowed at this time."""
        return self.paused_until is not None and self.paused_until > now


@dataclass(frozen=True, slots=True)
class Grant:
    """The result of a reservation.

    Attributes:
        calls: how many calls may start; 0 when the first is further away than was asked for.
        wait: seconds until the first (or until the next attempt to reserve).
        gap: seconds between two calls.
        probe: this call tests whether the upstream works again.
        unwell: calls failed recently, so the next answer must be recorded.
    """

    calls: int
    wait: float
    gap: float
    probe: bool = False
    unwell: bool = False


def reserve(
    pace: UpstreamPace, limit: RateLimit | None, now: datetime, *, wanted: int, horizon: float
) -> tuple[UpstreamPace, Grant]:
    """Reserve up to `wanted` slots that begin within `horizon` seconds from now.

    With `pause_reason` set it grants one slot at a time, so that one call probes while the others wait.

    Returns:
        The upstream's next state (unchanged if nothing is granted), and the grant.
    """
    spacing = limit.spacing if limit else 0.0
    gap = spacing * pace.stretch
    first = max(now, pace.next_slot) if limit else now
    if pace.paused_until is not None:
        first = max(first, pace.paused_until)
    wait = (first - now).total_seconds()
    if wait > horizon:
        return pace, Grant(0, wait, gap)
    if pace.pause_reason is not None:
        wanted = 1
    calls = wanted if gap <= 0 else min(wanted, 1 + int((horizon - wait) / gap))
    following = first + timedelta(seconds=max(gap * calls, 0.0))
    calmer = max(1.0, 1.0 + (pace.stretch - 1.0) * _RECOVERY**calls)
    after = replace(pace, next_slot=following, stretch=calmer if calmer > 1.05 else 1.0)  # noqa: PLR2004 - near enough to 1
    if limit is not None:
        after = replace(after, slots=slots.granted(pace.slots, limit.window, first=first, gap=gap, calls=calls))
    if pace.pause_reason is not None:
        # The others wait for the probe's outcome. If its process dies, another probe follows after this time.
        after = replace(after, paused_until=first + timedelta(seconds=_PROBE.first))
    return after, Grant(calls, wait, gap, probe=pace.pause_reason is not None, unwell=pace.is_unwell)


def give_back(pace: UpstreamPace, limit: RateLimit | None, *, first: datetime, gap: float, unused: int) -> UpstreamPace:
    """Return the last `unused` slots of a grant, unless later ones have been reserved; lost slots are safe."""
    if limit is None or unused <= 0:
        return pace
    ours_end = pace.next_slot
    gave = timedelta(seconds=gap * unused)
    if abs((ours_end - gave - first).total_seconds()) > gap / 2:
        return pace
    kept = slots.granted(pace.slots, limit.window, first=first, gap=gap, calls=-unused)
    return replace(pace, next_slot=ours_end - gave, slots=kept)


def slowed(
    pace: UpstreamPace,
    now: datetime,
    *,
    called_at: datetime,
    retry_after: float | None,
    limit: RateLimit | None,
    words: str = "",
) -> UpstreamPace:
    """The upstream's state after a 429: all wait, then continue at half the pace, and recover step by step.

    One overload may reject several calls, so a call that started before the last slow-down does not
    slow it again. Repeated rejections without an answer in between lengthen the wait.

    A wait of more than two minutes means a used-up quota that returns at a certain time. Until then one call
    probes every twenty minutes, in case it returns earlier.
    """
    spacing = limit.spacing if limit else 1.0
    known = pace.slowed_at is not None and called_at <= pace.slowed_at
    in_a_row = pace.fruitless if known else pace.fruitless + 1
    retry = RetryPolicy(first=max(2.0, spacing), longest=KNOCK_SECONDS)
    if retry_after is None:
        pause = retry.wait(in_a_row)
    else:  # three consecutive rejections are normal, so the server's own wait is enough
        pause = retry.wait(in_a_row - 3, asked=retry_after) if in_a_row > 3 else retry_after  # noqa: PLR2004
    is_quota = retry_after is not None and retry_after > QUOTA_SECONDS
    until = now + timedelta(seconds=min(pause, KNOCK_SECONDS) if is_quota else pause)
    stretch = pace.stretch if known or is_quota else min(_SLOWEST, pace.stretch * 2)
    return replace(
        pace,
        stretch=stretch,
        slowed_at=pace.slowed_at if known else now,
        next_slot=max(pace.next_slot, until),
        paused_until=until if is_quota else max(pace.paused_until or until, until),
        pause_reason=pace.pause_reason if pace.pause_reason not in {None, "limit"} and not is_quota else "limit",
        paused_since=pace.paused_since or now,
        fruitless=in_a_row,
        back_at=now + timedelta(seconds=pause) if is_quota else None,
        words=words or None,
    )


def failed(
    pace: UpstreamPace, now: datetime, *, whole_line: bool, fresh: bool, retry_after: float | None, words: str = ""
) -> UpstreamPace:
    """The upstream's state after a failed call.

    A single part may make its call fail, so only *fresh* failures (of parts without earlier failures) count against it;
    three consecutive ones, or one with `whole_line`, pause it. So do `FRUITLESS_AFTER` consecutive failures of any
    parts: a pause costs nothing if nothing is answered. Pauses double from 5 s to 60 s.
    """
    in_a_row = pace.fruitless + 1
    counts = fresh or whole_line or pace.failures >= OUTAGE_AFTER
    failures = max(pace.failures + (1 if counts else 0), OUTAGE_AFTER if whole_line else 0)
    if failures < OUTAGE_AFTER and in_a_row >= FRUITLESS_AFTER:
        failures = OUTAGE_AFTER
    if failures < OUTAGE_AFTER or not (counts or in_a_row >= FRUITLESS_AFTER):
        return replace(pace, failures=failures, fruitless=in_a_row)
    pause = _PROBE.wait(failures - OUTAGE_AFTER + 1)
    is_long = retry_after is not None and retry_after > QUOTA_SECONDS
    until = now + timedelta(seconds=max(pause, min(retry_after or 0.0, KNOCK_SECONDS)))
    return replace(
        pace,
        failures=failures,
        fruitless=in_a_row,
        paused_until=until,
        pause_reason="upstream",
        pause_note=None,
        paused_since=pace.paused_since if pace.pause_reason == "upstream" else now,
        back_at=now + timedelta(seconds=retry_after) if is_long and retry_after is not None else None,
        words=words or None,
    )


def stopped(
    pace: UpstreamPace, now: datetime, *, reason: str, note: str | None = None, probe_seconds: float = 30.0
) -> UpstreamPace:
    """The upstream's state after a PauseUpstream: no item fails, and one call probes every `probe_seconds`."""
    return replace(
        pace,
        paused_until=now + timedelta(seconds=probe_seconds),
        pause_reason=reason,
        pause_note=note,
        paused_since=pace.paused_since if pace.pause_reason == reason else now,
        back_at=None,
        words=None,
    )


def answered(pace: UpstreamPace, now: datetime | None = None) -> UpstreamPace:
    """The upstream's state after an answer: it works again. The spacing recovers slot by slot.

    `now` is recorded as the time of the answer, a witness for parts rejected before.
    """
    return replace(
        pace,
        failures=0,
        fruitless=0,
        paused_until=None,
        pause_reason=None,
        paused_since=None,
        pause_note=None,
        back_at=None,
        words=None,
        accepted_at=now or pace.accepted_at,
    )
