"""Live events: one poller per process reads every watched batch once a second, however many people watch.

The API's streams and the console's pages are two audiences of the same poller. It is asynchronous because a thread for
each open page would be expensive.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog
from starlette.concurrency import run_in_threadpool

from boeing_data_hub.app import Hub
from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import HubError, Refused, Unauthorized
from boeing_data_hub.health.live import Situation
from boeing_data_hub.web.security_events import note
from boeing_data_hub.work import batches
from boeing_data_hub.work.batch import Batch

log = structlog.get_logger(__name__)

ACCESS_CHECKED_EVERY: Final = 1.0  # seconds; added to the time for which a key is cached

_POLLED_EVERY: Final = 1.0  # seconds
_OUTAGE_AFTER: Final = 2.5  # seconds a poll may take before watchers are notified that the hub cannot read the database
_QUEUED: Final = 50  # events of one topic that wait for a slow reader
MOST_STREAMS: Final = 100
"""Streams of one key or one signed-in person in a process; each costs memory and a check of access a second."""
_INDENTED: Final = re.compile(r"\n\s*")


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event. An event called `done` is the last one of its topic."""

    name: str
    data: str

    def encode(self, prefix: str = "") -> bytes:
        """As it goes over the wire, its name behind `prefix`."""
        lines = _INDENTED.sub("\n", self.data.strip()).replace("\r", "").split("\n")
        data = "".join(f"data: {line}\n" for line in lines)
        return f"event: {prefix}{self.name}\n{data}\n".encode()


@dataclass(frozen=True, slots=True)
class Poll:
    """What one poll has read: a transaction to read more in, and every batch that anyone watches."""

    work: Work
    situation: Situation
    batches: Mapping[UUID, Batch]


@dataclass(frozen=True, slots=True)
class Audience:
    """One kind of watcher.

    Attributes:
        render: the current events of the subjects given (a batch's id; None: the whole hub). A subject that does not
            exist is left out. An event is sent only when it differs from the last one of its name.
        outage: sent once when the database cannot be read.
        farewell: sent when the watcher's key or session has ended.
        prepare: called before each poll, outside of its transaction.
    """

    render: Callable[[Poll, Sequence[UUID | None]], Mapping[UUID | None, Sequence[Event]]]
    outage: Event
    farewell: Sequence[Event] = ()
    prepare: Callable[[], object] = lambda: None


@dataclass(frozen=True, slots=True)
class Topic:
    """What a stream may carry: a batch, or the whole hub, as one audience sees it."""

    audience: Audience
    batch_id: UUID | None = None


_Queue = asyncio.Queue[tuple[Topic, Event]]


class TooManyStreams(Refused):
    """The caller has as many streams open as one caller may."""

    code = "too_many_streams"
    status = 429
    title = "Too many streams"


