"""One HTTP exchange with Boeing: bounded in time and size; whatever goes wrong leaves as one of the hub's errors."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpx2

from boeing_data_hub import __version__
from boeing_data_hub.boeing.failures import malformed
from boeing_data_hub.deadline import TimedTransport, ends_within
from boeing_data_hub.errors import Retry

_CONNECTIONS = 32
_KEEP_IDLE = 45.0  # seconds: longer than the gap of calls at two a minute, shorter than the usual minute of gateways
_FAILURE_BYTES = 65_536  # of a failure's body: its status is what counts
_FAILURE_SECONDS = 5.0

FIXED_HEADERS: Final = {
    "User-Agent": f"boeing-data-hub/{__version__}",
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
}

_UNREACHABLE = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.InvalidURL,
)
_UNREADABLE = (httpx2.DecodingError, httpx2.TooManyRedirects)
_ANY_OTHER = (httpx2.HTTPError, httpx2.StreamError, httpx2.CookieConflict, httpx2.SSEError, OSError)
_CAUGHT = (*_UNREACHABLE, *_UNREADABLE, *_ANY_OTHER)


@dataclass(frozen=True, slots=True)
class Question:
    """What is sent. What may hold a secret stays out of the repr.

    Attributes:
        echoes: tokens to be cut out of the reply's body: gateways are known to quote the Authorization header in their
            refusals, and what Boeing says is kept.
    """

    method: str
    url: httpx2.URL
    headers: httpx2.Headers = field(repr=False)
    content: bytes | None = field(default=None, repr=False)
    echoes: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: after decompression; of a failure as much of the body as was read in a few seconds."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Exchange:
    """Sends questions over pooled connections; safe to use from several threads.

    Args:
        connect_timeout: seconds to open a connection to one address.
        max_body_bytes: largest body read.
        transport: another way than the network, for tests.
    """

    def __init__(
        self, *, connect_timeout: float, max_body_bytes: int, transport: httpx2.BaseTransport | None = None
    ) -> None:
        _keep_headers_out_of_logs()
        self._connect_timeout = connect_timeout
        self._max_body_bytes = max_body_bytes
        self._client = httpx2.Client(
            transport=transport or TimedTransport(connections=_CONNECTIONS, keep_idle=_KEEP_IDLE),
            follow_redirects=False,  # our tokens go nowhere but where the settings say
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    def send(self, question: Question, *, seconds: float) -> Reply:
        """Ask, and read the reply whole.

        Args:
            question: what to send.
            seconds: how long all of it may take.

        Raises:
            Retry: `boeing_unreachable` (whole line), `boeing_timeout`, `boeing_connection_lost`, `boeing_malformed`.
        """
        request = httpx2.Request(
            question.method,
            question.url,
            headers=question.headers,
            content=question.content,
            extensions={
                "timeout": {"connect": self._connect_timeout, "read": seconds, "write": seconds, "pool": seconds}
            },
        )
        # Nothing below is chained to what we raise: the library's texts may quote header lines, tokens among them.
        if self._client.is_closed:
            raise Retry(
                "The hub is stopping, so Boeing was not asked. The parts are asked again.",
                code="boeing_connection_lost",
            )
        try:
            with ends_within(seconds):
                response = self._client.send(request, stream=True)
                try:
                    return self._read(response, question.echoes)
                finally:
                    response.close()
        except _CAUGHT as error:
            failure = translate(error)
        except RuntimeError:
            if not self._client.is_closed:
                raise
            failure = translate(httpx2.ReadError("closed"))
        raise failure from None

    def _read(self, response: httpx2.Response, echoes: tuple[bytes, ...]) -> Reply:
        if response.status_code == HTTPStatus.OK:
            return Reply(response.status_code, response.headers, self._whole_body(response, echoes))
        body = bytearray()
        try:
            with ends_within(_FAILURE_SECONDS):
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) >= _FAILURE_BYTES:
                        break
        except _CAUGHT:
            pass  # a 429 is a 429, however its body ends
        return Reply(response.status_code, response.headers, _without(bytes(body[:_FAILURE_BYTES]), echoes))

    def _whole_body(self, response: httpx2.Response, echoes: tuple[bytes, ...]) -> bytes:
        chunks: list[bytes] = []
        size = 0
        for chunk in response.iter_bytes():
            size += len(chunk)
            chunks.append(chunk)
            if size > self._max_body_bytes:
                raise malformed(
                    _without(b"".join(chunks), echoes),
                    f"Boeing's answer is larger than {self._max_body_bytes:,} bytes and was not read to its end."
                    " The parts are asked again.",
                )
        return _without(b"".join(chunks), echoes)

    def close(self) -> None:
        """Close all connections. A call under way fails, at the end of its time at the latest."""
        self._client.close()


def _without(body: bytes, echoes: tuple[bytes, ...]) -> bytes:
    for echo in echoes:
        if echo in body:
            body = body.replace(echo, b"[removed]")
    return body


def translate(error: Exception) -> Retry:
    """The hub's error for one of the HTTP library's; its class alone decides, its text is dropped."""
    if isinstance(error, _UNREACHABLE):
        return Retry(
            "Boeing cannot be reached. No part has failed; work goes on when it answers again.",
            code="boeing_unreachable",
            whole_line=True,
        )
    if isinstance(error, httpx2.TimeoutException):
        return Retry("Boeing did not answer in time. The parts are asked again.", code="boeing_timeout")
    if isinstance(error, _UNREADABLE):
        return Retry("Boeing's answer could not be unpacked. The parts are asked again.", code="boeing_malformed")
    return Retry(
        "The connection to Boeing broke before the answer was complete. The parts are asked again.",
        code="boeing_connection_lost",
    )


class _HidesHeaders(logging.Filter):
    """Boeing sends its part token in a response header, and the HTTP library writes response headers at DEBUG."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if "headers" in text and ("return_value" in text or "exception" in text):
            record.msg, record.args = text.partition(" ")[0] + " (not shown: headers may hold tokens)", ()
        return True


_hides_headers = _HidesHeaders()


def _keep_headers_out_of_logs() -> None:
    logging.getLogger("httpcore2.http11").addFilter(_hides_headers)  # adding it twice has no effect
