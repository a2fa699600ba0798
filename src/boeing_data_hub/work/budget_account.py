"""The shared account of an upstream's budget. A change locks its row for about a millisecond."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from psycopg.types.json import Jsonb

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.work.bucket import Budget, Holding, refill

_SQL: Final = beside(__file__)


def hold(work: Work, upstream: str) -> tuple[Budget, datetime]:
    """Read and lock the account, and the database's time after the lock was acquired.

    Creates the account if there is none.
    """
    row = work.row(_SQL["hold"], [upstream])
    if row is None:
        work.do(_SQL["add"], [upstream])
        row = work.row(_SQL["hold"], [upstream])
    now: datetime = work.value(_SQL["moment"])
    assert row is not None  # noqa: S101 - just inserted, and nothing deletes it
    return _from_row(row), now


def look(work: Work, upstream: str) -> Budget | None:
    """Read the account, refilled by the database's clock, without locking it; None before the first call."""
    row = work.row(_SQL["look"], [upstream])
    if row is None:
        return None
    moment: datetime = row.pop("moment")
    return refill(_from_row(row), moment)


def save(work: Work, upstream: str, budget: Budget) -> None:
    """Save the account's next state."""
    holdings = {name: [held.points, held.at.isoformat()] for name, held in budget.holdings.items()}
    work.do(
        _SQL["save"],
        [
            budget.as_of,
            budget.free,
            budget.maximum,
            budget.restore_rate,
            budget.known,
            budget.paused_until,
            Jsonb(holdings),
            upstream,
        ],
    )


def _from_row(row: dict[str, Any]) -> Budget:
    kept: dict[str, list[Any]] = row["holdings"]
    holdings = {name: Holding(float(points), datetime.fromisoformat(at)) for name, (points, at) in kept.items()}
    row["holdings"] = holdings
    return Budget(**row)
