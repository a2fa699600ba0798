"""Excluding many parts from publishing, and taking one such change back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from boeing_data_hub.catalogue import overrides
from boeing_data_hub.db import audit
from boeing_data_hub.db.unit_of_work import Work


@dataclass(frozen=True, slots=True)
class Exclusion:
    """How many parts changed, and when, by which the change can be taken back; None if none did."""

    parts: int
    at: datetime | None


def exclude(work: Work, skus: Sequence[str], *, excluded: bool, actor: str, source: str) -> Exclusion:
    """Exclude parts from publishing, or include them again, with a line in the audit log for each that changed.

    Args:
        work: the transaction.
        skus: of the parts.
        excluded: False includes them.
        actor: who does it.
        source: which parts these are, for the audit log.
    """
    changed = overrides.exclude(work, skus, excluded=excluded, actor=actor)
    details = {"excluded": {"old": not excluded, "new": excluded}}
    audit.record_each(work, actor=actor, action="part.edit", targets=changed, details=details)
    action = "parts.exclude" if excluded else "parts.include"
    audit.record(work, actor=actor, action=action, target=source, details={"parts": len(changed)})
    return Exclusion(len(changed), overrides.changed_at(work, changed[0]) if changed else None)


def take_back(work: Work, at: datetime, *, excluded: bool, actor: str) -> Exclusion:
    """Take back what this person excluded, or included, at this moment. Parts edited since then stay as they are."""
    skus = overrides.excluded_at(work, at, excluded=excluded, actor=actor)
    return exclude(work, skus, excluded=not excluded, actor=actor, source="Undo")
