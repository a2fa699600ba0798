"""The audit log: who changed what, written in the transaction of the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from boeing_data_hub.store.work import Work


def record(work: Work, *, actor: str, action: str, target: str, details: Mapping[str, Any] | None = None) -> None:
    """Write one line, e.g. actor `key:1a2b3c4d`, action `batch.cancel`, target the batch id. Never a secret."""
    work.do(
        "INSERT INTO hub.audit_log (actor, action, target, details) VALUES (%s, %s, %s, %s)",
        [actor, action, target, Jsonb(dict(details or {}))],
    )


def record_each(work: Work, *, actor: str, action: str, targets: Sequence[str], details: Mapping[str, Any]) -> None:
    """Write one such line for each of these, in one statement."""
    work.do(
        "INSERT INTO hub.audit_log (actor, action, target, details)"
        " SELECT %s, %s, target, %s FROM unnest(%b::text[]) AS one(target)",
        [actor, action, Jsonb(dict(details)), list(targets)],
    )


def page(work: Work, *, limit: int, before: int | None = None, action: str | None = None) -> list[dict[str, Any]]:
    """Lines, newest first, behind line `before`; `action` is matched from its start, e.g. `key.`."""
    return work.rows(
        "SELECT id, at, actor, action, target, details FROM hub.audit_log"
        " WHERE (%(before)s::bigint IS NULL OR id < %(before)s)"
        "   AND (%(action)s::text IS NULL OR starts_with(action, %(action)s))"
        " ORDER BY id DESC LIMIT %(limit)s",
        {"before": before, "action": action, "limit": limit},
    )


def of_target(work: Work, target: str, *, limit: int) -> list[dict[str, Any]]:
    """The newest lines about one thing."""
    return work.rows(
        "SELECT id, at, actor, action, target, details FROM hub.audit_log WHERE target = %s ORDER BY id DESC LIMIT %s",
        [target, limit],
    )
