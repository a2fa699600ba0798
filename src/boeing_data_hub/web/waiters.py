"""Requests that wait for their batch: only a few at a time, and only if the batch can end in time.

A waiting request holds one of the API's threads. At two Boeing calls a minute most waits would be in vain, so a request
only waits if the next call can end its batch in time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from threading import BoundedSemaphore
from typing import Final, TypeVar
from uuid import UUID

from boeing_data_hub.app import Hub
from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.health.batch_status import status_of
from boeing_data_hub.web.api.batch_status import Links, Unfinished
from boeing_data_hub.work import batches
from boeing_data_hub.work.batch import Batch

U = TypeVar("U", bound=Unfinished)

MOST_WAITING: Final = 16
"""Maximum waiting requests of one process, because the rest of the API needs threads, too."""

_LOOK_EVERY: Final = 0.1  # seconds
_SITUATION_EVERY: Final = 1.0  # seconds, because a check takes several look-ups


class Waiters:
    """The places for waiting requests in one process."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._places = BoundedSemaphore(most)

    def wait_for(self, hub: Hub, batch: Batch, *, seconds: float, has_ended: Callable[[Batch], bool]) -> Batch:
        """The batch at its end, or its current state if waiting longer is in vain or not possible.

        Args:
            hub: this process's hub.
            batch: the batch to wait for.
            seconds: maximum wait.
            has_ended: decides if a batch counts as ended.
        """
        now = _now(hub, batch)
        if has_ended(now) or seconds <= 0 or not self._places.acquire(blocking=False):
            return now
        try:
            deadline = monotonic() + seconds
            looked = 0.0
            while not has_ended(now) and (left := deadline - monotonic()) > 0:
                if monotonic() - looked >= _SITUATION_EVERY:
                    looked = monotonic()
                    if _is_in_vain(hub, now, left):
                        break
                time.sleep(min(_LOOK_EVERY, left))
                now = _now(hub, batch)
        finally:
            self._places.release()
        return now


def unfinished(kind: type[U], hub: Hub, batch: Batch, *, known: object, look_at: str, **more: object) -> U:
    """The answer to a request whose batch has not ended: its status, what is known meanwhile, and where to look next.

    Args:
        kind: the answer's model.
        hub: this process's hub.
        batch: the running batch.
        known: an earlier answer with its age, or None.
        look_at: the address of the batch's result.
        more: the fields that only this kind has.
    """
    status = hub.database.run(lambda work: status_of(batch, hub.live.situation(work)))
    links = Links(batch=f"/api/batches/{batch.id}", events=f"/api/batches/{batch.id}/events", result=look_at)
    return kind.model_validate({**dict(status), "batch_id": batch.id, "known": known, "links": links, **more})


def _now(hub: Hub, batch: Batch) -> Batch:
    wanted: UUID = batch.id
    return hub.database.run(lambda work: batches.get(work, wanted)) or batch


def _is_in_vain(hub: Hub, batch: Batch, left: float) -> bool:
    """True if the batch's current obstacle lasts longer than the wait."""

    def step(work: Work) -> bool:
        situation = hub.live.situation(work)
        waits = situation.waiting_for(batch)
        until = waits.until if waits else None
        return until is not None and until - situation.now > timedelta(seconds=left)

    return hub.database.run(step)
