"""How much waits for a person: open conflicts, orphans, plans. The count in the navigation, looked up now and then."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Final

from boeing_data_hub.clock import monotonic
from boeing_data_hub.hub import Hub
from boeing_data_hub.store import orphans, plans, sightings
from boeing_data_hub.store.work import Work

_REMEMBERED: Final = 3.0  # seconds


@dataclass(frozen=True, slots=True)
class Counts:
    """What waits for a decision."""

    conflicts: int
    orphans: int
    plans: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.conflicts + self.orphans + self.plans


def counts(work: Work) -> Counts:
    """By index look-ups."""
    return Counts(sightings.open_conflicts(work), orphans.count_due(work), plans.count_waiting(work))


class Waiting:
    """Remembers the count for a moment, for it stands on every page."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._lock = Lock()
        self._known = 0
        self._until = 0.0

    def total(self) -> int:
        """The count."""
        with self._lock:
            if monotonic() < self._until:
                return self._known
        found = self._hub.database.run(counts, hurry=True).total
        with self._lock:
            self._known, self._until = found, monotonic() + _REMEMBERED
        return found

    def forget(self) -> None:
        """Something was decided just now: look again."""
        with self._lock:
            self._until = 0.0
