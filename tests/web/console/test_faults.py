"""Honest under faults: the page says what is wrong, soon, and what it says is never worse than the truth."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from threading import Thread

import httpx2
import pytest
import uvicorn

from boeing_data_hub.clock import monotonic
from boeing_data_hub.hub import Hub
from boeing_data_hub.intake.run import SearchRequest
from boeing_data_hub.reporting.overview import troubles
from boeing_data_hub.sandbox.services.ports import free_port
from boeing_data_hub.settings import Settings
from boeing_data_hub.web.app import create_app

pytestmark = pytest.mark.services


def test_a_page_says_within_seconds_that_the_database_is_gone(visits, admin):
    cookie = admin.browser.cookies.get("bdh_session")
    address = f"postgresql://hub:secret@127.0.0.1:{free_port()}/hub"
    gone = Settings(_env_file=None, database_url=address, redis_url="redis://127.0.0.1:1")
    hub = Hub(gone, name="test")
    person = visits(create_app(hub))
    person.browser.cookies.set("bdh_session", cookie)
    began = monotonic()
    answer = person.get("/console")
    assert monotonic() - began < 5
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "Postgres does not answer" in answer.text
    assert "secret" not in answer.text
    hub.close()


def test_a_worker_that_falls_silent_is_told_of_before_it_counts_as_gone():
    heard = {"extraction": 1.0, "normalization": 5.8, "default": None}
    told = {one.level: one.message for one in troubles(heard, redis_answers=True, silent_after=20)}
    assert "normalization was last heard of 6 s ago" in told["warning"]
    assert "No worker serves the queue default" in told["error"]
    assert troubles({"extraction": 1.0}, redis_answers=True, silent_after=20) == []
    assert "Redis does not answer" in troubles({}, redis_answers=False, silent_after=20)[0].message


def test_a_page_says_that_redis_is_gone(make_hub, admin, visits):
    hub = make_hub(redis_url=f"redis://127.0.0.1:{free_port()}/0")
    person = visits(create_app(hub))
    person.browser.cookies.set("bdh_session", admin.browser.cookies.get("bdh_session"))
    assert "Redis does not answer. Nothing is lost" in person.read("/console")


@pytest.fixture
def server(hub, wait) -> Iterator[str]:
    """The console behind uvicorn, in a thread, so that the test can work the stages on the same hub."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(hub), log_config=None, timeout_graceful_shutdown=2)
    running = uvicorn.Server(config)
    thread = Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    wait.until(lambda: running.started, seconds=10, what="the server")
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    running.should_exit = True
    thread.join(timeout=10)
    assert not thread.is_alive()


class Watcher:
    """Somebody with an open page."""

    def __init__(self, address, key, path):
        self.events = []
        self.ended = False
        self._client = httpx2.Client(base_url=address, trust_env=False, timeout=20)
        assert self._client.post("/sign-in", data={"key": key}, headers={"Origin": address}).status_code == 303
        self._thread = Thread(target=self._watch, args=[path], daemon=True)
        self._thread.start()

    def _watch(self, path):
        with self._client.stream("GET", path) as answer:
            name, lines = "", []
            for line in answer.iter_lines():
                field, _, value = line.partition(": ")
                if field == "event":
                    name, lines = value, []
                elif field == "data":
                    lines.append(value)
                elif not line and name:
                    self.events.append((name, "\n".join(lines)))
                    name = ""
        self._client.close()
        self.ended = True

    def named(self, name):
        return [text for event, text in self.events if event == name]


def test_a_watched_run_moves_forward_only_and_ends(server, hub, make_key, stages, wait):
    key = make_key("search")
    batch = hub.intake.search(SearchRequest(part_numbers=[f"W-{n}" for n in range(40)], owner="key:test")).batch
    watcher = Watcher(server, key, f"/console/runs/{batch.id}/events")
    wait.until(lambda: watcher.named("live"), what="the first picture")
    stages.settle()
    wait.until(lambda: watcher.ended, what="the end")
    done = [int(re.search(r'hero-figure">(\d+) %', text)[1]) for text in watcher.named("live")]
    assert done == sorted(done)
    assert done[0] < done[-1] == 100
    assert watcher.events[-1][0] == "done"
    assert "csrf" not in str(watcher.events)  # a picture is the same for everyone, so it holds nobody's token


def test_whoever_s_session_ends_hears_no_more(server, hub, make_key, wait):
    key = make_key("read")
    watcher = Watcher(server, key, "/console/events")
    wait.until(lambda: watcher.named("live"), what="the first picture")
    hub.database.run(lambda work: work.do("DELETE FROM hub.sessions"))
    began = monotonic()
    wait.until(lambda: watcher.ended, seconds=40, what="the end")
    assert monotonic() - began < 35
    assert "Your session has ended" in watcher.named("live")[-1]
