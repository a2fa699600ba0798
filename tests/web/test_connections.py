"""Connections that send slowly, or too much, or take nothing, do not last; others are served meanwhile."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import ClassVar

import pytest
import uvicorn
from tests.support.patience import Deadline, allow

from boeing_data_hub.web.connections import GuardedProtocol


class Quick(GuardedProtocol):
    HEAD_SECONDS: ClassVar = 0.5
    REST_SECONDS: ClassVar = 0.5
    TAKE_SECONDS: ClassVar = 0.5
    MOST_WAITING: ClassVar = 20
    _waiting: ClassVar[dict] = {}


async def application(scope, receive, send):
    """Answers without reading the body; `/much` with more than a connection buffers."""
    body = b"x" * (64 * 1024 * 1024 if scope["path"] == "/much" else 2)
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    config = uvicorn.Config(
        application, port=0, http=Quick, ws="none", lifespan="off", log_config=None, timeout_keep_alive=60
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = Deadline(20)
    while not server.started:
        assert not deadline.passed
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(allow(20))


@pytest.fixture
def connect(port):
    with ExitStack() as stack:
        yield lambda: stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=allow(20)))


def ends(connection) -> bytes:
    """What comes until the server ends the connection."""
    told = b""
    try:
        while piece := connection.recv(65536):
            told += piece
    except ConnectionResetError:
        pass
    return told


def test_a_request_is_answered_and_the_connection_kept(connect):
    one = connect()
    for _ in range(3):
        one.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert one.recv(65536).startswith(b"HTTP/1.1 200")


def test_requests_in_one_piece_are_all_answered(connect):
    one = connect()
    one.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 2 + b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert ends(one).count(b"HTTP/1.1 200") == 3


@pytest.mark.parametrize("beginning", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\n"])
def test_headers_that_never_end_do_not_hold_a_connection(connect, beginning):
    one = connect()
    one.sendall(beginning)
    assert ends(one) == b""


def test_headers_that_trickle_do_not_hold_a_connection_after_a_request_either(connect):
    one = connect()
    one.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n")
    assert ends(one).count(b"HTTP/1.1 200") == 1


def test_a_body_that_is_not_read_does_not_hold_a_connection(connect):
    one = connect()
    one.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc")
    assert ends(one).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("head", [b"X-Long: " + b"a" * 60_000, b"\r\n".join(b"X-%d: a" % n for n in range(5_000))])
def test_headers_have_a_size(connect, head):
    one = connect()
    one.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n\r\n")
    assert ends(one).startswith(b"HTTP/1.1 431")


def test_an_address_has_a_size(connect):
    one = connect()
    one.sendall(b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    assert ends(one).startswith(b"HTTP/1.1 431")


def test_a_response_that_is_not_read_does_not_hold_a_connection(connect):
    one = connect()
    one.sendall(b"GET /much HTTP/1.1\r\nHost: a\r\n\r\n")
    threading.Event().wait(allow(1.0))
    assert len(ends(one)) < 64 * 1024 * 1024


def test_the_oldest_that_waits_gives_way_and_new_ones_are_served(connect):
    waiting = [connect() for _ in range(25)]
    late = connect()
    late.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert late.recv(65536).startswith(b"HTTP/1.1 200")
    assert ends(waiting[0]) == b""
