"""API keys: only a hash is kept. A key has 256 random bits, so a fast hash is enough, and cheap on every request."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from boeing_data_hub.store.work import Work

_KEY = "id, name, scopes, created_at, expires_at, revoked_at, last_used_at"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key: everything but the key."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _from_row(row: dict[str, Any]) -> ApiKey:
    values: dict[str, Any] = {**row, "scopes": tuple(row["scopes"])}
    return ApiKey(**values)


def create(work: Work, *, name: str, scopes: Sequence[str], days: int | None = None) -> tuple[ApiKey, str]:
    """Make a key; the second value is the key itself, shown once and never again.

    Args:
        work: the transaction.
        name: for people, e.g. "nightly import".
        scopes: any of read, search, publish, admin.
        days: days until it expires; None: never.
    """
    key_id = secrets.token_hex(4)
    key = f"bdh_{key_id}_{secrets.token_urlsafe(32)}"
    row = work.row(
        f"INSERT INTO hub.api_keys (id, name, key_hash, scopes, expires_at)"  # noqa: S608 - constant columns
        f" VALUES (%s, %s, %s, %s, now() + %s * interval '1 day') RETURNING {_KEY}",
        [key_id, name, _hash(key), list(scopes), days],
    )
    assert row is not None  # noqa: S101 - RETURNING of one inserted row
    return _from_row(row), key


def find(work: Work, key: str) -> ApiKey | None:
    """The live key that hashes to this, or None when there is none, or it is revoked or expired."""
    row = work.row(
        f"SELECT {_KEY} FROM hub.api_keys WHERE key_hash = %s AND revoked_at IS NULL"  # noqa: S608
        " AND (expires_at IS NULL OR expires_at > now())",
        [_hash(key)],
    )
    return _from_row(row) if row else None


def touch(work: Work, key_id: str) -> None:
    """Note that the key was used, to the minute: enough to find unused keys, and no write per request."""
    work.do(
        "UPDATE hub.api_keys SET last_used_at = now() WHERE id = %s"
        " AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')",
        [key_id],
    )


def all_keys(work: Work) -> list[ApiKey]:
    """Every key, also revoked ones, newest first."""
    return [_from_row(row) for row in work.rows(f"SELECT {_KEY} FROM hub.api_keys ORDER BY created_at DESC")]  # noqa: S608


def revoke(work: Work, key_id: str) -> ApiKey | None:
    """Revoke a key by id; it stops working within seconds everywhere, its sessions at once. None when there is none."""
    row = work.row(
        f"UPDATE hub.api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = %s RETURNING {_KEY}",  # noqa: S608
        [key_id],
    )
    return _from_row(row) if row else None


def names(work: Work) -> dict[str, str]:
    """Key id → name, for lists that say who did something."""
    return {row["id"]: row["name"] for row in work.rows("SELECT id, name FROM hub.api_keys")}


def find_by_id(work: Work, key_id: str) -> ApiKey | None:
    """The live key with this id, or None when there is none, or it is revoked or expired."""
    row = work.row(
        f"SELECT {_KEY} FROM hub.api_keys WHERE id = %s AND revoked_at IS NULL"  # noqa: S608 - constant columns
        " AND (expires_at IS NULL OR expires_at > now())",
        [key_id],
    )
    return _from_row(row) if row else None
