"""GET /api/batches/{id}/events, through a real server: what changes is pushed, and the stream ends with the batch."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from threading import Thread

import httpx2
import pytest
import uvicorn
from tests.support.patience import GENEROUS, allow

from boeing_data_hub.clock import monotonic
from boeing_data_hub.db import api_keys, sessions
from boeing_data_hub.web import access
from boeing_data_hub.web.app import create_app
from boeing_data_hub.web.live_feed import ACCESS_CHECKED_EVERY

pytestmark = pytest.mark.services


@pytest.fixture
def server(hub, wait) -> Iterator[str]:
    """The API behind uvicorn, in a thread, so that the test can work the stages on the same hub."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(hub), log_config=None, timeout_graceful_shutdown=2)
    running = uvicorn.Server(config)
    thread = Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    wait.until(lambda: running.started, seconds=10, what="the server")
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    running.should_exit = True
    thread.join(timeout=allow(10))
    assert not thread.is_alive()


@pytest.fixture
def client(server, make_key):
    headers = {"Authorization": f"Bearer {make_key('search')}"}
    limits = httpx2.Limits(max_connections=50)
    with httpx2.Client(base_url=server, headers=headers, trust_env=False, timeout=allow(20), limits=limits) as made:
        yield made


class Watcher:
    """A client that collects events until the stream ends."""

    def __init__(self, client, batch_id):
        self.events = []
        self.ended = False
        self.headers = {}
        self._thread = Thread(target=self._watch, args=[client, batch_id], daemon=True)
        self._thread.start()

    def _watch(self, client, batch_id):
        with client.stream("GET", f"/api/batches/{batch_id}/events") as answer:
            self.headers = answer.headers
            name = ""
            for line in answer.iter_lines():
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    self.events.append((name, json.loads(value)))
        self.ended = True

    @property
    def names(self):
        return [name for name, _ in self.events]

    def seen(self, **figures):
        return any(figures.items() <= told.items() for _, told in list(self.events))


@pytest.fixture
def start(client):
    def begin(*parts):
        return client.post("/api/bulk-search", json={"part_numbers": list(parts)}).json()["batch_id"]

    return begin


def test_progress_is_pushed_until_the_end_of_the_batch(client, start, stages, wait):
    batch_id = start("WF338109", "P512777=K3")
    watcher = Watcher(client, batch_id)
    wait.until(lambda: watcher.seen(extracted_count=0), seconds=20, what="the first event")
    assert watcher.headers["content-type"].startswith("text/event-stream")
    assert watcher.headers["cache-control"] == "no-store"
    stages.extract()
    wait.until(lambda: watcher.seen(extracted_count=2, outcome=None), seconds=20, what="progress")
    stages.normalize()
    wait.until(lambda: watcher.ended, seconds=20, what="the end of the stream")
    assert set(watcher.names[:-1]) == {"progress"}
    assert watcher.names[-1] == "done"
    last = watcher.events[-1][1]
    status = client.get(f"/api/batches/{batch_id}").json()
    assert last.items() <= status.items()
    assert (last["outcome"], last["progress_percent"]) == ("succeeded", 100)


def test_progress_never_goes_backwards_and_repeats_nothing(client, start, stages, wait):
    batch_id = start(*(f"AN3-{n}A" for n in range(10, 40)))
    watcher = Watcher(client, batch_id)
    wait.until(lambda: watcher.events, seconds=20, what="the first event")
    stages.settle()
    wait.until(lambda: watcher.ended, seconds=20, what="the end of the stream")
    figures = [told["progress_percent"] for _, told in watcher.events]
    assert figures == sorted(figures)
    assert all(a != b for a, b in zip(watcher.events, watcher.events[1:], strict=False))


def test_a_finished_batch_is_done_at_once(client, start, stages, wait):
    batch_id = start("WF338109")
    stages.settle()
    watcher = Watcher(client, batch_id)
    wait.until(lambda: watcher.ended, seconds=20, what="the end of the stream")
    assert watcher.names == ["done"]


def test_a_cancelled_batch_ends_its_stream(client, start, wait):
    batch_id = start("WF338109")
    watcher = Watcher(client, batch_id)
    wait.until(lambda: watcher.events, seconds=20, what="the first event")
    client.delete(f"/api/batches/{batch_id}")
    wait.until(lambda: watcher.ended, seconds=20, what="the end of the stream")
    assert watcher.names[-1] == "done"
    assert watcher.events[-1][1]["outcome"] == "cancelled"


def test_twenty_watchers_get_the_same_events_and_none_of_another_batch(client, start, stages, wait):
    batch_id, other = start("WF338109", "P512777=K3"), start("P512777=K3", "WF338109")
    watchers = [Watcher(client, batch_id) for _ in range(20)]
    stranger = Watcher(client, other)
    wait.until(lambda: all(w.events for w in [*watchers, stranger]), seconds=20, what="a first event for all")
    stages.extract()
    wait.until(lambda: all(w.seen(extracted_count=2) for w in watchers), seconds=20, what="progress for all")
    stages.normalize()
    wait.until(lambda: all(w.ended for w in [*watchers, stranger]), seconds=20, what="the end for all")
    for watcher in watchers:
        assert watcher.events == watchers[0].events
    assert {told["id"] for _, told in watchers[0].events} == {batch_id}
    assert {told["id"] for _, told in stranger.events} == {other}


