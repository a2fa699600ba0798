"""One HTTP exchange at the level of bytes and sockets: whole replies, and every way of not giving one."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = tuple[tuple[bytes, bytes], ...]

MAX_BODY: Final = 1_000_000
_TRANSPORT: Final = "boeing_data_hub.transport"
_GATEWAY_WORDS: Final[Mapping[int, str]] = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    413: "Request Too Long",
    429: "Too Many Requests",
    500: "Internal server error",
    502: "Internal server error",
    503: "Service Unavailable",
    504: "Endpoint request timed out",
}


class SandboxProtocol(HttpToolsProtocol):
    """Uvicorn's own protocol, which also hands over the connection: ASGI has no word for breaking one."""

    def on_message_begin(self) -> None:
        """Called for each request before its first header."""
        super().on_message_begin()
        cast("dict[str, Any]", self.scope)[_TRANSPORT] = self.transport


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    status: int
    body: bytes
    headers: Headers = ()
    content_type: bytes = b"application/json"


def json_reply(status: int, payload: Any, headers: Headers = ()) -> Reply:
    """A reply with a JSON body."""
    return Reply(status, json.dumps(payload, separators=(",", ":")).encode(), headers)


def gateway_error(status: int, message: str = "", headers: Headers = ()) -> Reply:
    """A refusal in the words of the API gateway that stands before the real service."""
    return json_reply(status, {"message": message or _GATEWAY_WORDS.get(status, "Error")}, headers)


class Exchange:
    """A request, and the connection it came on."""

    __slots__ = ("_receive", "_scope", "_send", "_transport")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._transport = cast("asyncio.Transport", scope[_TRANSPORT])

    @property
    def method(self) -> str:
        """GET, POST, ..."""
        return self._scope["method"]

    @property
    def path(self) -> str:
        """The path, with its %-escapes undone."""
        return self._scope["path"]

    @property
    def query(self) -> str:
        """What stands behind the question mark."""
        return self._scope["query_string"].decode("latin-1")

    @property
    def closing(self) -> bool:
        """True once the connection is gone or going."""
        return self._transport.is_closing()

    def header(self, name: bytes) -> str:
        """The value of a request header, empty when absent. `name` is in lower case."""
        for key, value in self._scope["headers"]:
            if key == name:
                return value.decode("latin-1")
        return ""

    async def body(self) -> bytes | None:
        """The request's body; None when it is larger than anything a sane client sends."""
        message = await self._receive()
        if not message.get("more_body"):  # nearly always: it came with the headers
            return message.get("body", b"") if len(message.get("body", b"")) <= MAX_BODY else None
        pieces = bytearray(message["body"])
        while message.get("more_body"):
            message = await self._receive()
            pieces += message.get("body", b"")
            if len(pieces) > MAX_BODY:
                return None
        return bytes(pieces)

    async def send(self, reply: Reply) -> bool:
        """Send a whole reply; False when nobody was there any more to read it."""
        there = not self.closing
        await self.begin(reply, content_length=len(reply.body))
        await self._send({"type": "http.response.body", "body": reply.body})
        return there

    async def begin(self, reply: Reply, *, content_length: int | None) -> None:
        """Send status and headers only; without a length the body will be chunked."""
        headers = [(b"content-type", reply.content_type), *reply.headers]
        if content_length is not None:
            headers.append((b"content-length", b"%d" % content_length))
        await self._send({"type": "http.response.start", "status": reply.status, "headers": headers})

    async def send_piece(self, piece: bytes, *, last: bool = False) -> None:
        """Send some bytes of the body."""
        await self._send({"type": "http.response.body", "body": piece, "more_body": not last})

    async def gone(self) -> None:
        """Wait until the other side has gone."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def pause(self, seconds: float) -> bool:
        """Wait; False when the other side went away meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                await self.gone()
        except TimeoutError:
            return True
        return False

    async def hang_up(self, *, reset: bool = False) -> None:
        """Close the connection once what was written is out; with `reset` at once, by a TCP reset."""
        if reset:
            raw = self._transport.get_extra_info("socket")
            if raw is not None:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
        else:
            self._transport.close()
        await self.gone()
