"""The live feed without a database: what is sent, once, and when it ends."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.patience import allow

from boeing_data_hub.errors import Unauthorized, Unavailable
from boeing_data_hub.web.live_feed import MOST_STREAMS, Audience, Event, LiveFeed, TooManyStreams, Topic


class Source:
    """A hub that can be read or not, and what its audience sees."""

    def __init__(self) -> None:
        self.state = Event("live", "1")
        self.is_down = False
        self.hub: Any = SimpleNamespace(
            database=SimpleNamespace(run=self._run), live=SimpleNamespace(situation=lambda _work: None)
        )
        self.audience = Audience(
            render=lambda _poll, subjects: {subject: [self.state] for subject in subjects},
            outage=Event("trouble", "cannot read"),
            farewell=(Event("live", "signed out"), Event("done", "")),
        )

    def _run(self, step, **_options):
        if self.is_down:
            raise Unavailable("Postgres does not respond.", code="database_unavailable")
        return step(None)


def events_of(source: Source, *actions, check=lambda: None) -> list[bytes]:
    """The events of a stream. After each event the next action changes the source; after the last, reading stops."""

    async def read() -> list[bytes]:
        seen: list[bytes] = []
        todo = list(actions)
        async with asyncio.timeout(allow(20)):
            async with aclosing(LiveFeed(source.hub).stream(Topic(source.audience), check, caller="test")) as stream:
                async for event in stream:
                    seen.append(event)
                    if not todo:
                        break
                    todo.pop(0)()
        return seen

    return asyncio.run(read())


def test_an_event_of_several_lines_keeps_them_without_indentation():
    assert Event("live", "<p>\n   a\r\n</p>\n").encode("ID:") == b"event: ID:live\ndata: <p>\ndata: a\ndata: </p>\n\n"


def test_an_outage_is_sent_once_and_then_the_state_again():
    source = Source()

    def fail():
        source.is_down = True

    def recover():
        source.is_down = False

    names = [event.split(b"\n")[0] for event in events_of(source, fail, recover)]
    assert names == [b"event: live", b"event: trouble", b"event: live"]


def test_a_stream_ends_with_its_last_event():
    source = Source()

    def end():
        source.state = Event("done", "2")

    assert events_of(source, end, lambda: None)[-1] == b"event: done\ndata: 2\n\n"


def test_a_reader_whose_access_has_ended_gets_the_farewell_and_no_more():
    source = Source()
    ended: list[bool] = []

    def check():
        if ended:
            raise Unauthorized("This key was revoked.")

    def revoke():
        ended.append(True)
        source.state = Event("live", "secret")

    seen = events_of(source, revoke, lambda: None, lambda: None, check=check)
    assert b"secret" not in b"".join(seen[2:])
    assert seen[-2:] == [b"event: live\ndata: signed out\n\n", b"event: done\ndata: \n\n"]


def test_one_caller_has_a_bounded_number_of_streams_and_others_are_not_affected():
    source = Source()

    async def opened() -> None:
        feed = LiveFeed(source.hub)

        def stream(caller):
            return feed.stream(Topic(source.audience), lambda: None, caller=caller)

        streams = [stream("key:one") for _ in range(MOST_STREAMS + 1)]
        async with asyncio.timeout(allow(30)):
            for one in streams[:-1]:
                feed.require_room("key:one")
                assert await anext(one)
            with pytest.raises(TooManyStreams) as refused:
                feed.require_room("key:one")
            assert refused.value.status == 429
            with pytest.raises(StopAsyncIteration):
                await anext(streams[-1])
            feed.require_room("key:two")
            other = stream("key:two")
            assert await anext(other)
            await streams[0].aclose()
            feed.require_room("key:one")
            for one in [*streams, other]:
                await one.aclose()

    asyncio.run(opened())
