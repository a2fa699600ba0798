"""Console sessions and one-time sign-in links. Only hashes of them are kept; both have 256 random bits."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from boeing_data_hub.db import audit
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import NotFound

_SQL: Final = beside(__file__)

LASTS_HOURS: Final = 12
PERSON_MINUTES: Final = 15
"""How long the identity provider's data about a person is valid."""
DUE_MINUTES: Final = 5
"""How long before it expires a page asks the provider again."""
IDLE_MINUTES: Final = 30
LINK_MINUTES: Final = 10


@dataclass(frozen=True, slots=True)
class Session:
    """A valid session.

    Attributes:
        owner: the name under which requests are recorded, as `key:1a2b3c4d` or `person:subject`.
        scopes: the key's current ones, or those from the identity provider at sign-in.
        csrf: the token that every form of this session must contain.
        is_due: True if the identity provider should be asked about the person again.
    """

    owner: str
    name: str
    scopes: tuple[str, ...]
    csrf: str
    created_at: datetime
    expires_at: datetime
    is_due: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A valid session as an administrator sees it. Its id gives no access."""

    id: str
    owner: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def begin(
    work: Work,
    *,
    name: str,
    key_id: str | None = None,
    person: str | None = None,
    scopes: Sequence[str] = (),
) -> str:
    """Begin a session for a key or a person, and delete expired ones. Returns the token for its cookie."""
    token = secrets.token_urlsafe(32)
    work.do(_SQL["sweep_out"], [IDLE_MINUTES])
    minutes = LASTS_HOURS * 60 if person is None else PERSON_MINUTES
    work.do(_SQL["begin"], [_hash(token), key_id, person, name, list(scopes), secrets.token_urlsafe(32), minutes])
    return token


def renew(work: Work, token: str, *, person: str, name: str, scopes: Sequence[str]) -> bool:
    """Extend a person's session, because the provider has identified them again.

    Returns:
        False if it is another person's, has ended, or has lasted `LASTS_HOURS`, so that a new one must begin.
    """
    values = {"person": person, "name": name, "scopes": list(scopes), "hash": _hash(token)}
    return bool(work.do(_SQL["renew"], {**values, "minutes": PERSON_MINUTES, "hours": LASTS_HOURS}))


def find(work: Work, token: str) -> Session | None:
    """The valid session of a cookie: not ended, not idle, and its key neither revoked nor expired."""
    return work.record(Session, _SQL["find"], [DUE_MINUTES, _hash(token), IDLE_MINUTES])


def touch(work: Work, token: str) -> None:
    """Record activity, to the minute, so that not every request writes."""
    work.do(_SQL["touch"], [_hash(token)])


def end(work: Work, token: str) -> bool:
    """End a session. False if there was none."""
    return bool(work.do(_SQL["end"], [_hash(token)]))


def living(work: Work) -> list[Listed]:
    """All valid sessions, the last active first."""
    return work.records(Listed, _SQL["living"], [IDLE_MINUTES])


def end_by_id(work: Work, session_id: str, *, actor: str) -> None:
    """End a session that `living` lists, and record who did. Its pages and streams end within 3 seconds.

    Raises:
        NotFound: it has already ended, or never existed.
    """
    owner = work.value(_SQL["end_by_id"], [session_id]) if session_id.isalnum() else None  # Postgres rejects NUL
    if owner is None:
        raise NotFound("This session has ended already, or doesn't exist.", code="session_not_found")
    audit.record(work, actor=actor, action="session.end", target=owner, details={"session": session_id})


def end_of_key(work: Work, key_id: str) -> int:
    """End all sessions of a key. Returns how many."""
    return work.do(_SQL["end_of_key"], [key_id])


def make_link(work: Work, key_id: str) -> str:
    """Create a token that signs in one browser with this key, once, within `LINK_MINUTES`."""
    token = secrets.token_urlsafe(32)
    work.do(_SQL["sweep_out_links"])
    work.do(_SQL["make_link"], [_hash(token), key_id, LINK_MINUTES])
    return token


def link_is_good(work: Work, token: str) -> bool:
    """True if the link can still be used. This does not use it."""
    return bool(work.value(_SQL["link_is_good"], [_hash(token)]))


def use_link(work: Work, token: str) -> str | None:
    """Use a link. Returns the id of its key, or None if it was already used or has expired."""
    return work.value(_SQL["use_link"], [_hash(token)])
