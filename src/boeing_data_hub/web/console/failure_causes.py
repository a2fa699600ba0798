"""The failures of a run by cause. Those of a finished run never change, so they are cached: counting 50,000 items takes
50 ms, and people open such a page repeatedly.
"""

from __future__ import annotations

from threading import Lock
from typing import Final
from uuid import UUID

from boeing_data_hub.batches import failure_groups
from boeing_data_hub.batches.failure_groups import Failures
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.work.batch import Batch

_MOST_CACHED: Final = 100


class Causes:
    """Reads them, and caches those of finished runs."""

    def __init__(self) -> None:
        self._known: dict[UUID, Failures] = {}
        self._lock = Lock()

    def of(self, work: Work, batch: Batch) -> Failures:
        """The failures of a run as the API returns them; `keep` caches them once the transaction has ended."""
        with self._lock:
            known = self._known.get(batch.id)
        if known is not None and batch.items_gone_at is None:
            return known
        return failure_groups.grouped(work, batch.id)

    def keep(self, batch: Batch, found: Failures) -> None:
        """Cache what `of` returned, if the run has ended."""
        if batch.outcome is None:
            return
        with self._lock:
            if len(self._known) >= _MOST_CACHED:
                self._known.clear()
            self._known[batch.id] = found
