"""The API as a server of its own address, with the stages at work beside it, on both sandboxes."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.support.patience import allow, until
from tests.web.conftest import (
    boeing,
    database_url,
    hub,
    make_key,
    sandboxed,
    store,
    store_settings,
    web_database,
)

from boeing_data_hub import __version__
from boeing_data_hub.app import Hub
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.web.app import create_app
from boeing_data_hub.work import workers
from boeing_data_hub.work.time_slice import TimeSlice

__all__ = [
    "boeing",
    "database_url",
    "hub",
    "make_key",
    "sandboxed",
    "store",
    "store_settings",
    "web_database",
]

SECRET = "a-secret-of-the-quote-webhook-for-tests"


@pytest.fixture
def settings(store_settings: dict[str, Any]) -> dict[str, Any]:
    """A hub without rates, whose every route can do its work."""
    return {
        **store_settings,
        "hub_rate_requests": 0,
        "hub_rate_changes": 0,
        "hub_quote_rate": 0,
        "hub_quote_webhook_secret": SECRET,
        "hub_quote_answer_seconds": 2,
    }


@dataclass(slots=True)
class Counting:
    """An application that counts its requests."""

    app: ASGIApp
    requests: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests += scope["type"] == "http"
        await self.app(scope, receive, send)


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: its address, and how many requests it has had."""

    url: str
    requests: Callable[[], int]


@pytest.fixture
def server(hub: Hub) -> Iterator[Served]:
    """The API on an address of its own, and the stages at work beside it."""
    listener = socket.create_server(("127.0.0.1", 0))
    counting = Counting(create_app(hub))
    running = uvicorn.Server(uvicorn.Config(counting, log_config=None, access_log=False, ws="none"))
    thread = Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    until(lambda: running.started, seconds=10, what="the server")
    stop = Event()
    stages = (hub.extraction.work, hub.normalization.work, hub.shop.publishing.work)
    busy = [Thread(target=_at_work, args=[stage, stop]) for stage in stages]
    busy.append(Thread(target=_alive, args=[hub, stop]))
    for one in busy:
        one.start()
    yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", lambda: counting.requests)
    stop.set()
    running.should_exit = True
    for one in (*busy, thread):
        one.join(allow(20))


def _at_work(stage: Callable[[TimeSlice], object], stop: Event) -> None:
    while not stop.is_set():
        stage(TimeSlice(stop, 1.0))
        stop.wait(0.5)  # not at once: the server has the same processor


def _alive(hub: Hub, stop: Event) -> None:
    queues = ("extraction", "normalization", "publishing", "default")

    def heartbeat(work: Work) -> None:
        workers.pulse(work, "fuzz", queues=queues, host="here", pid=1, version=__version__)

    while not stop.is_set():
        hub.database.run(heartbeat)
        stop.wait(5)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say for each identity how many requests there were, and with which seed."""
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.stats.get(kind, ())]
    lines = [value for one in reports for name, value in one.user_properties if name == "fuzzed"]
    if lines:
        terminalreporter.section("random requests")
        for line in sorted(lines):
            terminalreporter.line(line)
