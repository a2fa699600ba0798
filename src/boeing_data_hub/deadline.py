"""A deadline for a whole call, down in the sockets: it ends an answer that drips in byte by byte, headers included.

The HTTP client's own timeouts start anew with every read, so one byte a second would hold a worker for hours.
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
    """Everything this thread does on the network inside the block is over after `seconds`.

    An enclosing block's earlier end stays in force. The one thing not bounded is the system's name resolution.
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
            self.close()  # as a handshake that fails does: nobody else knows of this socket yet
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
        # Each address of a host gets the connect timeout for itself; all of them together end with the call.
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
    """HTTPS with pooled connections, verified certificates and `ends_within`; no proxy, nothing from the environment.

    Args:
        connections: most connections at a time, and kept open.
        keep_idle: seconds an unused connection is kept.
    """

    def __init__(self, *, connections: int, keep_idle: float) -> None:
        # In place of the inherited constructor, which has no way to hand the pool a network of our own.
        self._pool = httpcore2.ConnectionPool(
            ssl_context=httpx2.create_ssl_context(trust_env=False),
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=keep_idle,
            network_backend=_TimedBackend(),
        )
