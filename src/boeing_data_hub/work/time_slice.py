"""How long a worker works on a stage before it looks at what else there is to do."""

from __future__ import annotations

from threading import Event
from typing import Final

from boeing_data_hub.clock import monotonic

_SECONDS: Final = 15.0


class TimeSlice:
    """Tells a stage when to stop: at the end of its time, or when the process stops."""

    def __init__(self, stopping: Event, seconds: float = _SECONDS) -> None:
        self._stopping = stopping
        self._until = monotonic() + seconds

    def __call__(self) -> bool:
        """True while the stage may continue."""
        return not self._stopping.is_set() and not self.is_over

    def wait(self, seconds: float) -> bool:
        """Sleep. Returns False as soon as the process stops; the end of the time slice does not interrupt it."""
        return not self._stopping.wait(seconds)

    @property
    def is_over(self) -> bool:
        """True after the time slice's end."""
        return monotonic() >= self._until
