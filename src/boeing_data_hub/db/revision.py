"""The revision of the schema that this code was written for, without loading the migration tool."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)

EXPECTED: Final = max(path.name[:4] for path in (Path(__file__).parent / "migrations" / "versions").glob("[0-9]*_*.py"))
"""The newest migration."""


def current(work: Work) -> str | None:
    """The database's revision; None if the hub's tables do not exist."""
    if not work.value(_SQL["has_tables"]):
        return None
    return work.value(_SQL["current"])


def is_current(work: Work) -> bool:
    """True if this code can use the database: it is at the expected revision or, during an upgrade, ahead of it."""
    found = current(work)
    return found is not None and found >= EXPECTED
