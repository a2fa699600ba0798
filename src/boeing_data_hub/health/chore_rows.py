"""When each chore is due next, and how far its current round is.

A portion of a chore and the record of its progress are one transaction, so after a crash any worker continues exactly
where the round stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg.types.json import Jsonb

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.retry import RetryPolicy

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True)
class HeldChore:
    """A chore that this transaction works on: where it goes on, and how many rows its round has removed so far."""

    name: str
    cursor: Any
    removed: int
    failures: int


def due(work: Work, names: Sequence[str]) -> list[str]:
    """The chores among these that are due, the longest due first. A new chore is due at once."""
    rows = work.rows(_SQL["listed_due"])
    known = {row["name"] for row in rows}
    if new := [name for name in names if name not in known]:
        work.do(_SQL["add"], [new])
    return [*new, *(row["name"] for row in rows if row["is_due"] and row["name"] in names)]


def hold(work: Work, name: str) -> HeldChore | None:
    """The chore, locked until the commit; None if it is not due, or another worker runs it."""
    return work.record(HeldChore, _SQL["hold"], [name])


def go_on(work: Work, name: str, *, removed: int, cursor: Any) -> None:
    """Record a finished portion; the round continues from `cursor`."""
    work.do(_SQL["go_on"], [removed, None if cursor is None else Jsonb(cursor), name])


def end(work: Work, name: str, *, removed: int, wait: float, cursor: Any = None) -> None:
    """Record a finished round; the next one is due `wait` seconds after its beginning, but not before now. It starts
    with `cursor`.
    """
    work.do(_SQL["end"], [removed, None if cursor is None else Jsonb(cursor), wait, name])


def failed(work: Work, name: str, *, note: str, retry: RetryPolicy) -> None:
    """Record a failed portion; it is retried with the waits of `retry`."""
    work.do(_SQL["failed"], {"note": note[:500], "waits": retry.schedule(), "name": name})


def make_due(work: Work, names: Sequence[str]) -> None:
    """Make these due now."""
    work.do(_SQL["make_due"], [sorted(names)])


def cursor(work: Work, name: str) -> Any:
    """The chore's cursor: its progress, or what it keeps between rounds; None: nothing."""
    return work.value(_SQL["cursor"], [name])


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoreState:
    """The state of a chore.

    Attributes:
        due_at: when it is due; None before its first round, as are the other times.
        began_at: start of the current round; None between rounds.
        done_at: end of the last round.
        removed: rows removed by the current round so far.
        last_round: rows removed by the last round.
        failures: consecutive failed portions.
        note: the last error.
    """

    name: str
    due_at: datetime | None = None
    began_at: datetime | None = None
    done_at: datetime | None = None
    removed: int | None = None
    last_round: int | None = None
    failures: int | None = None
    note: str | None = None
    is_due: bool = False


def states(work: Work) -> dict[str, ChoreState]:
    """The state of every chore that was ever due, by name."""
    return {state.name: state for state in work.records(ChoreState, _SQL["listed"])}
