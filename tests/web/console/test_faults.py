"""Honest under faults: the page says what is wrong, soon, and what it says is never worse than the truth."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from threading import Thread

import httpx2
import pytest
import uvicorn
from tests.support.patience import allow

from boeing_data_hub.app import Hub
from boeing_data_hub.batches.run import SearchRequest
from boeing_data_hub.cli.machine.ports import free_port
from boeing_data_hub.clock import monotonic
from boeing_data_hub.health.overview import worker_problems
from boeing_data_hub.health.workers_seen import WorkersSeen
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
    assert monotonic() - began < allow(2)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "Postgres does not answer" in answer.text
    assert "secret" not in answer.text
    hub.close()


def worker_conditions(seen, *queues, redis_answers=True):
    return worker_problems(WorkersSeen(seen, 20), queues=queues, redis_answers=redis_answers)


def test_a_worker_without_heartbeats_is_shown_before_it_counts_as_stopped():
    found = worker_conditions({"extraction": 1.0, "normalization": 5.8}, "extraction", "normalization", "default")
    told = {one.level: one.message for one in found}
    assert "normalization worker was last seen 6 s ago" in told["warning"]
    assert "No default worker is running" in told["error"]
    assert worker_conditions({"extraction": 1.0}, "extraction") == []
    assert "Redis isn't responding" in worker_conditions({}, redis_answers=False)[0].message


def test_a_page_says_that_redis_is_gone(make_hub, admin, visits):
    hub = make_hub(redis_url=f"redis://127.0.0.1:{free_port()}/0")
    person = visits(create_app(hub))
    person.browser.cookies.set("bdh_session", admin.browser.cookies.get("bdh_session"))
    assert "t responding. Current work continues" in person.read("/console")


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
    thread.join(timeout=allow(10))
    assert not thread.is_alive()


class Watcher:
    """Somebody with an open page."""

    def __init__(self, address, key, path):
        self.events = []
        self.ended = False
        self._client = httpx2.Client(base_url=address, trust_env=False, timeout=allow(20))
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
    done = [int(re.search(r'hero-figure">(\d+)%', text)[1]) for text in watcher.named("live")]
    assert done == sorted(done)
    assert done[0] < done[-1] == 100
    assert watcher.events[-1][0] == "done"
    assert "csrf" not in str(watcher.events)  # events are the same for everyone, so they contain no form token


def test_the_stream_of_an_ended_session_ends(server, hub, make_key, wait):
    key = make_key("read")
    watcher = Watcher(server, key, "/console/events")
    wait.until(lambda: watcher.named("live"), what="the first picture")
    hub.database.run(lambda work: work.do("DELETE FROM hub.sessions"))
    wait.until(lambda: watcher.ended, seconds=40, what="the end")
    assert "You were signed out" in watcher.named("live")[-1]


def test_one_stream_carries_several_pages_each_by_its_name_and_ends_with_the_last(server, hub, make_key, stages, wait):
    key = make_key("search")
    runs = [
        hub.intake.search(SearchRequest(part_numbers=[f"S{one}-{n}" for n in range(20)], owner="key:test")).batch.id
        for one in range(3)
    ]
    gone = "00000000-0000-4000-8000-000000000000"
    both = "&".join(f"topic={one}" for one in [*runs[:2], gone, "nonsense", runs[0]])
    watcher = Watcher(server, key, f"/console/live?{both}&topic=overview")
    others = Watcher(server, key, f"/console/live?{'&'.join(f'topic={one}' for one in runs)}")
    for name in (f"{runs[0]}:live", f"{runs[1]}:live", "overview:live"):
        wait.until(lambda name=name: watcher.named(name), what=name)
    stages.settle()
    wait.until(lambda: others.ended, what="the end of the stream without the overview")
    assert all(len(others.named(f"{one}:done")) == 1 for one in runs)
    wait.until(lambda: watcher.named(f"{runs[1]}:done"), what="the end of a run")
    assert not watcher.ended
    assert {name.partition(":")[0] for name, _ in watcher.events} == {str(runs[0]), str(runs[1]), "overview"}
    hub.database.run(lambda work: work.do("DELETE FROM hub.sessions"))
    wait.until(lambda: watcher.ended, seconds=40, what="the end")
    assert "You were signed out" in watcher.named("overview:live")[-1]


def test_a_stream_of_no_or_too_many_pages_is_rejected(admin, visits, hub):
    assert admin.get("/console/live").status_code == 422
    assert admin.get("/console/live?" + "&".join(f"topic={n}" for n in range(51))).status_code == 422
    stranger = visits(create_app(hub))
    assert stranger.get("/console/live?topic=overview", accept="text/event-stream").status_code == 401
