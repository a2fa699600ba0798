"""One HTTP exchange with Boeing, bounded in time and size. Every failure becomes one of the hub's errors."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import Final

import httpx2

from boeing_data_hub import __version__
from boeing_data_hub.boeing.failures import malformed
from boeing_data_hub.errors import Retry
from boeing_data_hub.network.exchange import ExchangeError, HttpExchange, Reply
from boeing_data_hub.network.outgoing import Network

_CONNECTIONS = 32
_KEEP_IDLE = 45.0  # seconds: longer than the gap of calls at two a minute, shorter than the usual minute of gateways

FIXED_HEADERS: Final = {
    "User-Agent": f"boeing-data-hub/{__version__}",
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
}


@dataclass(frozen=True, slots=True)
class Question:
    """A request. Fields that may contain a secret are not in its repr.

    Attributes:
        echoes: tokens to remove from the response's body, which is stored: some gateways quote the Authorization header
            in their errors.
    """

    method: str
    url: httpx2.URL
    headers: httpx2.Headers = field(repr=False)
    content: bytes | None = field(default=None, repr=False)
    echoes: tuple[bytes, ...] = field(default=(), repr=False)


class Exchange:
    """Sends requests over pooled connections; safe to use from several threads.

    Args:
        connect_timeout: seconds to open a connection to one address.
        max_body_bytes: maximum size of a body.
        network: proxies and certificates.
        transport: replaces the network in tests.
    """

    def __init__(
        self,
        *,
        connect_timeout: float,
        max_body_bytes: int,
        network: Network | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        _keep_headers_out_of_logs()
        self._max_body_bytes = max_body_bytes
        self._exchange = HttpExchange(
            network,
            connections=_CONNECTIONS,
            keep_idle=_KEEP_IDLE,
            connect_timeout=connect_timeout,
            transport=transport,
        )

    def send(self, question: Question, *, seconds: float) -> Reply:
        """Send a request, and read the response. The body of an error is only read in part.

        Args:
            question: the request.
            seconds: maximum duration.

        Raises:
            Retry: `boeing_unreachable` (whole line), `boeing_timeout`, `boeing_connection_lost`, `boeing_malformed`.
        """
        request = httpx2.Request(question.method, question.url, headers=question.headers, content=question.content)
        # Exceptions are not chained: the library's texts may quote header lines, including tokens.
        try:
            reply = self._exchange.send(request, seconds=seconds, most=self._max_body_bytes)
        except ExchangeError as error:
            failure = translate(error)
        else:
            body = _without(reply.body, question.echoes)
            if not reply.is_cut:
                return replace(reply, body=body)
            failure = malformed(
                body,
                f"Boeing's response is larger than {self._max_body_bytes:,} bytes and was not read to the end."
                " The hub will retry.",
            )
        raise failure

    def close(self) -> None:
        """Close all connections. A call in progress fails, at its deadline at the latest."""
        self._exchange.close()


def _without(body: bytes, echoes: tuple[bytes, ...]) -> bytes:
    for echo in echoes:
        if echo in body:
            body = body.replace(echo, b"[removed]")
    return body


def translate(error: ExchangeError) -> Retry:
    """The hub's error for a failed exchange."""
    if error.fault is not None:
        blocked = Retry(
            f"Boeing cannot be reached. {error.fault.said} No part has failed; work continues when this is corrected.",
            code="boeing_unreachable",
            whole_line=True,
        )
        blocked.fault = error.fault.kind
        return blocked
    match error.kind:
        case "closed":
            said, code = "The hub is stopping, so Boeing was not called.", "boeing_connection_lost"
        case "unreachable":
            return Retry(
                "Boeing cannot be reached. No part has failed; work continues when Boeing responds.",
                code="boeing_unreachable",
                whole_line=True,
            )
        case "timeout":
            said, code = "Boeing did not respond in time.", "boeing_timeout"
        case "unreadable":
            said, code = "Boeing's response could not be decompressed.", "boeing_malformed"
        case "lost":
            said, code = "The connection to Boeing broke before the response was complete.", "boeing_connection_lost"
    return Retry(f"{said} The hub will retry.", code=code)


class _HidesHeaders(logging.Filter):
    """Boeing sends its part token in a response header, and the HTTP library logs response headers at DEBUG."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if "headers" in text and ("return_value" in text or "exception" in text):
            record.msg, record.args = text.partition(" ")[0] + " (not shown: headers may hold tokens)", ()
        return True


_hides_headers = _HidesHeaders()


def _keep_headers_out_of_logs() -> None:
    logging.getLogger("httpcore2.http11").addFilter(_hides_headers)  # adding it twice has no effect
