"""The number of decisions that wait for a person, in the navigation: conflicts, leftover products, plans, images,
held changes, a plan to link existing products.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Final

from boeing_data_hub.app import Hub
from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify import adoption_rows, conflict_rows, media_check_rows, plans, reviews
from boeing_data_hub.shopify import leftover_products as orphans

_REMEMBERED: Final = 3.0  # seconds
_MOST_COUNTED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Counts:
    """Decisions that wait, by kind."""

    conflicts: int
    orphans: int
    plans: int
    pictures: int = 0
    held: int = 0
    adoptions: int = 0

    @property
    def total(self) -> int:
        """Their sum."""
        return self.conflicts + self.orphans + self.plans + self.pictures + self.held + self.adoptions


def counts(work: Work) -> Counts:
    """Count them, by index look-ups."""
    return Counts(
        conflict_rows.count_open(work),
        orphans.count_due(work),
        plans.count_waiting(work),
        media_check_rows.count_given_up(work),
        reviews.count_open(work, most=_MOST_COUNTED),
        int(adoption_rows.waiting(work) is not None),
    )


class Waiting:
    """Caches the sum for three seconds, because every page shows it."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._lock = Lock()
        self._known = 0
        self._until = 0.0

    def total(self) -> int:
        """The sum, at most three seconds old."""
        with self._lock:
            if monotonic() < self._until:
                return self._known
        found = self._hub.database.run(counts, hurry=True).total
        with self._lock:
            self._known, self._until = found, monotonic() + _REMEMBERED
        return found

    def forget(self) -> None:
        """Count again: something was decided just now."""
        with self._lock:
            self._until = 0.0
