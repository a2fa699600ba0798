"""The CLI's way to the API: the same HTTP any other program would use."""

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

_BY_STATUS: dict[int, type[Refused]] = {
    400: Malformed,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    422: BadInput,
}


class Api:
    """A client of one hub.

    Args:
        url: where the API is.
        key: the API key.

    Raises:
        BadInput: the address is none.
        Unauthorized: the key cannot be one.
    """

    def __init__(self, url: str, key: str) -> None:
        self.url = url.rstrip("/")
        if not key.isascii():
            raise Unauthorized("The API key has characters that no key of a hub has. Correct HUB_API_KEY.")
        try:
            self._client = httpx2.Client(
                base_url=self.url,
                headers={"Authorization": f"Bearer {key}"} if key else {},
                timeout=httpx2.Timeout(60, connect=5),
                trust_env=False,
            )
        except httpx2.InvalidURL:
            raise BadInput(
                "HUB_API_URL is no address. Write it like http://127.0.0.1:8000.", code="bad_api_url"
            ) from None

    def call(self, method: str, path: str, **options: Any) -> Any:
        """One request; the decoded answer.

        Raises:
            Refused: one of its classes, carrying what the API said.
        """
        try:
            response = self._client.request(method, path, **options)
        except httpx2.TransportError as lost:
            raise Unavailable(
                f"The hub at {self.url} does not answer ({type(lost).__name__}). "
                "Start it with `bdh up`, or set HUB_API_URL.",
                code="hub_unreachable",
            ) from lost
        return _decoded(response)

    def download(self, path: str, **options: Any) -> Iterator[bytes]:
        """A download, piece by piece."""
        try:
            with self._client.stream("GET", path, **options) as response:
                if response.status_code >= 400:  # noqa: PLR2004 - HTTP's own number
                    response.read()
                    _decoded(response)
                yield from response.iter_bytes()
        except httpx2.TransportError as lost:
            raise Unavailable(f"The hub at {self.url} stopped answering.", code="hub_unreachable") from lost

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _decoded(response: httpx2.Response) -> Any:
    if response.status_code < 400:  # noqa: PLR2004 - HTTP's own number
        try:
            return response.json()
        except ValueError:
            raise Unavailable(
                f"What answers at {response.url.host}:{response.url.port or ''} is not a hub. Set HUB_API_URL.",
                code="not_a_hub",
            ) from None
    try:
        told: Any = response.json()
    except ValueError:
        told = None
    problem: dict[str, Any] = cast("dict[str, Any]", told) if isinstance(told, dict) else {}
    kind = _BY_STATUS.get(response.status_code, Unavailable)
    known = {"type", "title", "status", "detail", "code"}
    raise kind(
        problem.get("detail", f"The hub answered {response.status_code}."),
        code=problem.get("code", "error"),
        details={k: v for k, v in problem.items() if k not in known},
    )
