"""One HTTP exchange with another server, bounded as a whole: in time, headers included, and in bytes.

Every outgoing call uses it. Redirects are never followed, so a secret is only sent to the host that a setting names.
Errors never include the HTTP library's text, which may quote headers and the tokens in them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import httpx2

from boeing_data_hub.deadline import ends_within
from boeing_data_hub.network.faults import Fault, fault_of
from boeing_data_hub.network.outgoing import Network

FAILURE_BYTES: Final = 65_536
"""Most bytes read of a failed response's body. Only its status matters."""

_FAILURE_SECONDS: Final = 5.0
_UNREACHABLE: Final = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.InvalidURL,
)
_UNREADABLE: Final = (httpx2.DecodingError, httpx2.TooManyRedirects)
_CAUGHT: Final = (
    *_UNREACHABLE,
    httpx2.HTTPError,
    httpx2.StreamError,
    httpx2.CookieConflict,
    httpx2.SSEError,
    OSError,
)

Failure = Literal["closed", "unreachable", "timeout", "unreadable", "lost"]


class ExchangeError(Exception):
    """No complete response arrived.

    Args:
        kind: `closed` (by us, before anything was sent), `unreachable` (nothing was sent), `timeout`, `unreadable` (the
            body could not be decompressed) or `lost` (the connection broke).
        fault: the certificate or proxy that caused it; None if neither did.
    """

    def __init__(self, kind: Failure, fault: Fault | None = None) -> None:
        super().__init__(kind)
        self.kind: Failure = kind
        self.fault = fault

    @property
    def not_sent(self) -> bool:
        """True if the server cannot have seen the request."""
        return self.kind in {"closed", "unreachable"}


@dataclass(frozen=True, slots=True)
class Reply:
    """A response, decompressed.

    Attributes:
        body: for a failure, only what could be read in a few seconds.
        is_cut: the body was longer than allowed.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    is_cut: bool = False

    @property
    def is_success(self) -> bool:
        """True for a status in the 200s."""
        return httpx2.codes.is_success(self.status)


class HttpExchange:
    """Sends requests over pooled connections; safe to use from several threads.

    Args:
        network: certificates and proxies to use.
        connections: most connections at a time, and kept open.
        keep_idle: seconds an unused connection is kept.
        connect_timeout: seconds to open a connection to one address; None: the exchange's whole time.
        transport: replaces the network in tests.
    """

    def __init__(
        self,
        network: Network | None = None,
        *,
        connections: int,
        keep_idle: float,
        connect_timeout: float | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._connect_timeout = connect_timeout
        self._client = (network or Network()).client(connections=connections, keep_idle=keep_idle, transport=transport)

    def send(self, request: httpx2.Request, *, seconds: float, most: int, host: str = "") -> Reply:
        """Send a request and read the response.

        Args:
            request: what to send.
            seconds: how long all of it may take.
            most: bytes of a successful response's body to keep, after decompression; a longer one is cut.
            host: as `opened`.

        Raises:
            ExchangeError: no complete response arrived. A failed status is returned even if its body is incomplete.
        """
        try:
            with self.opened(request, seconds=seconds, host=host) as response:
                if response.is_success:
                    return _reply(response, most)
                return _failure(response)
        except ExchangeError as error:
            failed = ExchangeError(error.kind, error.fault)
        raise failed  # without the library's error as its context

    @contextmanager
    def opened(self, request: httpx2.Request, *, seconds: float, host: str = "") -> Generator[httpx2.Response]:
        """Send a request; the body is read in the block, which must bound its bytes. All of it ends after `seconds`.

        Args:
            request: what to send.
            seconds: how long all of it may take, the block included.
            host: the host name to report, if it differs from the request's.

        Raises:
            ExchangeError: as `send`.
        """
        if self._client.is_closed:
            raise ExchangeError("closed")
        connect = seconds if self._connect_timeout is None else self._connect_timeout
        request.extensions = {
            **request.extensions,
            "timeout": {"connect": connect, "read": seconds, "write": seconds, "pool": seconds},
        }
        try:
            with ends_within(seconds):
                response = self._client.send(request, stream=True)
                try:
                    yield response
                finally:
                    response.close()
        except _CAUGHT as error:
            failed = failure_of(error, host or request.url.host)
        except RuntimeError:  # the client was closed meanwhile
            if not self._client.is_closed:
                raise
            failed = ExchangeError("lost")
        else:
            return
        raise failed

    def close(self) -> None:
        """Close all connections. A call in progress fails, at its deadline at the latest."""
        self._client.close()


def request_to(method: str, url: str, **parts: Any) -> httpx2.Request:
    """A request, with `headers`, `content`, `data` or `files`. Raises ExchangeError when the address is invalid."""
    try:
        return httpx2.Request(method, url, **parts)
    except (httpx2.InvalidURL, ValueError):
        failed = ExchangeError("unreachable")
    raise failed


def failure_of(error: Exception, host: str) -> ExchangeError:
    """Convert an error of the library by its class; its text is dropped."""
    kind: Failure = "lost"
    if isinstance(error, _UNREACHABLE):
        kind = "unreachable"
    elif isinstance(error, httpx2.TimeoutException):
        kind = "timeout"
    elif isinstance(error, _UNREADABLE):
        kind = "unreadable"
    return ExchangeError(kind, fault_of(error, host))


def _reply(response: httpx2.Response, most: int) -> Reply:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > most:
            break
    return Reply(response.status_code, response.headers, bytes(body[:most]), is_cut=len(body) > most)


def _failure(response: httpx2.Response) -> Reply:
    body = bytearray()
    try:
        with ends_within(_FAILURE_SECONDS):
            for chunk in _few(response.iter_bytes()):
                body += chunk
    except _CAUGHT:
        pass  # the status is enough, even if the body is incomplete
    return Reply(response.status_code, response.headers, bytes(body[:FAILURE_BYTES]))


def _few(chunks: Iterator[bytes]) -> Iterator[bytes]:
    read = 0
    for chunk in chunks:
        yield chunk
        read += len(chunk)
        if read >= FAILURE_BYTES:
            return