class LiveFeed:
    """The poller of this process, and the streams it feeds.

    Args:
        hub: where to read.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        # For each topic its readers, and the last event of each name that a reader was sent.
        self._readers: dict[Topic, dict[_Queue, dict[str, Event]]] = defaultdict(dict)
        self._poller: asyncio.Task[None] | None = None
        self._joined = asyncio.Event()
        self._open: Counter[str] = Counter()

    def require_room(self, caller: str) -> None:
        """Raise TooManyStreams if the caller has as many streams open as one caller may."""
        if self._open[caller] >= MOST_STREAMS:
            note("callers_refused", what="event streams", owner=caller)
            raise TooManyStreams(
                f"You have {MOST_STREAMS} event streams open, the maximum for one caller. Close some, then open this "
                "one again. Your runs keep going.",
                retry_after=5,
            )

    async def stream(self, topic: Topic, check_access: Callable[[], object], *, caller: str) -> AsyncIterator[bytes]:
        """Server-sent events of one topic: its current state at once, then every change, until `done`.

        Args:
            topic: what to send.
            caller: whose stream it is, see `require_room`.
            check_access: raises Unauthorized once the reader may not go on; called every second.
        """
        async with aclosing(self._events([topic], check_access, caller)) as events:
            async for _, event in events:
                yield event.encode()

    async def shared_stream(
        self, topics: Mapping[Topic, str], check_access: Callable[[], object], *, caller: str
    ) -> AsyncIterator[bytes]:
        """Several topics in one stream, each event named by its topic: `overview:live`, `ID:done`."""
        async with aclosing(self._events(list(topics), check_access, caller)) as events:
            async for topic, event in events:
                yield event.encode(f"{topics[topic]}:")

    async def _events(
        self, topics: Sequence[Topic], check_access: Callable[[], object], caller: str
    ) -> AsyncGenerator[tuple[Topic, Event]]:
        queue: _Queue = asyncio.Queue(maxsize=_QUEUED * len(topics))
        # Several that came at once may all have found room; those beyond the maximum end at once.
        open_topics = set(topics if self._open[caller] < MOST_STREAMS else ())
        for topic in open_topics:
            self._readers[topic][queue] = {}
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll())
        self._joined.set()
        access = _Access(check_access)
        self._open[caller] += 1
        try:
            while open_topics:
                found: tuple[Topic, Event] | None = None
                with suppress(TimeoutError):
                    found = await asyncio.wait_for(queue.get(), ACCESS_CHECKED_EVERY)
                if await access.has_ended():
                    for topic, event in ((one, event) for one in open_topics for event in one.audience.farewell):
                        yield topic, event
                    return
                if found is not None and found[0] in open_topics:
                    yield found
                    if found[1].name == "done":
                        open_topics.discard(found[0])
                        self._leave(found[0], queue)
        finally:
            self._open -= Counter([caller])  # callers without a stream are dropped
            for topic in open_topics:
                self._leave(topic, queue)

    def _leave(self, topic: Topic, queue: _Queue) -> None:
        self._readers[topic].pop(queue, None)
        if not self._readers[topic]:
            del self._readers[topic]

    async def _poll(self) -> None:
        poll: asyncio.Task[dict[Topic, Sequence[Event]]] | None = None
        while self._readers:
            # A poll that hangs is waited for; no second one is started beside it.
            if poll is None:
                poll = asyncio.create_task(run_in_threadpool(self._read, list(self._readers)))
            await asyncio.wait({poll}, timeout=_OUTAGE_AFTER)
            if not poll.done():
                self._send_outage()
                continue
            try:
                found = poll.result()
            except Exception as error:  # noqa: BLE001 - readers must learn of an outage, not be cut off
                log.warning("watched batches cannot be read", error=type(error).__name__)
                self._send_outage()
            else:
                for topic, events in found.items():
                    self._send(topic, events)
            poll = None
            with suppress(TimeoutError):
                await asyncio.wait_for(self._joined.wait(), _POLLED_EVERY)
            self._joined.clear()

    def _read(self, topics: Sequence[Topic]) -> dict[Topic, Sequence[Event]]:
        subjects: dict[Audience, list[UUID | None]] = defaultdict(list)
        for topic in topics:
            subjects[topic.audience].append(topic.batch_id)
        for audience in subjects:
            audience.prepare()
        wanted = list({topic.batch_id for topic in topics if topic.batch_id is not None})

        def step(work: Work) -> dict[Topic, Sequence[Event]]:
            watched = {batch.id: batch for batch in batches.get_many(work, wanted)} if wanted else {}
            poll = Poll(work, self._hub.live.situation(work), watched)
            return {
                Topic(audience, subject): events
                for audience, theirs in subjects.items()
                for subject, events in audience.render(poll, theirs).items()
            }

        return self._hub.database.run(step, hurry=True)

    def _send(self, topic: Topic, events: Sequence[Event]) -> None:
        for queue, last in self._readers.get(topic, {}).items():
            last.pop(topic.audience.outage.name, None)
            for event in events:
                if last.get(event.name) != event:
                    last[event.name] = event
                    _put(queue, topic, event)

    def _send_outage(self) -> None:
        for topic, readers in self._readers.items():
            outage = topic.audience.outage
            for queue, last in readers.items():
                if last.get(outage.name) != outage:
                    last.clear()  # the state is sent again when the outage ends
                    last[outage.name] = outage
                    _put(queue, topic, outage)


class _Access:
    """A reader's permission to go on, checked every second."""

    def __init__(self, check: Callable[[], object]) -> None:
        self._check = check
        self._checked = monotonic()

    async def has_ended(self) -> bool:
        """True once the check refuses the reader. While the database does not respond, streams stay open."""
        if monotonic() - self._checked < ACCESS_CHECKED_EVERY:
            return False
        self._checked = monotonic()
        try:
            await run_in_threadpool(self._check)
        except Unauthorized:
            return True
        except HubError:
            return False
        return False


def _put(queue: _Queue, topic: Topic, event: Event) -> None:
    if queue.full():
        queue.get_nowait()  # a reader that is too slow loses the oldest event, never the newest
    queue.put_nowait((topic, event))
