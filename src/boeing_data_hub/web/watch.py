"""Live events: one poller per process looks at all watched batches once a second, however many people watch.

The one asynchronous room of the house: a thread per open page would be dear.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

import structlog
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool

from boeing_data_hub.hub import Hub
from boeing_data_hub.model.batches import Batch
from boeing_data_hub.reporting.live import status_document
from boeing_data_hub.store import batches
from boeing_data_hub.store.work import Work

log = structlog.get_logger(__name__)

_LOOK_EVERY = 1.0  # seconds


class Watch:
    """Tells watchers what changed.

    Args:
        hub: where to look.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        # Each watcher's queue, and what it was told last: a newcomer is no news to the others.
        self._watchers: dict[UUID, dict[asyncio.Queue[dict[str, Any]], str]] = defaultdict(dict)
        self._poller: asyncio.Task[None] | None = None
        self._newcomer = asyncio.Event()

    async def exists(self, hub: Hub, batch_id: UUID, check: Callable[[Work, UUID], Batch]) -> None:
        """Raise NotFound before the stream begins."""
        await run_in_threadpool(hub.database.run, lambda work: check(work, batch_id))

    async def events(self, batch_id: UUID) -> AsyncIterator[dict[str, Any]]:
        """Events of one batch: `progress` now and at every change, `trouble` while we cannot see, `done` at the end."""
        mine: asyncio.Queue[dict[str, Any]] = asyncio.Queue(maxsize=100)
        self._watchers[batch_id][mine] = ""
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll())
        self._newcomer.set()
        try:
            while True:
                event = await mine.get()
                yield event
                if event["event"] == "done":
                    return
        finally:
            del self._watchers[batch_id][mine]
            if not self._watchers[batch_id]:
                del self._watchers[batch_id]

    async def _poll(self) -> None:
        while self._watchers:
            try:
                found = await run_in_threadpool(self._look, list(self._watchers))
            except Exception as error:  # noqa: BLE001 - watchers must hear of an outage, not be cut off
                log.warning("cannot look at batches", error=type(error).__name__)
                said = {
                    "event": "trouble",
                    "data": json.dumps({"message": "The database does not answer. Work goes on"}),
                }
                self._tell_all(said)
            else:
                for batch_id, document in found.items():
                    self._tell(batch_id, document)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._newcomer.wait(), _LOOK_EVERY)
            self._newcomer.clear()

    def _look(self, wanted: list[UUID]) -> dict[UUID, dict[str, Any]]:
        def step(work: Work) -> dict[UUID, dict[str, Any]]:
            situation = self._hub.live.situation(work)
            return {b.id: status_document(b, situation) for b in batches.get_many(work, wanted)}

        return self._hub.database.run(step)

    def _tell(self, batch_id: UUID, document: dict[str, Any]) -> None:
        text = to_json(document).decode()  # as the routes write it, dates included
        name = "done" if document["outcome"] else "progress"
        watchers = self._watchers.get(batch_id, {})
        for queue, last in watchers.items():
            if last != text:
                watchers[queue] = text
                _put(queue, {"event": name, "data": text})

    def _tell_all(self, event: dict[str, Any]) -> None:
        for watchers in self._watchers.values():
            for queue in watchers:
                watchers[queue] = ""  # so that the end of the trouble is news
                _put(queue, event)


def _put(queue: asyncio.Queue[dict[str, Any]], event: dict[str, Any]) -> None:
    if queue.full():
        queue.get_nowait()  # a watcher who does not read loses the oldest news, never the newest
    queue.put_nowait(event)
