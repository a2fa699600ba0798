"""The audit log: who changed what, written in the transaction of the change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from boeing_data_hub.store.work import Work


def record(work: Work, *, actor: str, action: str, target: str, details: Mapping[str, Any] | None = None) -> None:
    """Write one line, e.g. actor `key:1a2b3c4d`, action `batch.cancel`, target the batch id. Never a secret."""
    work.do(
        "INSERT INTO hub.audit_log (actor, action, target, details) VALUES (%s, %s, %s, %s)",
        [actor, action, target, Jsonb(dict(details or {}))],
    )
