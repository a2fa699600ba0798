"""The audit log: who changed what, from which address. Each entry is written in the transaction of the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg.types.json import Jsonb

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)

caller_address: Final[ContextVar[str | None]] = ContextVar("caller_address", default=None)
"""The network address that the current request came from; None outside of requests, such as in workers."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to what, when, and from where; `details` depend on the action."""

    id: int
    at: datetime
    actor: str
    action: str
    target: str
    details: Mapping[str, Any]
    address: str | None


def record(work: Work, *, actor: str, action: str, target: str, details: Mapping[str, Any] | None = None) -> None:
    """Write one entry, e.g. actor `key:1a2b3c4d`, action `batch.cancel`, target the batch id. Never a secret."""
    work.do(_SQL["record"], [actor, action, target, Jsonb(dict(details or {})), caller_address.get()])


def record_each(work: Work, *, actor: str, action: str, targets: Sequence[str], details: Mapping[str, Any]) -> None:
    """Write one entry for each of these, in one statement."""
    work.do(_SQL["record_each"], [actor, action, Jsonb(dict(details)), caller_address.get(), list(targets)])


def page(work: Work, *, limit: int, before: int | None = None, action: str | None = None) -> list[AuditEntry]:
    """Entries, newest first, before the entry `before`. `action` is a prefix, e.g. `key.`."""
    return work.records(AuditEntry, _SQL["page"], {"before": before, "action": action, "limit": limit})


def of_target(work: Work, target: str, *, limit: int) -> list[AuditEntry]:
    """The newest entries about one target."""
    return work.records(AuditEntry, _SQL["of_target"], [target, limit])
