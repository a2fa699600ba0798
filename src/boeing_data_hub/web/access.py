"""Access by API keys with scopes, sent as `Authorization: Bearer KEY` or `X-API-Key: KEY`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Annotated

from fastapi import Depends, Request
from starlette.types import Scope

from boeing_data_hub.app import Hub
from boeing_data_hub.clock import monotonic
from boeing_data_hub.db import api_keys
from boeing_data_hub.db.api_keys import ApiKey
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import Forbidden, HubError, Unauthorized
from boeing_data_hub.web.prefix import inner_path
from boeing_data_hub.web.security_events import note

SCOPES = ("read", "search", "publish", "admin")
# A key that may start something may also read it. Searching never implies publishing.
_IMPLIED = {
    "read": {"read"},
    "search": {"search", "read"},
    "publish": {"publish", "read"},
    "admin": {"admin", "publish", "search", "read"},
}
FOUND = "hub.principal"
"""The key under which the gate stores, in a request's scope, its principal or the look-up's error."""
REMEMBER_SECONDS = 2.0  # seconds; a stream notices a second later, and 3 seconds are promised
_MOST_REMEMBERED = 1000
_LINKS = "/sign-in/"


def granted(scopes: Iterable[str]) -> frozenset[str]:
    """These scopes and the ones they imply."""
    return frozenset(one for scope in scopes for one in _IMPLIED.get(scope, ()))


@dataclass(frozen=True, slots=True)
class Principal:
    """The API key behind a request."""

    key_id: str
    name: str
    scopes: frozenset[str]

    @property
    def owner(self) -> str:
        """The name of this principal in batches and in the audit log."""
        return f"key:{self.key_id}"


class KeyLookup:
    """Looks keys up, and caches them for two seconds."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._known: dict[str, tuple[float, Principal]] = {}
        self._lock = Lock()

    def remembered(self, key: str) -> Principal | None:
        """The principal of a key that was just looked up; None: the database must be asked."""
        with self._lock:
            found = self._known.get(key)
        return found[1] if found and found[0] > monotonic() else None

    def principal(self, key: str) -> Principal:
        """The principal of a key. Raises Unauthorized."""
        if found := self.remembered(key):
            return found
        now = monotonic()
        looks_right = key.startswith("bdh_") and len(key) < 100 and key.isascii()  # noqa: PLR2004 - ours have 56

        def step(work: Work) -> ApiKey | None:
            record = api_keys.find(work, key)
            if record is not None:
                api_keys.touch(work, record.id)
            return record

        record = self._hub.front_database.run(step, hurry=True) if looks_right else None
        if record is None:
            raise Unauthorized(
                "This API key is unknown, expired or revoked. Create one with `bdh keys create NAME --scope search`."
            )
        principal = Principal(record.id, record.name, granted(record.scopes))
        with self._lock:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = (now + REMEMBER_SECONDS, principal)
        return principal


def address_of(scope: Scope) -> str:
    """The address a request came from, for the log."""
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


def path_for_log(scope: Scope) -> str:
    """The path of a request for the log. The token of a one-time link is left out."""
    path = inner_path(scope)
    return f"{_LINKS}…" if path.startswith(_LINKS) else path


def key_of(request: Request) -> str:
    """The key of a request; empty if there is none."""
    header = request.headers.get("authorization", "")
    if header[:7].lower() == "bearer ":
        return header[7:].strip()
    return request.headers.get("x-api-key", "").strip()


def admitted(request: Request, scope: str) -> Principal:
    """The principal of a request whose key has this scope. Raises Unauthorized, Forbidden and Unavailable."""
    key = key_of(request)
    if not key:
        raise Unauthorized(
            "Send an API key as `Authorization: Bearer KEY` or `X-API-Key: KEY`. "
            "Create one with `bdh keys create NAME --scope search`."
        )
    found = request.scope.get(FOUND)
    if isinstance(found, HubError):
        raise found
    key_lookup: KeyLookup = request.app.state.key_lookup
    principal = found if isinstance(found, Principal) else key_lookup.principal(key)
    insist(principal, scope)
    return principal


def needs(scope: str) -> Callable[[Request], Awaitable[Principal]]:
    """A dependency that admits only keys with this scope. The gate has looked up the key, so it needs no thread."""

    async def check(request: Request) -> Principal:
        return admitted(request, scope)

    return check


def check_key(request: Request) -> None:
    """Raise Unauthorized when the key of a long request has been revoked or has expired meanwhile."""
    key_lookup: KeyLookup = request.app.state.key_lookup
    key_lookup.principal(key_of(request))


def the_hub(request: Request) -> Hub:
    """The hub of this process."""
    hub: Hub = request.app.state.hub
    return hub


def insist(principal: Principal, scope: str) -> None:
    """Check a scope that depends on the subject: a key for searches does not cancel a publish run.

    Raises:
        Forbidden: the principal lacks the scope.
    """
    if scope not in principal.scopes:
        note("scope_missing", key=principal.key_id, scope=scope)
        raise Forbidden(f"This needs the scope `{scope}`, which the key {principal.name!r} does not have.")


async def _hub_of(request: Request) -> Hub:
    return the_hub(request)


TheHub = Annotated[Hub, Depends(_hub_of)]
Reader = Annotated[Principal, Depends(needs("read"))]
Searcher = Annotated[Principal, Depends(needs("search"))]
Publisher = Annotated[Principal, Depends(needs("publish"))]
Admin = Annotated[Principal, Depends(needs("admin"))]
