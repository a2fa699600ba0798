"""Immediate retries of calls that are safe to repeat: many parts depend on some of them, and each part has few tries of
its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Event
from typing import Any, Final, Protocol

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import RateLimited, Retry
from boeing_data_hub.retry import RetryPolicy

_UNANSWERED: Final = RetryPolicy(attempts=3, first=0.0, step=0.3, factor=1.0)
# A throttled call did nothing and does not count as a try; the pause is for a store that names no time.
_THROTTLED: Final = RetryPolicy(first=1.0, factor=1.0, total=60.0)


class AsksStore(Protocol):
    """The part of the store's client that publishing needs; see `ShopifyClient.run`."""

    def run(  # noqa: D102
        self,
        name: str,
        variables: Mapping[str, Any],
        *,
        points: float | None = None,
        keep_going: Callable[[], bool] = ...,
    ) -> dict[str, Any]: ...


def patiently(client: AsksStore, name: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Make a call up to three times. A throttled call is also repeated for up to a minute.

    Raises:
        HubError: as `ShopifyClient.run`, from the last try.
    """
    started = monotonic()
    tried = 0
    while True:
        try:
            return client.run(name, variables)
        except RateLimited as throttled:
            pause = throttled.retry_after or _THROTTLED.wait(1)
            if _THROTTLED.gives_up(1, elapsed=monotonic() + pause - started):
                raise
        except Retry as error:
            tried += 1
            if _UNANSWERED.gives_up(tried) or error.whole_line or error.retry_after:
                raise
            pause = _UNANSWERED.wait(tried)
        Event().wait(pause)
