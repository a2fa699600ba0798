"""How the gate rejects a request before its route: as a problem document, like every error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.types import Receive, Scope, Send

from boeing_data_hub.errors import Forbidden, Refused
from boeing_data_hub.web import rates
from boeing_data_hub.web.access import address_of
from boeing_data_hub.web.prefix import inner_path
from boeing_data_hub.web.problems import refused
from boeing_data_hub.web.security_events import note

_SHOWN: Final = 200  # characters of a path in the log


class _TooManyRequests(Refused):
    """The caller's rate is used up."""

    code = "rate_limited"
    status = 429
    title = "Too many requests"


def of_another_site(scope: Scope) -> Forbidden:
    """The rejection of a request that a page of another site caused; it is recorded."""
    note("api_cross_site", path=inner_path(scope)[:_SHOWN], address=address_of(scope))
    return Forbidden("A page of another site caused this request. Nothing was changed.", code="cross_site")


def too_many(over: Sequence[rates.Standing]) -> Refused:
    """The rejection of a caller whose rates are used up."""
    longest = max(over, key=lambda one: one.reset)
    return _TooManyRequests(
        f"This caller may make {longest.policy.quota:,} requests ({longest.policy.name}) a minute. Nothing was "
        f"changed. Try again in {longest.reset:.0f} s.",
        retry_after=longest.reset,
    )


async def answer(error: Refused, scope: Scope, receive: Receive, send: Send, *, close: bool = False) -> None:
    """Send a rejection; `close` ends the connection, because the body was not read to its end."""
    response = refused(error)
    if close:
        response.headers["Connection"] = "close"
    await response(scope, receive, send)
