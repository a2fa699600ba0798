"""Which revision of the schema this code was written for, without loading the migration tool to know it."""

from __future__ import annotations

from boeing_data_hub.store.work import Work

EXPECTED = "0005"


def current(work: Work) -> str | None:
    """The revision the database is at; None when the hub's tables are not there."""
    if not work.value("SELECT to_regclass('hub.alembic_version') IS NOT NULL"):
        return None
    return work.value("SELECT version_num FROM hub.alembic_version LIMIT 1")


def is_current(work: Work) -> bool:
    """Whether this code can work on the database: it is at the expected revision or, during an upgrade, ahead of it."""
    found = current(work)
    return found is not None and found >= EXPECTED
