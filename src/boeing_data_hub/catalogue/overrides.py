"""Overrides: values that people set for a part. They take precedence over Boeing's data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from boeing_data_hub.catalogue.listings import Change
from boeing_data_hub.catalogue.staged_part import Override
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)


def get(work: Work, sku: str) -> Override | None:
    """The override of a part; None if it never had one."""
    row = work.row(_SQL["get"], [sku])
    return msgspec.convert(row, Override) if row else None


def save(work: Work, sku: str, changes: Mapping[str, Any], *, actor: str) -> list[Change]:
    """Set some fields of an override and keep the others. Concurrent edits of one part wait for each other.

    Args:
        work: the transaction.
        sku: of the part.
        changes: fields of `Override`; None clears one.
        actor: who changes them.

    Returns:
        the fields whose value changed, for the audit log.
    """
    wanted = {**changes, "excluded": bool(changes["excluded"])} if "excluded" in changes else dict(changes)
    before = msgspec.convert(work.row(_SQL["hold"], {"sku": sku, "actor": actor}), Override)
    changed = [Change(name, old, new) for name, new in wanted.items() if (old := getattr(before, name)) != new]
    if changed:
        document = msgspec.json.encode({**wanted, "updated_by": actor}).decode()
        work.do(_SQL["change"], {"sku": sku, "changes": document})
    return changed


def exclude(work: Work, skus: Sequence[str], *, excluded: bool, actor: str) -> list[str]:
    """Exclude parts from publishing, or include them again. Returns the SKUs that changed."""
    rows = work.rows(_SQL["exclude"], {"skus": list(skus), "excluded": excluded, "actor": actor})
    return [row["sku"] for row in rows]


def changed_at(work: Work, sku: str) -> datetime | None:
    """When the override of this part was last changed; None if it has none."""
    return work.value(_SQL["changed_at"], [sku])


def excluded_at(work: Work, at: datetime, *, excluded: bool, actor: str) -> list[str]:
    """SKUs that this person excluded, or included, at this moment, and that nobody has edited since."""
    return [row["sku"] for row in work.rows(_SQL["excluded_at"], [at, excluded, actor])]
