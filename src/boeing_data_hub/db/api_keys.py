"""API keys. Only a hash is kept: a key has 256 random bits, so a fast hash is enough, and cheap on every request."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """The record of a key, without the key itself."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def create(work: Work, *, name: str, scopes: Sequence[str], days: int | None = None) -> tuple[ApiKey, str]:
    """Create a key. The second value is the key itself, which is shown only once.

    Args:
        work: the transaction.
        name: for people, e.g. "nightly import".
        scopes: any of read, search, publish, admin.
        days: until it expires; None: never.
    """
    key_id = secrets.token_hex(4)
    key = f"bdh_{key_id}_{secrets.token_urlsafe(32)}"
    record = work.record(ApiKey, _SQL["create"], [key_id, name, _hash(key), list(scopes), days])
    assert record is not None  # noqa: S101 - RETURNING of one inserted row
    return record, key


def find(work: Work, key: str) -> ApiKey | None:
    """The valid key with this hash, or None: unknown, revoked or expired."""
    return work.record(ApiKey, _SQL["find"], [_hash(key)])


def touch(work: Work, key_id: str) -> None:
    """Record the use of a key, to the minute: enough to find unused keys, without a write per request."""
    work.do(_SQL["touch"], [key_id])


def all_keys(work: Work) -> list[ApiKey]:
    """All keys, including revoked ones, newest first."""
    return work.records(ApiKey, _SQL["all_keys"])


def revoke(work: Work, key_id: str) -> ApiKey | None:
    """Revoke a key by id. It stops working within seconds, its sessions at once. None if there is no such key."""
    return work.record(ApiKey, _SQL["revoke"], [key_id])


def names(work: Work) -> dict[str, str]:
    """Names by key id, for lists that show who did something."""
    return {row["id"]: row["name"] for row in work.rows(_SQL["names"])}


def find_by_id(work: Work, key_id: str) -> ApiKey | None:
    """The valid key with this id, or None: unknown, revoked or expired."""
    return work.record(ApiKey, _SQL["find_by_id"], [key_id])
