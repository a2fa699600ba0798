"""Sends traces through the hub's own HTTP client, so that its proxies and certificates apply.

Only `tracing.py` imports this, where the extra `otel` is installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx2
import structlog
from opentelemetry.exporter.http.transport._base import BaseHTTPResult, BaseHTTPTransport

from boeing_data_hub.deadline import ends_within
from boeing_data_hub.network.faults import fault_of
from boeing_data_hub.network.outgoing import Network

log = structlog.get_logger(__name__)

_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Result(BaseHTTPResult):
    response: httpx2.Response | None = field(default=None, compare=False)

    def content(self) -> bytes:
        return self.response.content if self.response is not None else b""

    def headers(self) -> Mapping[str, str]:
        return self.response.headers if self.response is not None else {}


class OtlpTransport(BaseHTTPTransport):
    """The exporter's transport. A proxy or certificate fault is logged once, until a call succeeds.

    Args:
        network: certificates and proxies to use.
    """

    def __init__(self, network: Network) -> None:
        self._client = network.client(connections=2, keep_idle=30.0)
        self._said = ""

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str] | None = None,
        timeout: float | None = None,
        data: bytes | None = None,
    ) -> BaseHTTPResult:
        """See `BaseHTTPTransport`."""
        try:
            with ends_within(timeout or _SECONDS):
                response = self._client.request(method, url, headers=headers, content=data)
        except httpx2.HTTPError as error:
            fault = fault_of(error, urlsplit(url).hostname or "")
            if fault and fault.sentence != self._said:
                self._said = fault.sentence
                log.warning("traces are not sent", why=fault.said)
            return _Result(error=error)
        self._said = ""
        return _Result(response.status_code, response.reason_phrase, None, response)

    def close(self) -> None:
        """See `BaseHTTPTransport`."""
        self._client.close()

    def is_connection_error(self, exception: Exception | None) -> bool:
        """See `BaseHTTPTransport`."""
        # No retry for faults that a person must fix: a stopping process would wait for it.
        return isinstance(exception, httpx2.TransportError) and fault_of(exception, "") is None
