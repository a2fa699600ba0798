"""Works on a stage one time slice after the other, and sends the worker's heartbeat."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from threading import BoundedSemaphore, Event, Thread
from typing import Any

import structlog

from boeing_data_hub import __version__
from boeing_data_hub.app import Hub
from boeing_data_hub.clock import monotonic
from boeing_data_hub.liveness import Liveness
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work import leases, workers
from boeing_data_hub.work.time_slice import TimeSlice

log = structlog.get_logger(__name__)

_PULSE_SECONDS = 3.0


class Crew:
    """The stages of one worker process.

    Args:
        hub: what does the work.
        places: stage → maximum threads; further wake-ups for it end at once, so that one stage
            never takes another's threads.
        liveness: signalled with each heartbeat.
    """

    def __init__(self, hub: Hub, places: Mapping[Stage, int], liveness: Liveness) -> None:
        self.hub = hub
        self._liveness = liveness
        self.stopping = Event()
        self._left = Event()
        self._places = {stage: BoundedSemaphore(count) for stage, count in places.items()}
        self._broom = BoundedSemaphore(1)
        self._pulse: Thread | None = None

    def work(self, stage: Stage) -> int:
        """Work on a stage until nothing is due or the time slice ends. Returns how much was done."""
        place = self._places.get(stage)
        if place is None or not place.acquire(blocking=False):
            return 0
        done = 0
        try:
            while True:
                time_slice = TimeSlice(self.stopping)
                done += self._stage(stage).work(time_slice)
                # Without the broker no wake-up would come, so keep the thread.
                if not time_slice.is_over or self.hub.wake_ups.send(stage):
                    return done
        finally:
            place.release()

    def tidy(self) -> int:
        """Do some housekeeping, in one thread at a time so that sweeps continue. Returns how much was done."""
        if not self._broom.acquire(blocking=False):
            return 0
        try:
            return self.hub.upkeep.turn(TimeSlice(self.stopping))
        finally:
            self._broom.release()

    def _stage(self, stage: Stage) -> Any:
        if stage is Stage.PUBLISHING:
            return self.hub.shop.publishing
        return self.hub.extraction if stage is Stage.EXTRACTION else self.hub.normalization

    def start_pulse(self, queues: Sequence[str]) -> None:
        """Start the heartbeat, which also renews the leases of this worker."""
        self._pulse = Thread(target=self._beat, args=[list(queues)], name="pulse", daemon=True)
        self._pulse.start()

    def _beat(self, queues: list[str]) -> None:
        seconds = min(_PULSE_SECONDS, self.hub.settings.hub_lease_seconds / 3)
        host, pid = socket.gethostname(), os.getpid()
        failing = ""
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
                failing = ""
            except Exception as error:  # noqa: BLE001 - the pulse must outlive any outage
                code = str(getattr(error, "code", type(error).__name__))
                if code != failing:  # log an outage once
                    log.warning("the heartbeat could not be written", error=code)
                failing = code
            self._liveness.alive()  # a database outage is no reason to restart this process
            if self._left.wait(seconds):  # not with the work: the last call's lease must hold until it is saved
                return

    def stop(self) -> None:
        """Stop running tasks after their current step."""
        self.stopping.set()

    def leave(self) -> None:
        """Remove this worker from the list and close its connections."""
        self.stopping.set()
        self._left.set()
        if self._pulse is not None:
            self._pulse.join(timeout=5)
        try:
            self.hub.database.run(lambda work: workers.leave(work, self.hub.owner), patience=0.5)
        except Exception as error:  # noqa: BLE001 - we are leaving anyway; silence will tell the others
            log.warning("could not sign off", error=type(error).__name__)
        self.hub.close()
