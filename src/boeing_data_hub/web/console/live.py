"""Pages that move: one poller per process looks once a second, renders each watched page once, and tells all watchers.

The asynchronous room of the console, as `web/watch.py` is of the API: a thread per open page would be dear.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from typing import Final
from uuid import UUID

import redis
import structlog
from starlette.concurrency import run_in_threadpool

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import HubError, Unauthorized
from boeing_data_hub.hub import Hub
from boeing_data_hub.model.batches import Batch
from boeing_data_hub.model.states import BatchType, Stage
from boeing_data_hub.reporting import overview
from boeing_data_hub.reporting.live import status_document
from boeing_data_hub.store import batches, bulk_runs
from boeing_data_hub.store.work import Work
from boeing_data_hub.web.console.rendering import fragment

log = structlog.get_logger(__name__)

OVERVIEW: Final = "overview"
Topic = UUID | str

_LOOK_EVERY: Final = 1.0  # seconds
_TROUBLE_AFTER: Final = 2.5  # seconds a look may take before watchers are told that we cannot see
_GUESTS_CHECKED_EVERY: Final = 4.0  # seconds; a session that ended hears no more after that
_REDIS_ASKED_EVERY: Final = 2.0  # seconds
_FAILURES_TOLD_EVERY: Final = 4.0  # seconds; each telling makes every watcher fetch the causes again
_INDENTED: Final = re.compile(r"\n\s*")


class Board:
    """What watchers of this process see.

    Args:
        hub: where to look.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._watchers: dict[Topic, dict[asyncio.Queue[bytes], dict[str, bytes]]] = defaultdict(dict)
        self._poller: asyncio.Task[None] | None = None
        self._newcomer = asyncio.Event()
        self._redis: tuple[float, bool] = (0.0, True)
        self._failures: dict[Topic, tuple[float, int]] = {}

    def redis_answers(self) -> bool:
        """Whether the broker answers, asked at most every two seconds."""
        asked, answer = self._redis
        if monotonic() - asked > _REDIS_ASKED_EVERY:
            try:
                self._hub.hints.waiting(Stage.DEFAULT)
                answer = True
            except redis.RedisError:
                answer = False
            self._redis = (monotonic(), answer)
        return answer

    def overview(self, work: Work) -> overview.Overview:
        """Everything the first page tells, now. Ask `redis_answers` before, outside of the transaction."""
        return overview.gather(
            work,
            self._hub.live.situation(work),
            queues=self._hub.queues,
            redis_answers=self._redis[1],
            silent_after=self._hub.live.worker_silent_after,
        )

    def troubles(self, work: Work) -> list[overview.Problem]:
        """What is wrong with the machinery now, for the page of a run."""
        silent_after = self._hub.live.worker_silent_after
        heard = overview.heard_of(work, queues=self._hub.queues, silent_after=silent_after)
        return overview.troubles(heard, redis_answers=self._redis[1], silent_after=silent_after)

    async def events(self, topic: Topic, still_welcome: Callable[[], bool]) -> AsyncIterator[bytes]:
        """Server-sent events of a page: `live` with its moving part now and at every change, `failures` when there are
        new ones, `done` when nothing will move any more or the session has ended.
        """
        mine: asyncio.Queue[bytes] = asyncio.Queue(maxsize=50)
        self._watchers[topic][mine] = {}
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll())
        self._newcomer.set()
        checked = monotonic()
        try:
            while True:
                with suppress(TimeoutError):
                    event = await asyncio.wait_for(mine.get(), _GUESTS_CHECKED_EVERY)
                    yield event
                    if event.startswith(b"event: done"):
                        return
                if monotonic() - checked > _GUESTS_CHECKED_EVERY:
                    checked = monotonic()
                    if not await run_in_threadpool(still_welcome):
                        yield _event("live", fragment("widgets/signed_out.html"))
                        yield _event("done", "signed out")
                        return
        finally:
            del self._watchers[topic][mine]
            if not self._watchers[topic]:
                del self._watchers[topic]
                self._failures.pop(topic, None)

    async def _poll(self) -> None:
        look: asyncio.Task[dict[Topic, list[tuple[str, bytes]]]] | None = None
        while self._watchers:
            # A look that hangs is waited for, and no second one is begun beside it.
            if look is None:
                look = asyncio.create_task(run_in_threadpool(self._look, list(self._watchers)))
            await asyncio.wait({look}, timeout=_TROUBLE_AFTER)
            if not look.done():
                self._cannot_see()
                continue
            try:
                found = look.result()
            except Exception as error:  # noqa: BLE001 - watchers must hear of an outage, not be cut off
                log.warning("cannot look at pages that are watched", error=type(error).__name__)
                self._cannot_see()
            else:
                for topic, events in found.items():
                    self._tell(topic, events)
            look = None
            with suppress(TimeoutError):
                await asyncio.wait_for(self._newcomer.wait(), _LOOK_EVERY)
            self._newcomer.clear()

    def _look(self, topics: list[Topic]) -> dict[Topic, list[tuple[str, bytes]]]:
        self.redis_answers()
        wanted = [topic for topic in topics if isinstance(topic, UUID)]

        def step(work: Work) -> dict[Topic, list[tuple[str, bytes]]]:
            found: dict[Topic, list[tuple[str, bytes]]] = {}
            if wanted:
                situation = self._hub.live.situation(work)
                troubles = self.troubles(work)
                for batch in batches.get_many(work, wanted):
                    document = status_document(batch, situation)
                    bulk = bulk_runs.of_batch(work, batch.id) if batch.batch_type is BatchType.PUBLISH else []
                    shown = fragment("widgets/run_live.html", batch=batch, run=document, troubles=troubles, bulk=bulk)
                    found[batch.id] = [("live", _event("live", shown)), *self._more(batch)]
            if OVERVIEW in topics:
                shown = fragment("widgets/overview_live.html", overview=self.overview(work))
                found[OVERVIEW] = [("live", _event("live", shown))]
            return found

        return self._hub.database.run(step, hurry=True)

    def _more(self, batch: Batch) -> Iterable[tuple[str, bytes]]:
        """What else there is to tell of a run: new failures, now and then; its end."""
        told_at, told = self._failures.get(batch.id, (0.0, -1))
        due = batch.outcome is not None or monotonic() - told_at > _FAILURES_TOLD_EVERY
        if batch.failed_count != told and due:
            self._failures[batch.id] = (monotonic(), batch.failed_count)
            told = batch.failed_count
        if told > 0:
            yield ("failures", _event("failures", str(told)))
        if batch.outcome is not None:  # a cancelled publishing may still have parts under way
            yield ("done", _event("done", str(batch.outcome)))

    def _tell(self, topic: Topic, events: Iterable[tuple[str, bytes]]) -> None:
        for queue, last in self._watchers.get(topic, {}).items():
            for name, event in events:
                if last.get(name) != event:
                    last[name] = event
                    _put(queue, event)
            last.pop("trouble", None)

    def _cannot_see(self) -> None:
        event = _event("trouble", fragment("widgets/cannot_see.html"))
        for watchers in self._watchers.values():
            for queue, last in watchers.items():
                last.pop("live", None)  # so that the end of the trouble is news
                if last.get("trouble") != event:
                    last["trouble"] = event
                    _put(queue, event)


def welcome(check: Callable[[], object]) -> Callable[[], bool]:
    """Whether a check of a session passes; while the database does not answer, nobody is sent away."""

    def still() -> bool:
        try:
            check()
        except Unauthorized:
            return False
        except HubError:
            return True
        return True

    return still


def _event(name: str, text: str) -> bytes:
    lines = _INDENTED.sub("\n", text.strip()).replace("\r", "").split("\n")
    told = "".join(f"data: {line}\n" for line in lines)
    return f"event: {name}\n{told}\n".encode()


def _put(queue: asyncio.Queue[bytes], event: bytes) -> None:
    if queue.full():
        queue.get_nowait()  # a watcher who does not read loses the oldest news, never the newest
    queue.put_nowait(event)
