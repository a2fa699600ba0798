"""The CLI's way to the API: the same HTTP any other program would use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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
    """

    def __init__(self, url: str, key: str) -> None:
        self.url = url.rstrip("/")
        self._client = httpx2.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx2.Timeout(60, connect=5),
            trust_env=False,
        )

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

    def text(self, path: str, **options: Any) -> Iterator[str]:
        """A download, piece by piece."""
        try:
            with self._client.stream("GET", path, **options) as response:
                if response.status_code >= 400:  # noqa: PLR2004 - HTTP's own number
                    response.read()
                    _decoded(response)
                yield from response.iter_text()
        except httpx2.TransportError as lost:
            raise Unavailable(f"The hub at {self.url} stopped answering.", code="hub_unreachable") from lost

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _decoded(response: httpx2.Response) -> Any:
    if response.status_code < 400:  # noqa: PLR2004 - HTTP's own number
        return response.json()
    try:
        problem: dict[str, Any] = response.json()
    except ValueError:
        problem = {}
    kind = _BY_STATUS.get(response.status_code, Unavailable)
    known = {"type", "title", "status", "detail", "code"}
    raise kind(
        problem.get("detail", f"The hub answered {response.status_code}."),
        code=problem.get("code", "error"),
        details={k: v for k, v in problem.items() if k not in known},
    )
