"""Calls that may safely be made twice, made again at once where the answer stays away: many parts hang on some of them,
and each part has few tries of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Event
from typing import Any, Final, Protocol

from boeing_data_hub.errors import RateLimited, Retry

_TRIES: Final = 3
_PAUSE: Final = 0.3  # seconds before the third


class AsksStore(Protocol):
    """What publishing needs of the store's client; see `ShopifyClient.run`."""

    def run(  # noqa: D102
        self,
        name: str,
        variables: Mapping[str, Any],
        *,
        points: float | None = None,
        keep_going: Callable[[], bool] = ...,
    ) -> dict[str, Any]: ...


def patiently(client: AsksStore, name: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Make a call, up to three times.

    Raises:
        HubError: as `ShopifyClient.run`, of the last try.
    """
    for tried in range(1, _TRIES):
        try:
            return client.run(name, variables)
        except Retry as error:
            if error.whole_line or error.retry_after or isinstance(error, RateLimited):
                raise
        Event().wait(_PAUSE * (tried - 1))
    return client.run(name, variables)