def test_a_watcher_that_leaves_does_not_affect_others(client, start, stages, wait):
    batch_id = start("WF338109")
    stays = Watcher(client, batch_id)
    wait.until(lambda: stays.events, seconds=20, what="the first event")
    with client.stream("GET", f"/api/batches/{batch_id}/events") as answer:
        next(answer.iter_lines())
    stages.settle()
    wait.until(lambda: stays.ended, seconds=20, what="the end of the stream")
    assert stays.names[-1] == "done"


def test_without_a_key_or_a_batch_there_is_no_stream(client, server, start):
    for batch_id in ("00000000-0000-0000-0000-000000000000", "nonsense"):
        answer = client.get(f"/api/batches/{batch_id}/events")
        assert (answer.status_code, answer.json()["code"]) == (404, "batch_not_found")
    answer = httpx2.get(f"{server}/api/batches/{start('A')}/events", trust_env=False)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_revoked_key_gets_events_for_three_seconds_at_most():
    assert access.REMEMBER_SECONDS + ACCESS_CHECKED_EVERY <= 3


def test_streams_of_a_revoked_key_and_of_an_ended_session_end_within_three_seconds(server, hub, make_key, start, wait):
    """From the moment after the commit to the end of the stream, both by the clock of this process."""
    secret, other, batch = make_key("read"), make_key("read"), start("A", "B")
    headers = {"Authorization": f"Bearer {secret}"}
    ended: dict[str, float] = {}

    def watch(name, browser, path):
        with browser.stream("GET", path) as answer:
            assert answer.status_code == 200
            for line in answer.iter_lines():
                heard.add(name) if line.startswith("data") else None
        ended[name] = monotonic()

    heard: set[str] = set()
    plain = {"base_url": server, "trust_env": False, "timeout": allow(20)}
    with (
        httpx2.Client(**plain, headers=headers) as program,
        httpx2.Client(**plain, headers={"Origin": server}) as browser,
    ):
        assert browser.post("/sign-in", data={"key": other}).status_code == 303
        ways = {
            "key": (program, f"/api/batches/{batch}/events"),
            "page": (browser, f"/console/runs/{batch}/events"),
            "all pages": (browser, f"/console/live?topic={batch}"),
        }
        threads = [Thread(target=watch, args=[name, *way], daemon=True) for name, way in ways.items()]
        for thread in threads:
            thread.start()
        wait.until(lambda: heard == set(ways), seconds=20, what="an event on each stream")

        def end_both(work):
            api_keys.revoke(work, api_keys.find(work, secret).id)
            (session,) = sessions.living(work)
            sessions.end_by_id(work, session.id, actor="key:admin")

        hub.database.run(end_both)
        began = monotonic()
        for thread in threads:
            thread.join(allow(20))
    took = {name: at - began for name, at in ended.items()}
    assert set(took) == set(ways)
    assert max(took.values()) <= max(3.0, allow(3.0) / GENEROUS), took


def test_the_stream_of_a_revoked_key_ends(server, hub, make_key, start, stages, wait):
    secret = make_key("read")
    headers = {"Authorization": f"Bearer {secret}"}
    batch = start("A", "B")
    with httpx2.Client(base_url=server, headers=headers, trust_env=False, timeout=allow(10)) as revoked:
        watcher = Watcher(revoked, batch)
        wait.until(lambda: watcher.names, seconds=10, what="the first event")
        hub.database.run(lambda work: api_keys.revoke(work, hub.database.run(lambda w: api_keys.find(w, secret)).id))
        wait.until(lambda: watcher.ended, seconds=20, what="the end of the stream")
        heard = len(watcher.events)
        stages.settle()
        assert len(watcher.events) == heard


def test_a_page_and_a_stream_of_the_api_follow_the_same_batch(server, client, start, make_key, stages, wait):
    batch_id = start("WF338109")
    watcher = Watcher(client, batch_id)
    shown: list[str] = []
    with httpx2.Client(base_url=server, headers={"Origin": server}, trust_env=False, timeout=allow(20)) as browser:
        assert browser.post("/sign-in", data={"key": make_key("read")}).status_code == 303
        page = Thread(target=lambda: shown.append(browser.get(f"/console/runs/{batch_id}/events").text), daemon=True)
        page.start()
        wait.until(lambda: watcher.events, seconds=20, what="the first event")
        stages.settle()
        wait.until(lambda: watcher.ended and shown, seconds=20, what="the end of both")
    assert watcher.names[-1] == "done"
    assert "event: live\n" in shown[0]
    assert "event: done\n" in shown[0]
