"""Rate-limit slots, shared through Postgres by every process that calls an upstream.

Exact for any number of workers and hosts, and independent of Redis. The rules are in `work/rates.py`;
this module keeps their state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import Complaint, PauseUpstream, RateLimited, Reject, Retry
from boeing_data_hub.work import manual_pauses, rates, refusals, upstreams
from boeing_data_hub.work.rate_limit import RateLimit
from boeing_data_hub.work.rates import UpstreamPace
from boeing_data_hub.work.refusals import Finding, Refused

_LOOK_AGAIN = 2.0  # seconds after which a call that a person has paused asks again


@dataclass(frozen=True, slots=True)
class Slots:
    """A reservation, in this process's monotonic time.

    Attributes:
        calls: how many calls may start; 0: none yet, ask again after `wait`.
        wait: seconds to wait when `calls` is 0.
        first_at: monotonic time of the first slot, never too early.
        surely_before: earliest monotonic time at which the slot may have begun (the query's start plus the wait).
        gap: seconds between slots.
        probe: this is the one call allowed while the upstream is paused.
        unwell: calls failed recently, so report the next answer with `Pacing.answered`.
    """

    calls: int
    wait: float
    first_at: float
    surely_before: float
    gap: float
    probe: bool
    unwell: bool = False


class Pacing:
    """The shared state of one upstream.

    Args:
        database: keeps the state.
        upstream: its name, `boeing` or `shopify`.
        limit: calls per window, None for unlimited.
        probe_seconds: seconds between probes while the upstream is stopped.
    """

    def __init__(
        self, database: Database, upstream: str, limit: RateLimit | None, *, probe_seconds: float = 30.0
    ) -> None:
        self._database = database
        self._upstream = upstream
        self._probe_seconds = probe_seconds
        self.limit = limit

    def reserve(self, *, wanted: int, horizon: float) -> Slots:
        """Reserve up to `wanted` slots that begin within `horizon` seconds. Unused slots are lost, which is safe."""
        asked_at = monotonic()

        def step(work: Work) -> rates.Grant:
            by_hand = manual_pauses.OF_UPSTREAM.get(self._upstream)
            if by_hand is not None and manual_pauses.is_paused(work, by_hand):
                return rates.Grant(0, horizon + _LOOK_AGAIN, 0.0)
            pace, now = upstreams.hold(work, self._upstream)
            after, grant = rates.reserve(pace, self.limit, now, wanted=wanted, horizon=horizon)
            if after != pace:
                upstreams.save(work, self._upstream, after)
            return grant

        grant = self._database.run(step, patience=20)
        return Slots(
            grant.calls,
            grant.wait,
            monotonic() + grant.wait,
            asked_at + grant.wait,
            grant.gap,
            grant.probe,
            grant.unwell,
        )

    def late(self, slots: Slots, number: int) -> bool:
        """True if slot `number` passed so long ago that using it might exceed the limit as the server counts it.

        Half of the margin is reserved for the transit.
        """
        if self.limit is None:
            return False
        return monotonic() - (slots.surely_before + number * slots.gap) > self.limit.margin / 2

    def give_back(self, slots: Slots, unused: int) -> None:
        """Return the last `unused` slots of a grant, unless later slots have been reserved since."""
        if self.limit is None or unused <= 0:
            return
        ahead = slots.first_at - monotonic()

        def step(work: Work) -> None:
            pace, now = upstreams.hold(work, self._upstream)
            first = now + timedelta(seconds=ahead + slots.gap * (slots.calls - unused))
            after = rates.give_back(pace, self.limit, first=first, gap=slots.gap, unused=unused)
            if after != pace:
                upstreams.save(work, self._upstream, after)

        self._database.run(step, patience=5)

    def answered(self) -> None:
        """Record an answer: the upstream works."""
        self._change(rates.answered)

    def refused(self, error: Reject | Complaint, *, what: Refused, called_at: float) -> Finding:
        """Record a rejected call, and decide whether its parts or the upstream are the cause.

        Args:
            error: what the client raised.
            what: the call; its `called_at` is filled in here.
            called_at: monotonic time of its start.
        """
        ago = timedelta(seconds=monotonic() - called_at)

        def step(work: Work) -> Finding:
            pace, now = upstreams.hold(work, self._upstream)
            judged = replace(what, called_at=now - ago)
            after, finding = refusals.judge(pace, now, judged, note=_note(error), words=error.words)
            if after != pace:
                upstreams.save(work, self._upstream, after)
            return finding

        return self._database.run(step, patience=20)

    def failed(self, error: Retry | PauseUpstream, *, fresh: bool, called_at: float, control: bool = False) -> bool:
        """Record a failed call: slow down, pause or stop the upstream by the error's class. True if it is now paused.

        Args:
            error: what the client raised.
            fresh: True if none of its parts had failed before.
            called_at: monotonic time of the call's start.
            control: it asked for a part known to be accepted, so that no part can be the cause.
        """
        if isinstance(error, PauseUpstream):
            return self._change(
                lambda pace, now: rates.stopped(
                    pace, now, reason=_reason(error), note=error.message, probe_seconds=self._probe_seconds
                )
            )
        ago = timedelta(seconds=monotonic() - called_at)
        after, words = error.retry_after, error.words
        if isinstance(error, RateLimited):
            return self._change(
                lambda pace, now: rates.slowed(
                    pace, now, called_at=now - ago, retry_after=after, limit=self.limit, words=words
                )
            )
        return self._change(
            lambda pace, now: rates.failed(
                pace, now, whole_line=error.whole_line or control, fresh=fresh, retry_after=after, words=words
            )
        )

    def _change(self, rule: Callable[[UpstreamPace, datetime], UpstreamPace]) -> bool:
        def step(work: Work) -> bool:
            pace, now = upstreams.hold(work, self._upstream)
            after = rule(pace, now)
            if after != pace:
                upstreams.save(work, self._upstream, after)
            return after.pause_reason is not None

        return self._database.run(step, patience=20)


def _note(error: Reject | Complaint) -> str:
    if isinstance(error, Complaint):
        return "Boeing answers every request with an error message and no result. No part has failed."
    return "Boeing rejects every request of this account. No part has failed. Ask Boeing whether the account is active."


def _reason(error: PauseUpstream) -> str:
    """The pause reason: `credentials` for Boeing's, or else the error's code."""
    return "credentials" if error.code.startswith("boeing") or error.code == "stopped" else error.code
