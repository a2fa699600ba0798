"""Who may do what: API keys with scopes, sent as `Authorization: Bearer KEY` or `X-API-Key: KEY`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Annotated

from fastapi import Depends, Request

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import Forbidden, Unauthorized
from boeing_data_hub.hub import Hub
from boeing_data_hub.store import keys

SCOPES = ("read", "search", "publish", "admin")
# Whoever may start something may also watch it. Publishing is never implied by searching.
_IMPLIED = {
    "read": {"read"},
    "search": {"search", "read"},
    "publish": {"publish", "read"},
    "admin": {"admin", "publish", "search", "read"},
}
_REMEMBER_SECONDS = 3.0  # a revoked key works no longer than this
_MOST_REMEMBERED = 1000


def granted(scopes: Iterable[str]) -> frozenset[str]:
    """What these scopes allow, implied ones included."""
    return frozenset(one for scope in scopes for one in _IMPLIED.get(scope, ()))


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking."""

    key_id: str
    name: str
    scopes: frozenset[str]

    @property
    def owner(self) -> str:
        """The name under which this principal's requests are kept."""
        return f"key:{self.key_id}"


class Doorkeeper:
    """Looks keys up, and remembers them for a few seconds."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._known: dict[str, tuple[float, Principal]] = {}
        self._lock = Lock()

    def principal(self, key: str) -> Principal:
        """The principal behind a key. Raises Unauthorized."""
        now = monotonic()
        with self._lock:
            found = self._known.get(key)
        if found and found[0] > now:
            return found[1]
        looks_right = key.startswith("bdh_") and len(key) < 100 and key.isascii()  # noqa: PLR2004 - ours have 56
        record = self._hub.database.run(lambda work: keys.find(work, key)) if looks_right else None
        if record is None:
            raise Unauthorized(
                "This API key is not known, has expired or was revoked. "
                "`bdh keys create NAME --scope search` makes one."
            )
        principal = Principal(record.id, record.name, granted(record.scopes))
        self._hub.database.run(lambda work: keys.touch(work, record.id))
        with self._lock:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = (now + _REMEMBER_SECONDS, principal)
        return principal


def key_of(request: Request) -> str:
    """The key a request carries; empty when it carries none."""
    header = request.headers.get("authorization", "")
    if header[:7].lower() == "bearer ":
        return header[7:].strip()
    return request.headers.get("x-api-key", "").strip()


def needs(scope: str) -> Callable[[Request], Principal]:
    """A dependency that lets only keys with this scope through."""

    def check(request: Request) -> Principal:
        key = key_of(request)
        if not key:
            raise Unauthorized(
                "Send an API key as `Authorization: Bearer KEY` or `X-API-Key: KEY`. "
                "`bdh keys create NAME --scope search` makes one."
            )
        doorkeeper: Doorkeeper = request.app.state.doorkeeper
        principal = doorkeeper.principal(key)
        insist(principal, scope)
        return principal

    return check


def the_hub(request: Request) -> Hub:
    """The hub of this process."""
    hub: Hub = request.app.state.hub
    return hub


def insist(principal: Principal, scope: str) -> None:
    """Refuse where a route's need depends on what it is about: a publishing is not cancelled by who may only search.

    Raises:
        Forbidden: the principal lacks the scope.
    """
    if scope not in principal.scopes:
        raise Forbidden(f"This needs the scope `{scope}`, which the key {principal.name!r} does not have.")


TheHub = Annotated[Hub, Depends(the_hub)]
Reader = Annotated[Principal, Depends(needs("read"))]
Searcher = Annotated[Principal, Depends(needs("search"))]
Publisher = Annotated[Principal, Depends(needs("publish"))]
Admin = Annotated[Principal, Depends(needs("admin"))]
