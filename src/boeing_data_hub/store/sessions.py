"""Console sessions and one-time sign-in links. Only hashes of them are kept; both have 256 random bits."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from boeing_data_hub.store.work import Work

LASTS_HOURS: Final = 12
IDLE_MINUTES: Final = 30
LINK_MINUTES: Final = 10


@dataclass(frozen=True, slots=True)
class Session:
    """A living session.

    Attributes:
        owner: under which name requests are kept, as `key:1a2b3c4d` or `person:subject`.
        scopes: of the key as it is now, or as the identity provider said at sign-in.
        csrf: what every form of this session must carry.
    """

    owner: str
    name: str
    scopes: tuple[str, ...]
    csrf: str
    created_at: datetime
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
    """Begin a session for a key or a person; the token for its cookie, kept nowhere else. Dead ones are swept out."""
    token = secrets.token_urlsafe(32)
    work.do(
        "DELETE FROM hub.sessions WHERE expires_at < now() OR last_seen_at < now() - %s * interval '1 minute'",
        [IDLE_MINUTES],
    )
    work.do(
        "INSERT INTO hub.sessions (id_hash, key_id, person, name, scopes, csrf, expires_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, now() + %s * interval '1 hour')",
        [_hash(token), key_id, person, name, list(scopes), secrets.token_urlsafe(32), LASTS_HOURS],
    )
    return token


def find(work: Work, token: str) -> Session | None:
    """The living session of a cookie: not ended, not idle, and its key neither revoked nor expired."""
    row = work.row(
        "SELECT coalesce('key:' || s.key_id, 'person:' || s.person) AS owner, s.name, coalesce(k.scopes, s.scopes)"
        "   AS scopes, s.csrf, s.created_at, s.expires_at"
        " FROM hub.sessions s LEFT JOIN hub.api_keys k ON k.id = s.key_id"
        " WHERE s.id_hash = %s AND s.expires_at > now() AND s.last_seen_at > now() - %s * interval '1 minute'"
        "   AND (s.key_id IS NULL OR (k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())"
        "        AND k.id IS NOT NULL))",
        [_hash(token), IDLE_MINUTES],
    )
    if row is None:
        return None
    values: dict[str, Any] = {**row, "scopes": tuple(row["scopes"])}
    return Session(**values)


def touch(work: Work, token: str) -> None:
    """Note that a person was here, to the minute: no write per request."""
    work.do(
        "UPDATE hub.sessions SET last_seen_at = now() WHERE id_hash = %s"
        " AND last_seen_at < now() - interval '1 minute'",
        [_hash(token)],
    )


def end(work: Work, token: str) -> bool:
    """End a session; False when there was none."""
    return bool(work.do("DELETE FROM hub.sessions WHERE id_hash = %s", [_hash(token)]))


def end_of_key(work: Work, key_id: str) -> int:
    """End every session that stands on a key. Returns how many."""
    return work.do("DELETE FROM hub.sessions WHERE key_id = %s", [key_id])


def make_link(work: Work, key_id: str) -> str:
    """A token that signs one browser in with this key, once, within `LINK_MINUTES`."""
    token = secrets.token_urlsafe(32)
    work.do("DELETE FROM hub.sign_in_links WHERE expires_at < now()")
    work.do(
        "INSERT INTO hub.sign_in_links (token_hash, key_id, expires_at)"
        " VALUES (%s, %s, now() + %s * interval '1 minute')",
        [_hash(token), key_id, LINK_MINUTES],
    )
    return token


def link_is_good(work: Work, token: str) -> bool:
    """Whether the link could still be used; looking does not use it up."""
    return bool(
        work.value(
            "SELECT 1 FROM hub.sign_in_links WHERE token_hash = %s AND expires_at > now()",
            [_hash(token)],
        )
    )


def use_link(work: Work, token: str) -> str | None:
    """Use a link up: the id of its key, or None when it was used before or has expired."""
    return work.value(
        "DELETE FROM hub.sign_in_links WHERE token_hash = %s AND expires_at > now() RETURNING key_id", [_hash(token)]
    )
