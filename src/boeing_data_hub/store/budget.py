"""The shared account of an outside budget. Whoever changes it holds its row for about a millisecond."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from boeing_data_hub.model.budget import Budget, Holding
from boeing_data_hub.store.work import Work

_COLUMNS = "as_of, free, maximum, restore_rate, known, paused_until, holdings"


def hold(work: Work, line: str) -> tuple[Budget, datetime]:
    """The account, locked until the commit, and the moment after the lock was had, by the database's clock.

    A line that has no account yet gets a fresh one.
    """
    row = work.row(f"SELECT {_COLUMNS} FROM hub.budgets WHERE line = %s FOR UPDATE", [line])  # noqa: S608 - constant
    if row is None:
        work.do("INSERT INTO hub.budgets (line) VALUES (%s) ON CONFLICT DO NOTHING", [line])
        row = work.row(f"SELECT {_COLUMNS} FROM hub.budgets WHERE line = %s FOR UPDATE", [line])  # noqa: S608
    now: datetime = work.value("SELECT clock_timestamp()")
    assert row is not None  # noqa: S101 - made just now, and nothing deletes it
    return _from_row(row), now


def look(work: Work, line: str) -> Budget | None:
    """The account without a lock, for those who only want to know; None when nobody has called yet."""
    row = work.row(f"SELECT {_COLUMNS} FROM hub.budgets WHERE line = %s", [line])  # noqa: S608
    return _from_row(row) if row else None


def save(work: Work, line: str, budget: Budget) -> None:
    """Write the account's next state."""
    holdings = {name: [held.points, held.at.isoformat()] for name, held in budget.holdings.items()}
    work.do(
        "UPDATE hub.budgets SET as_of = %s, free = %s, maximum = %s, restore_rate = %s, known = %s, paused_until = %s,"
        " holdings = %s, updated_at = now() WHERE line = %s",
        [
            budget.as_of,
            budget.free,
            budget.maximum,
            budget.restore_rate,
            budget.known,
            budget.paused_until,
            Jsonb(holdings),
            line,
        ],
    )


def _from_row(row: dict[str, Any]) -> Budget:
    kept: dict[str, list[Any]] = row["holdings"]
    holdings = {name: Holding(float(points), datetime.fromisoformat(at)) for name, (points, at) in kept.items()}
    row["holdings"] = holdings
    return Budget(**row)
