"""Identifies the caller of a request before its body is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.types import Scope

from boeing_data_hub.app import Hub
from boeing_data_hub.db import sessions
from boeing_data_hub.errors import HubError, Unauthorized
from boeing_data_hub.web.access import FOUND, KeyLookup, Principal, address_of, key_of
from boeing_data_hub.web.console.cookies import SESSION
from boeing_data_hub.web.quoting import SECRET_HEADER, is_secret
from boeing_data_hub.web.security_events import note

_LOOKS: Final = 8
"""Look-ups at a time, in separate threads, so that callers are identified even while all other threads are busy."""
_KEY: Final = re.compile(r"bdh_([0-9a-f]{8})_")  # as db/api_keys.py creates them


@dataclass(frozen=True, slots=True)
class Caller:
    """A known caller. Rate limits are counted by `name`."""

    kind: Literal["key", "webhook", "session"]
    name: str


class Callers:
    """Identifies callers.

    Args:
        hub: this process's hub.
        key_lookup: looks up API keys.
    """

    def __init__(self, hub: Hub, key_lookup: KeyLookup) -> None:
        self._hub = hub
        self._key_lookup = key_lookup
        self._looks = CapacityLimiter(_LOOKS)

    async def of_api(self, scope: Scope) -> Caller | None:
        """The caller whose key or secret a request has; None if unknown. The result is stored in the scope."""
        request = Request(scope)
        if sent := request.headers.getlist(SECRET_HEADER):
            return Caller("webhook", "webhook") if is_secret(self._hub.settings, sent) else None
        key = key_of(request)
        if not key:
            return None
        found: Principal | HubError | None = self._key_lookup.remembered(key)
        if found is None:
            try:
                found = await to_thread.run_sync(self._key_lookup.principal, key, limiter=self._looks)
            except Unauthorized as error:
                note("key_rejected", address=address_of(scope), key=_id_of(key))
                found = error
            except HubError as error:
                found = error
        scope[FOUND] = found
        return Caller("key", found.owner) if isinstance(found, Principal) else None

    async def of_console(self, scope: Scope) -> Caller | None:
        """The caller whose session a request has; None if unknown, or if the database does not answer."""
        request = Request(scope)
        token = SESSION.value(request)
        if not token:
            return None
        try:
            session = await to_thread.run_sync(self._session, token, limiter=self._looks)
        except HubError:
            return None
        return Caller("session", session.owner) if session else None

    def _session(self, token: str) -> sessions.Session | None:
        return self._hub.front_database.run(lambda work: sessions.find(work, token), hurry=True)


def _id_of(key: str) -> str:
    """The public part of a sent key; empty if it does not have the form of our keys."""
    found = _KEY.match(key)
    return found.group(1) if found else ""
