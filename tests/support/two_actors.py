"""Two actors between the lines: one is stopped at a commit or an outside call, the other runs, the first goes on.

An actor stops where its composition lets the test in: its `Database` passes a point before and after every COMMIT, and
its calls to the store and to Boeing pass through a `Wire`, with a point before the call arrives and one before its
reply is read. Nothing of the product is patched. A play is run once for each point that its actor passes, so the stops
are enumerated, not sampled; a point that is never passed makes the play void, not green.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, partial
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any, TypeVar
from urllib.parse import urlsplit

from tests.support.patience import Deadline, allow

from boeing_data_hub.app import Hub
from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.unit_of_work import Database, Work

T = TypeVar("T")

_OPERATION = re.compile(rb"\b(?:query|mutation)\s+(\w+)")
_BLOCKED = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE %s AND wait_event_type = 'Lock'"
    " AND datname = current_database()"
)


Point = tuple[str, int]
"""A point's name, and how many times it was passed before."""


class Stops:
    """The points that an actor passes, and the one at which all its threads stop.

    Args:
        at: the point; None: it never stops.
    """

    def __init__(self, at: Point | None = None) -> None:
        self._at = at
        self._lock = Lock()
        self._go_on = Event()
        self._counted: Counter[str] = Counter()
        self.passed: list[Point] = []
        self.stopped = Event()

    def point(self, name: str) -> None:
        """The actor has come to this point."""
        with self._lock:
            if self._go_on.is_set():
                return
            passed = name, self._counted[name]
            self._counted[name] += 1
            self.passed.append(passed)
            if passed == self._at:
                self.stopped.set()
            if not self.stopped.is_set():
                return
        self._go_on.wait(allow(60))

    def go_on(self) -> None:
        """Let it run to its end."""
        self._go_on.set()


class StoppingDatabase(Database):
    """A database whose every transaction passes a point before its COMMIT and one after it.

    A transaction that wrote nothing and locked no row has one point: nobody can see whether it has ended.
    """

    stops: Stops

    def run(self, step: Callable[[Work], T], *, patience: float = 1.0, hurry: bool = False) -> T:
        name = name_of(step)

        def stepping(work: Work) -> T:
            result = step(work)
            if work.value("SELECT pg_current_xact_id_if_assigned()") is not None:
                self.stops.point(f"before COMMIT of {name}")
            return result

        result = super().run(stepping, patience=patience, hurry=hurry)
        self.stops.point(f"after COMMIT of {name}")
        return result


def name_of(step: Callable[..., object]) -> str:
    """A step's name as its source has it, such as `Parts._claim.step`; `()` for a function without a name."""
    while isinstance(step, partial):
        step = step.func
    return str(getattr(step, "__qualname__", type(step).__name__)).replace(".<locals>", "").replace(".<lambda>", "()")


class StoppingHub(Hub):
    """A hub that stops at the points of its database."""

    @cached_property
    def database(self) -> StoppingDatabase:
        opened = StoppingDatabase(self.settings.postgres_url, size=self.settings.hub_database_pool, name=self.name)
        opened.stops = Stops()
        return opened

    def lose_its_leases(self) -> None:
        """What a process notices that was frozen for longer than its leases last."""
        self.held.renewed(self.held.now(), asked_at=monotonic() - 1e6)


class Wire:
    """A server's second address, whose calls pass a point before they arrive and one before their reply is read.

    Args:
        target: the server's own address.
    """

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target)
        self.stops = Stops()
        wire = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                with suppress(OSError):
                    super().handle_one_request()
                    return
                self.close_connection = True

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                stops, name = wire.stops, _call_of(self.path, body)
                stops.point(f"call {name}")
                status, headers, answer = wire.forward(self.command, self.path, dict(self.headers.items()), body)
                stops.point(f"reply to {name}")
                self.send_response_only(status)
                for key, value in headers:
                    self.send_header(key, value)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_PUT = do_GET  # noqa: N815 - the names that the library looks for

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def forward(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Make the call at the server."""
        connection = HTTPConnection(self._target.hostname or "127.0.0.1", self._target.port, timeout=allow(30))
        try:
            kept = {key: value for key, value in headers.items() if key.lower() not in {"connection", "host"}}
            connection.request(method, path, body, kept)
            reply = connection.getresponse()
            answer = reply.read()
            skipped = {"content-length", "transfer-encoding", "connection"}
            return reply.status, [each for each in reply.getheaders() if each[0].lower() not in skipped], answer
        except (OSError, HTTPException):
            return 502, [], b""
        finally:
            connection.close()

    def close(self) -> None:
        """Take no more calls."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(allow(5))


def _call_of(path: str, body: bytes) -> str:
    found = _OPERATION.search(body[:2000]) if "graphql" in path else None
    if found is None:
        return urlsplit(path).path.rstrip("/").rpartition("/")[2]
    return re.sub(r"HubRun[0-9a-f]+", "HubRun", found[1].decode())


@contextmanager
def wire_to(target: str) -> Generator[Wire]:
    """A wire for the length of a `with` block."""
    wire = Wire(target)
    try:
        yield wire
    finally:
        wire.close()


@dataclass
class Met:
    """One meeting: what each of the two came to.

    Attributes:
        stopped: the first was stopped; False if it ended before.
        first: what it returned, or the error it raised.
        other: the same of the other.
        meanwhile: the same of `before_it_goes_on`.
        overlapped: the other waited for a lock of the first, so both went on together.
    """

    stopped: bool = False
    first: object = None
    other: object = None
    meanwhile: object = None
    overlapped: bool = False


def meet(
    stops: Stops,
    first: Callable[[], object],
    other: Callable[[], object],
    *,
    database: Database,
    other_name: str,
    before_it_goes_on: Callable[[], object] = lambda: None,
) -> Met:
    """Run `first` to its stop, then `other` to its end, then `first` to its end.

    Args:
        stops: of the first.
        first: what the first does.
        other: what the other does.
        database: looks whether the other waits for a lock, in which case the first goes on at once.
        other_name: how the connections of the other are named.
        before_it_goes_on: is done once the other has ended, while the first still stands: the first may be dead.
    """
    met = Met()
    running = _Running(first)
    deadline = Deadline(30)
    while not stops.stopped.is_set() and not running.is_over:
        assert not deadline.passed, ("the first actor neither stopped nor ended", stops.passed[-3:])
        stops.stopped.wait(0.002)
    met.stopped = stops.stopped.is_set()
    try:
        if met.stopped:
            second = _Running(other)
            deadline = Deadline(60)
            while not second.wait(0.05):
                assert not deadline.passed, "the other actor does not end"
                if database.run(lambda work: work.value(_BLOCKED, [f"{other_name}%"])) and not second.wait(0.05):
                    met.overlapped = True
                    stops.go_on()
                    second.wait(allow(60))
                    break
            met.other = second.came_to()
            if not met.overlapped and not isinstance(met.other, Exception):
                met.meanwhile = _Running(before_it_goes_on).result()
    finally:
        stops.go_on()
        ended = running.wait(allow(60))
    assert ended, "the first actor does not end"
    met.first = running.came_to()
    return met


class _Running:
    """Something that runs in a thread."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._act = act
        self._result: object = None
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result = self._act()
        except Exception as error:  # noqa: BLE001 - what became of it is judged by the test
            self._result = error

    @property
    def is_over(self) -> bool:
        return not self._thread.is_alive()

    def wait(self, seconds: float) -> bool:
        self._thread.join(seconds)
        return self.is_over

    def result(self) -> Any:
        self._thread.join()
        return self._result

    def came_to(self) -> Any:
        assert self.is_over
        return self._result
