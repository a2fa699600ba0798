"""A deadline for a whole call, enforced at the socket: it also ends a response that arrives byte by byte.

The HTTP client's own timeouts restart with every read, so one byte a second would block a worker for hours.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore2
import httpx2

from boeing_data_hub.clock import monotonic

_ends_at: ContextVar[float] = ContextVar("call_ends_at")


@contextmanager
def ends_within(seconds: float) -> Generator[None]:
    """End all network activity of this thread in the block after `seconds`.

    An enclosing block's earlier deadline still applies. Only the system's name resolution is not bounded.
    """
    token = _ends_at.set(min(monotonic() + seconds, _ends_at.get(float("inf"))))
    try:
        yield
    finally:
        _ends_at.reset(token)


def _left(timeout: float | None, too_late: type[httpcore2.TimeoutException]) -> float | None:
    ends_at = _ends_at.get(float("inf"))
    if ends_at == float("inf"):
        return timeout
    left = ends_at - monotonic()
    if left <= 0:
        raise too_late("the call's time is over")
    return left if timeout is None else min(left, timeout)


class _TimedStream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        try:
            left = _left(timeout, httpcore2.ConnectTimeout)
        except httpcore2.ConnectTimeout:
            self.close()  # as after a failed handshake: nothing else owns this socket yet
            raise
        return _TimedStream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _TimedBackend(httpcore2.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        # The connect timeout applies to each address of a host; the call's deadline to all of them.
        options = list(socket_options or ())
        failure: Exception = httpcore2.ConnectError("the host has no address")
        for address in _addresses(host, port):
            left = _left(timeout, httpcore2.ConnectTimeout)
            try:
                return _TimedStream(super().connect_tcp(address, port, left, local_address, options))
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore2.ConnectError("the host name does not resolve") from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class TimedTransport(httpx2.HTTPTransport):
    """HTTPS with pooled connections, verified certificates and `ends_within`. `network/outgoing.py` makes them.

    Args:
        connections: most connections at a time, and kept open.
        keep_idle: seconds an unused connection is kept.
        tls: verifies servers; None: the system's certificates.
        via: proxy for all calls; None: direct.
    """

    def __init__(
        self,
        *,
        connections: int,
        keep_idle: float,
        tls: ssl.SSLContext | None = None,
        via: httpx2.Proxy | None = None,
    ) -> None:
        # Replaces the inherited constructor, which cannot pass our network backend to the pool.
        options: dict[str, Any] = {
            "ssl_context": tls or httpx2.create_ssl_context(trust_env=False),
            "max_connections": connections,
            "max_keepalive_connections": connections,
            "keepalive_expiry": keep_idle,
            "network_backend": _TimedBackend(),
        }
        if via is None:
            self._pool = httpcore2.ConnectionPool(**options)
        else:
            self._pool = httpcore2.HTTPProxy(
                proxy_url=str(via.url), proxy_auth=via.raw_auth, proxy_ssl_context=via.ssl_context, **options
            )
