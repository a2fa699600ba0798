"""The API as a server of its own address, with the stages at work beside it, on both sandboxes."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from threading import Event, Thread
from typing import Any

import pytest
import uvicorn
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


@pytest.fixture
def server(hub: Hub) -> Iterator[str]:
    """The address of a running server."""
    listener = socket.create_server(("127.0.0.1", 0))
    running = uvicorn.Server(uvicorn.Config(create_app(hub), log_config=None, access_log=False, ws="none"))
    thread = Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    until(lambda: running.started, seconds=10, what="the server")
    stop = Event()
    stages: tuple[Callable[[TimeSlice], object], ...] = (
        hub.extraction.work,
        hub.normalization.work,
        hub.shop.publishing.work,
        lambda _slice: hub.database.run(_heartbeat),
    )
    busy = [Thread(target=_at_work, args=[stage, stop]) for stage in stages]
    for one in busy:
        one.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    stop.set()
    running.should_exit = True
    for one in (*busy, thread):
        one.join(allow(20))


def _heartbeat(work: Work) -> None:
    queues = ("extraction", "normalization", "publishing", "default")
    workers.pulse(work, "fuzz", queues=queues, host="here", pid=1, version=__version__)


def _at_work(stage: Callable[[TimeSlice], object], stop: Event) -> None:
    while not stop.is_set():
        stage(TimeSlice(stop, 1.0))
        stop.wait(0.1)  # not at once: the server has the same processor
