"""Judges which queues have a worker, and whether the scheduler runs. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from boeing_data_hub.health.conditions import NO_SCHEDULER, NO_WORKER, QUIET_WORKER, Condition

SWEEP: Final = "sweep"
"""The name under which a sweep records its heartbeat; not a queue."""

_QUIET_AFTER: Final = 4.5  # seconds; a heartbeat comes every three
_SWEPT_WITHIN: Final = 180.0  # seconds; a sweep may take a minute on a slow database


@dataclass(frozen=True, slots=True)
class WorkersSeen:
    """The workers' heartbeats.

    Attributes:
        seconds: queue → seconds since the last heartbeat of its workers; queues that never had one are absent.
        silent_after: seconds after which a worker counts as stopped (HUB_WORKER_SILENT_AFTER).
    """

    seconds: Mapping[str, float]
    silent_after: float

    def quiet(self, queue: str) -> float | None:
        """Seconds since the last heartbeat of a running worker of the queue; None if none is running."""
        seconds = self.seconds.get(queue)
        return seconds if seconds is not None and seconds < self.silent_after else None

    def serve(self, queue: str) -> bool:
        """True if a worker of the queue is running."""
        return self.quiet(queue) is not None

    def missing(self, queues: Sequence[str]) -> list[Condition]:
        """A condition for each of these queues without a worker."""
        return [NO_WORKER.found(queue) for queue in queues if not self.serve(queue)]

    def missed_heartbeats(self, queues: Collection[str]) -> Iterator[Condition]:
        """A condition for each of these queues whose worker may have stopped."""
        for queue in queues:
            seconds = self.quiet(queue)
            if seconds is not None and seconds > _QUIET_AFTER:
                yield QUIET_WORKER.found(queue, seconds=seconds, silent_after=self.silent_after)

    def no_scheduler(self) -> Condition | None:
        """The condition that no sweep runs; None if one ran recently."""
        seconds = self.seconds.get(SWEEP)
        return (
            NO_SCHEDULER.found("default")
            if seconds is None or seconds > max(self.silent_after, _SWEPT_WITHIN)
            else None
        )
