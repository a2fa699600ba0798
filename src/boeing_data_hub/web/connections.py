"""Limits on idle and slow connections: deadlines for headers, for the unread rest of a body and for reading a response;
a maximum size of headers; and if very many connections wait, the oldest is closed.

uvicorn only limits idle connections. Deadlines of bodies are in `gate.py`, where the caller is known.
"""

from __future__ import annotations

import asyncio
import resource
from asyncio import TimerHandle
from contextlib import suppress
from typing import Any, ClassVar, Final

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = structlog.get_logger(__name__)

_MOST_FILES: Final = 65_536
_SENTENCE: Final = b"The request's headers are too large."
_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%b" % (len(_SENTENCE), _SENTENCE)
)


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 protocol with deadlines.

    Attributes:
        HEAD_SECONDS: from a connection's or a request's first byte to the end of its headers.
        REST_SECONDS: for the rest of a body after the response.
        TAKE_SECONDS: for a client to read some of a response.
        MOST_HEAD: maximum bytes of request line and headers together.
        MOST_WAITING: maximum connections of this process without a complete request.
    """

    HEAD_SECONDS: ClassVar = 10.0
    REST_SECONDS: ClassVar = 5.0
    TAKE_SECONDS: ClassVar = 60.0
    MOST_HEAD: ClassVar = 32_768
    MOST_WAITING: ClassVar = 1_000

    _waiting: ClassVar[dict[GuardedProtocol, None]] = {}  # in the order in which they began to wait

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._deadline: TimerHandle | None = None
        self._take_deadline: TimerHandle | None = None
        self._head = 0  # bytes of an incomplete head
        self._in_head = True
        self._in_body = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait()
        self._set_deadline(self.HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._waiting.pop(self, None)
        self._set_deadline(None)
        self._stop_take_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Receive bytes. Close the connection if the head becomes too large."""
        if self._in_head:
            self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > self.MOST_HEAD and not self.transport.is_closing():
            self._refuse_head()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._set_deadline(self.HEAD_SECONDS)

    def on_headers_complete(self) -> None:
        """Start a request, unless its head is too large."""
        self._set_deadline(None)
        self._waiting.pop(self, None)
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        self._in_head, self._head = False, 0
        if size > self.MOST_HEAD:
            self._refuse_head()
            raise _HeadTooLargeError  # stops the parser
        self._in_body = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The body is complete; the next head may start in the same bytes."""
        super().on_message_complete()
        self._in_body = False
        self._in_head = True
        if self.cycle.response_complete:
            self._set_deadline(None)
            self._wait()

    def on_response_complete(self) -> None:
        """Wait for the next request, with a deadline for the unread rest of a body."""
        super().on_response_complete()
        if self.transport.is_closing():
            return
        if self._in_body:
            self._set_deadline(self.REST_SECONDS)
        else:
            self._wait()

    def pause_writing(self) -> None:
        """Start the deadline for a client that does not read the response."""
        super().pause_writing()
        self._stop_take_deadline()
        self._take_deadline = self.loop.call_later(self.TAKE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """End that deadline: the client reads again."""
        super().resume_writing()
        self._stop_take_deadline()

    def send_400_response(self, msg: str) -> None:
        """Respond that a request is not HTTP, unless its head was already rejected."""
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def _wait(self) -> None:
        self._waiting[self] = None
        if len(self._waiting) > self.MOST_WAITING:
            oldest = next(iter(self._waiting))
            del self._waiting[oldest]
            oldest.transport.abort()

    def _refuse_head(self) -> None:
        log.warning("a request's headers were too large", address=self.client[0] if self.client else "unknown")
        self.transport.write(_TOO_LARGE)
        self.transport.close()

    def _set_deadline(self, seconds: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self.transport.abort)

    def _stop_take_deadline(self) -> None:
        if self._take_deadline is not None:
            self._take_deadline.cancel()
            self._take_deadline = None


class _HeadTooLargeError(Exception):
    pass


def allow_many_connections() -> None:
    """Raise this process's limit of open files as far as allowed, because each connection needs one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
