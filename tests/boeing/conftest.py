"""A Boeing made of one socket: answers the three calls, and says on the wire exactly what a test tells it to."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr
from tests.support.patience import allow

from boeing_data_hub.boeing.access import BoeingAccess
from boeing_data_hub.boeing.client import BoeingClient

SECRETS = {
    "client_id": "canary-client-id",
    "client_secret": "canary-client-secret",
    "username": "canary-username",
    "password": "canary-password",
}
CANARIES = ("canary-", "bearer-canary", "part-canary")

Reaction = Callable[[socket.socket], None] | bytes


def http(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """A whole response; header names with underscores for dashes."""
    lines = [f"HTTP/1.1 {status} Whatever", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answer(*parts: str) -> bytes:
    items = [{"aviallPartNumber": part, "listPrice": 120.4} for part in parts]
    return http(body=json.dumps({"currency": "USD", "lineItems": items}).encode(), content_type="application/json")


@dataclass
class Call:
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int


@dataclass
class WireBoeing:
    """`script[path]` holds reactions used up one by one; without any it behaves well.

    A reaction that is a function has the connection for itself, and it is closed afterwards: where the client goes on
    to another call, the function's answer should say `connection: close`.
    """

    calls: list[Call] = field(default_factory=list)
    script: dict[str, list[Reaction]] = field(default_factory=dict)
    valid: set[str] = field(default_factory=set)
    expires_in: object = 3600
    logins: int = 0
    port: int = 0
    open: list[socket.socket] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    # Held closed, logins wait; counted, so that a test knows when threads have arrived.
    login_gate: threading.Event = field(default_factory=threading.Event)

    def paths(self) -> list[str]:
        return [call.path for call in self.calls]

    def count(self, path: str) -> int:
        return self.paths().count(path)

    def revoke(self) -> None:
        self.valid.clear()

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.open.append(connection)
            threading.Thread(target=self._talk, args=(connection, len(self.open)), daemon=True).start()

    def _talk(self, connection: socket.socket, number: int) -> None:
        # ValueError, IndexError: what came was no HTTP, but somebody's TLS greeting.
        with connection, suppress(OSError, ValueError, IndexError), connection.makefile("rb") as stream:
            while line := stream.readline():
                headers = {}
                while (header := stream.readline().strip()) != b"":
                    name, _, value = header.decode("latin-1").partition(":")
                    headers[name.lower()] = value.strip()
                body = stream.read(int(headers.get("content-length", "0")))
                call = Call(line.split()[1].decode(), headers, body, number)
                with self.lock:
                    self.calls.append(call)
                    scripted = self.script.get(call.path)
                    reaction = scripted.pop(0) if scripted else None
                reaction = reaction or self._behave(call)
                if callable(reaction):
                    reaction(connection)
                    return
                connection.sendall(reaction)

    def _behave(self, call: Call) -> bytes:
        if call.path == "/oauth":
            self.login_gate.wait(allow(10))
            with self.lock:
                self.logins += 1
            body = {"access_token": f"bearer-canary-{self.logins}", "token_type": "Bearer"}
            if self.expires_in is not None:
                body["expires_in"] = self.expires_in
            return http(body=json.dumps(body).encode())
        if call.path == "/part-token":
            token = call.headers["authorization"].removeprefix("Bearer bearer-canary-")
            self.valid.add(token)
            return http(x_part_access_token=f"part-canary-{token}")
        token = call.headers.get("authorization", "").removeprefix("Bearer bearer-canary-")
        if token not in self.valid or call.headers["x-boeing-parts-authorization"] != f"part-canary-{token}":
            return http(401, b'{"message": "Unauthorized"}')
        return answer(*json.loads(call.body)["productCodes"])


@pytest.fixture
def boeing() -> Iterator[WireBoeing]:
    server = WireBoeing()
    server.login_gate.set()
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        server.port = listener.getsockname()[1]
        accepting = threading.Thread(target=server.serve, args=(listener,), daemon=True)
        accepting.start()
        yield server
        server.over.set()
        server.login_gate.set()
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join(allow(5))
    for connection in server.open:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def make_access(boeing: WireBoeing) -> Callable[..., BoeingAccess]:
    def make(**changes: object) -> BoeingAccess:
        host = f"http://127.0.0.1:{boeing.port}"
        values: dict[str, object] = {
            "oauth_url": f"{host}/oauth",
            "part_token_url": f"{host}/part-token",
            "price_url": f"{host}/price",
            **{name: SecretStr(value) for name, value in SECRETS.items()},
            "call_deadline": allow(10.0),
            "call_deadline_one": allow(10.0),
            "token_timeout": allow(10.0),
            "connect_timeout": allow(2.0),
        }
        return BoeingAccess(**{**values, **changes})

    return make


@pytest.fixture
def make_client(make_access: Callable[..., BoeingAccess]) -> Iterator[Callable[..., BoeingClient]]:
    made: list[BoeingClient] = []

    def make(**changes: object) -> BoeingClient:
        made.append(BoeingClient(make_access(**changes)))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(make_client: Callable[..., BoeingClient]) -> BoeingClient:
    return make_client()


@pytest.fixture
def respond() -> Callable[..., bytes]:
    """`http`, for test modules: a conftest cannot be imported."""
    return http


@pytest.fixture
def canaries() -> tuple[str, ...]:
    return CANARIES
