"""The CLI's client of the HTTP API, which any other program can use in the same way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import httpx2

from boeing_data_hub.errors import (
    BadInput,
    Conflict,
    Forbidden,
    Malformed,
    NotFound,
    Refused,
    TooLarge,
    Unauthorized,
    Unavailable,
)
from boeing_data_hub.network.faults import fault_of
from boeing_data_hub.network.outgoing import Network

_BY_STATUS: dict[int, type[Refused]] = {
    400: Malformed,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    422: BadInput,
}


Document = dict[str, Any]
"""A JSON object of the API, in a request or a response. The CLI knows no more of its types than any other client."""


class Api:
    """A client of one hub.

    Args:
        url: where the API is.
        key: the API key.
        network: proxies and certificates. The loopback address is never called through a proxy.

    Raises:
        BadInput: the address is invalid.
        Unauthorized: the key has invalid characters.
    """

    def __init__(self, url: str, key: str, *, network: Network | None = None) -> None:
        self.url = url.rstrip("/")
        if not key.isascii():
            raise Unauthorized("The API key contains characters that no hub key contains. Correct HUB_API_KEY.")
        try:
            self._client = (network or Network()).client(
                connections=10,
                keep_idle=5.0,
                tls=not self.url.startswith("http://"),  # reading certificates takes longer than most commands
                base_url=self.url,
                headers={"Authorization": f"Bearer {key}"} if key else {},
                timeout=httpx2.Timeout(60, connect=5),
            )
        except httpx2.InvalidURL:
            raise BadInput(
                "HUB_API_URL is not a valid address. Write it like http://127.0.0.1:8000.", code="bad_api_url"
            ) from None

    def call(self, method: str, path: str, **options: Any) -> Any:
        """Send one request and return the decoded answer.

        Raises:
            Refused: one of its subclasses, with the API's message.
        """
        try:
            response = self._client.request(method, path, **options)
        except httpx2.TransportError as lost:
            fault = fault_of(lost, self._client.base_url.host)
            said = f"cannot be reached. {fault.said}" if fault else f"is not responding ({type(lost).__name__})."
            todo = "" if fault else " Start it with `bdh up`, or set HUB_API_URL."
            raise Unavailable(f"The hub at {self.url} {said}{todo}", code="hub_unreachable") from lost
        return _decoded(response)

    def download(self, path: str, **options: Any) -> Iterator[bytes]:
        """Yield a download in chunks."""
        try:
            with self._client.stream("GET", path, **options) as response:
                if response.status_code >= 400:  # noqa: PLR2004 - HTTP's own number
                    response.read()
                    _decoded(response)
                yield from response.iter_bytes()
        except httpx2.TransportError as lost:
            raise Unavailable(f"The hub at {self.url} stopped responding.", code="hub_unreachable") from lost

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _decoded(response: httpx2.Response) -> Any:
    if response.status_code < 400:  # noqa: PLR2004 - HTTP's own number
        if response.status_code == 204:  # noqa: PLR2004 - HTTP's own number
            return None
        try:
            return response.json()
        except ValueError:
            raise Unavailable(
                f"The server at {response.url.host}:{response.url.port or ''} is not a hub. Set HUB_API_URL.",
                code="not_a_hub",
            ) from None
    try:
        body: Any = response.json()
    except ValueError:
        body = None
    problem = cast("Document", body) if isinstance(body, dict) else {}
    kind = _BY_STATUS.get(response.status_code, Unavailable)
    known = {"type", "title", "status", "detail", "code"}
    raise kind(
        problem.get("detail", f"The hub answered {response.status_code}."),
        code=problem.get("code", "error"),
        details={k: v for k, v in problem.items() if k not in known},
    )
