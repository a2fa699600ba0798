"""Calls that may safely be made twice, made again at once where the answer stays away: many parts hang on some of them,
and each part has few tries of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Event
from typing import Any, Final, Protocol

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import RateLimited, Retry

_TRIES: Final = 3
_PAUSE: Final = 0.3  # seconds before the third
_BREATH: Final = 1.0  # seconds after a throttled call, where the store names no time
_THROTTLED_SECONDS: Final = 60.0  # a throttled call did nothing and costs nobody a try, so that long it is made again


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
    """Make a call, up to three times; one that the store throttles is made again for up to a minute beside that.

    Raises:
        HubError: as `ShopifyClient.run`, of the last try.
    """
    ends_at = monotonic() + _THROTTLED_SECONDS
    tried = 0
    while True:
        try:
            return client.run(name, variables)
        except RateLimited as throttled:
            pause = throttled.retry_after or _BREATH
            if monotonic() + pause > ends_at:
                raise
        except Retry as error:
            tried += 1
            if tried >= _TRIES or error.whole_line or error.retry_after:
                raise
            pause = _PAUSE * (tried - 1)
        Event().wait(pause)
