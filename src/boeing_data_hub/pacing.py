"""Shared reservations: every process that calls an outside line reserves its slots here, in Postgres.

Exact over any number of workers and hosts, and untouched when Redis loses its data. The rules are in `model/rates.py`;
this is their memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import RateLimited, Retry, StopTheLine
from boeing_data_hub.model import rates
from boeing_data_hub.model.rates import Line, RateLimit
from boeing_data_hub.store import line as line_store
from boeing_data_hub.store.work import Database, Work

_LONGEST_PAUSE = 120.0  # seconds; after that one call probes, and waits again if it is told to


class KeepGoing(Protocol):
    """Tells a long-running step when to end."""

    def __call__(self) -> bool:
        """Whether to go on."""
        ...

    def wait(self, seconds: float) -> bool:
        """Sleep; False as soon as it is time to end."""
        ...


@dataclass(frozen=True, slots=True)
class Slots:
    """A granted reservation, in this process's monotonic time.

    Attributes:
        calls: how many calls may start; 0: none yet, ask again after `wait`.
        wait: seconds to wait when `calls` is 0.
        first_at: monotonic moment of the first slot, never before the slot itself.
        surely_before: monotonic moment at which the slot may in truth have begun (the query's start plus the wait).
        gap: seconds between slots.
        probe: this is the one call that may go although the line is paused.
    """

    calls: int
    wait: float
    first_at: float
    surely_before: float
    gap: float
    probe: bool


class Pacing:
    """The door to one line's shared state.

    Args:
        database: where the state lives.
        line: the line's name, `boeing` or `shopify`.
        limit: calls per window, None for unlimited.
        probe_seconds: how long a stopped line waits before one call tries again.
    """

    def __init__(self, database: Database, line: str, limit: RateLimit | None, *, probe_seconds: float = 30.0) -> None:
        self._database = database
        self._line = line
        self._probe_seconds = probe_seconds
        self.limit = limit

    def reserve(self, *, wanted: int, horizon: float) -> Slots:
        """Reserve up to `wanted` slots beginning within `horizon` seconds. A slot not used is lost, which is safe."""
        asked_at = monotonic()

        def step(work: Work) -> rates.Grant:
            line, now = line_store.hold(work, self._line)
            after, grant = rates.reserve(line, self.limit, now, wanted=wanted, horizon=horizon)
            if after != line:
                line_store.save(work, self._line, after)
            return grant

        grant = self._database.run(step, patience=20)
        return Slots(grant.calls, grant.wait, monotonic() + grant.wait, asked_at + grant.wait, grant.gap, grant.probe)

    def late(self, slots: Slots, number: int) -> bool:
        """Whether slot `number` of a grant has passed so long ago that using it might break a window at the other side.

        Half the margin is left to the way there.
        """
        if self.limit is None:
            return False
        return monotonic() - (slots.surely_before + number * slots.gap) > self.limit.margin / 2

    def give_back(self, slots: Slots, unused: int) -> None:
        """Return the last `unused` slots of a grant, if nobody reserved after them."""
        if self.limit is None or unused <= 0:
            return
        ahead = slots.first_at - monotonic()

        def step(work: Work) -> None:
            line, now = line_store.hold(work, self._line)
            first = now + timedelta(seconds=ahead + slots.gap * (slots.calls - unused))
            after = rates.give_back(line, self.limit, first=first, gap=slots.gap, unused=unused)
            if after != line:
                line_store.save(work, self._line, after)

        self._database.run(step, patience=5)

    def answered(self) -> None:
        """An answer came: the line is well."""
        self._change(lambda line, _now: rates.answered(line))

    def failed(self, error: Retry | StopTheLine, *, fresh: bool, called_at: float) -> None:
        """A call failed: slow down, pause or stop the line as the error's class says.

        Args:
            error: what the client raised.
            fresh: whether none of its parts had failed before.
            called_at: monotonic moment at which the call started.
        """
        if isinstance(error, StopTheLine):
            self._change(
                lambda line, now: rates.stopped(
                    line, now, reason=_reason(error), note=error.message, probe_seconds=self._probe_seconds
                )
            )
            return
        ago = timedelta(seconds=monotonic() - called_at)
        after = min(error.retry_after, _LONGEST_PAUSE) if error.retry_after is not None else None
        if isinstance(error, RateLimited):
            self._change(
                lambda line, now: rates.slowed(line, now, called_at=now - ago, retry_after=after, limit=self.limit)
            )
        else:
            self._change(
                lambda line, now: rates.failed(line, now, whole_line=error.whole_line, fresh=fresh, retry_after=after)
            )

    def _change(self, rule: Callable[[Line, datetime], Line]) -> None:
        def step(work: Work) -> None:
            line, now = line_store.hold(work, self._line)
            after = rule(line, now)
            if after != line:
                line_store.save(work, self._line, after)

        self._database.run(step, patience=20)


def _reason(error: StopTheLine) -> str:
    """Credentials are refused at Boeing; what else stops a line goes by its own name."""
    return "credentials" if error.code.startswith("boeing") or error.code == "stopped" else error.code
