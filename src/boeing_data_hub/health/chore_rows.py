"""When each chore is due next, and how far its round is.

A portion of a chore and the note of how far it got are one transaction, so any worker continues a killed round exactly
where it stopped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from psycopg.types.json import Jsonb

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.retry import RetryPolicy

_SQL: Final = beside(__file__)


def due(work: Work, names: Sequence[str]) -> list[str]:
    """Those of these chores that are due, the longest due first. A new one is due at once."""
    rows = work.rows(_SQL["listed_due"])
    known = {row["name"] for row in rows}
    if new := [name for name in names if name not in known]:
        work.do(_SQL["add"], [new])
    return [*new, *(row["name"] for row in rows if row["is_due"] and row["name"] in names)]


def is_due(work: Work, name: str) -> bool:
    """True if a chore is due, also while a worker does it."""
    return bool(work.value(_SQL["is_due"], [name]))


def hold(work: Work, name: str) -> Mapping[str, Any] | None:
    """The chore, locked until the commit; None when it is not due, or another worker does it."""
    return work.row(_SQL["hold"], [name])


def go_on(work: Work, name: str, *, removed: int, cursor: Any) -> None:
    """A portion is done; the round continues from `cursor`."""
    work.do(_SQL["go_on"], [removed, None if cursor is None else Jsonb(cursor), name])


def end(work: Work, name: str, *, removed: int, wait: float, cursor: Any = None) -> None:
    """The round is done; the next is due in `wait` seconds from its beginning, but not before now. `cursor` is kept
    for it.
    """
    work.do(_SQL["end"], [removed, None if cursor is None else Jsonb(cursor), wait, name])


def failed(work: Work, name: str, *, note: str, retry: RetryPolicy) -> None:
    """A portion failed; it is tried again after the waits of `retry`."""
    work.do(_SQL["failed"], {"note": note[:500], "waits": retry.schedule(), "name": name})


def make_due(work: Work, names: Sequence[str]) -> None:
    """Make these due now."""
    work.do(_SQL["make_due"], [sorted(names)])


def cursor(work: Work, name: str) -> Any:
    """What a chore keeps from one round to the next, or where its round stands; None: nothing."""
    return work.value(_SQL["cursor"], [name])


def listed(work: Work) -> dict[str, dict[str, Any]]:
    """Every chore's row, by name."""
    rows = work.rows(_SQL["listed"])
    return {row["name"]: row for row in rows}
