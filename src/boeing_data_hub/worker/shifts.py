"""A shift is how long one task works before it makes room. Here too: the pulse that shows a worker lives."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from threading import BoundedSemaphore, Event, Thread
from typing import Any

import structlog

from boeing_data_hub import __version__
from boeing_data_hub.clock import monotonic
from boeing_data_hub.hub import Hub
from boeing_data_hub.model.states import Stage
from boeing_data_hub.store import leases, workers
from boeing_data_hub.vitals import Vitals

log = structlog.get_logger(__name__)

_SHIFT_SECONDS = 15.0
_PULSE_SECONDS = 3.0


class Shift:
    """Tells a stage when to end: when the process stops, or when the time is over."""

    def __init__(self, stopping: Event, seconds: float = _SHIFT_SECONDS) -> None:
        self._stopping = stopping
        self._until = monotonic() + seconds

    def __call__(self) -> bool:
        """Whether to go on."""
        return not self._stopping.is_set() and not self.is_over

    def wait(self, seconds: float) -> bool:
        """Sleep; False as soon as the process stops. The end of the time does not cut a sleep short."""
        return not self._stopping.wait(seconds)

    @property
    def is_over(self) -> bool:
        """Whether the time is over."""
        return monotonic() >= self._until


class Crew:
    """The stages of one worker process.

    Args:
        hub: what does the work.
        places: stage → how many threads may work on it at once; further hints for it end at once, so that one stage
            never takes the threads of another.
        vitals: told with each pulse that the process lives; a pulse that hangs says nothing.
    """

    def __init__(self, hub: Hub, places: dict[Stage, int], vitals: Vitals) -> None:
        self.hub = hub
        self._vitals = vitals
        self.stopping = Event()
        self._left = Event()
        self._places = {stage: BoundedSemaphore(count) for stage, count in places.items()}
        self._broom = BoundedSemaphore(1)
        self._pulse: Thread | None = None

    def work(self, stage: Stage) -> int:
        """Work on a stage until nothing is due; then, or after a shift, make room. Returns how much was done."""
        place = self._places.get(stage)
        if place is None or not place.acquire(blocking=False):
            return 0
        done = 0
        try:
            while True:
                shift = Shift(self.stopping)
                done += self._stage(stage).work(shift)
                # Without a broker nobody would wake us again, so then we stay.
                if not shift.is_over or self.hub.hints.send(stage):
                    return done
        finally:
            place.release()

    def tidy(self) -> int:
        """Do a little housekeeping, one thread at a time, so that sweeps go on meanwhile. Returns how much was done."""
        if not self._broom.acquire(blocking=False):
            return 0
        try:
            return self.hub.household.turn(Shift(self.stopping))
        finally:
            self._broom.release()

    def _stage(self, stage: Stage) -> Any:
        if stage is Stage.PUBLISHING:
            return self.hub.shop.publishing
        return self.hub.extraction if stage is Stage.EXTRACTION else self.hub.normalization

    def start_pulse(self, queues: Sequence[str]) -> None:
        """Say every few seconds that this worker lives, and renew the leases it works under."""
        self._pulse = Thread(target=self._beat, args=[list(queues)], name="pulse", daemon=True)
        self._pulse.start()

    def _beat(self, queues: list[str]) -> None:
        seconds = min(_PULSE_SECONDS, self.hub.settings.hub_lease_seconds / 3)
        host, pid = socket.gethostname(), os.getpid()
        while True:
            try:
                self.hub.database.run(
                    lambda work: workers.pulse(
                        work, self.hub.owner, queues=queues, host=host, pid=pid, version=__version__
                    )
                )
                if held := self.hub.held.now():
                    asked_at = monotonic()
                    there = self.hub.database.run(
                        lambda work, held=held: leases.renew(work, held, seconds=self.hub.settings.hub_lease_seconds)
                    )
                    self.hub.held.renewed(there, asked_at=asked_at)
            except Exception as error:  # noqa: BLE001 - the pulse must outlive any outage
                log.warning("no pulse could be written", error=type(error).__name__)
            self._vitals.alive()  # a database that does not answer is no reason to start us again
            if self._left.wait(seconds):  # not as soon as we stop: the last call's lease must hold until it is saved
                return

    def stop(self) -> None:
        """Let running shifts end after the step they are in."""
        self.stopping.set()

    def leave(self) -> None:
        """Take this worker off the list and close what it opened."""
        self.stopping.set()
        self._left.set()
        if self._pulse is not None:
            self._pulse.join(timeout=5)
        try:
            self.hub.database.run(lambda work: workers.leave(work, self.hub.owner), patience=0.5)
        except Exception as error:  # noqa: BLE001 - we are leaving anyway; silence will tell the others
            log.warning("could not sign off", error=type(error).__name__)
        self.hub.close()
