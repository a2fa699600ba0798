"""The failures of a run by cause. Those of an ended run never change, so they are remembered: counting 50,000 items
takes 50 ms, and people open such a page again and again.
"""

from __future__ import annotations

from threading import Lock
from typing import Any, Final
from uuid import UUID

from boeing_data_hub.model.batches import Batch
from boeing_data_hub.reporting import failures
from boeing_data_hub.store.work import Work

_MOST_REMEMBERED: Final = 100


class Causes:
    """Looks them up, and remembers those of ended runs."""

    def __init__(self) -> None:
        self._known: dict[UUID, dict[str, Any]] = {}
        self._lock = Lock()

    def of(self, work: Work, batch: Batch) -> dict[str, Any]:
        """The groups of a run, as the API tells them."""
        with self._lock:
            known = self._known.get(batch.id)
        if known is not None and batch.items_gone_at is None:
            return known
        found = failures.grouped(work, batch.id)
        if batch.outcome is not None:
            with self._lock:
                if len(self._known) >= _MOST_REMEMBERED:
                    self._known.clear()
                self._known[batch.id] = found
        return found
