"""The shared state of an outside line. Whoever changes it holds its row for about a millisecond."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.work.rates import UpstreamPace

_SQL: Final = beside(__file__)


def hold(work: Work, name: str) -> tuple[UpstreamPace, datetime]:
    """The line, locked until the commit, and the moment after the lock was had, by the database's clock.

    Two statements on purpose: in one, the clock might be read before the wait for the lock. A line that nobody has
    called yet is a fresh one.
    """
    row = work.row(_SQL["hold"], [name])
    if row is None:
        work.do(_SQL["add"], [name])
        row = work.row(_SQL["hold"], [name])
    now: datetime = work.value(_SQL["moment"])
    assert row is not None  # noqa: S101 - made just now, and nothing deletes it
    return UpstreamPace(**row), now


def look(work: Work, name: str) -> tuple[UpstreamPace, datetime]:
    """The line without a lock, for those who only want to know."""
    row = work.row(_SQL["look"], [name])
    if row is None:
        now: datetime = work.value(_SQL["moment"])
        return UpstreamPace(now), now
    now = row.pop("now")
    return UpstreamPace(**row), now


def save(work: Work, name: str, line: UpstreamPace) -> None:
    """Write the line's next state."""
    work.do(
        _SQL["save"],
        [
            line.next_slot,
            line.stretch,
            line.slowed_at,
            line.paused_until,
            line.pause_reason,
            line.paused_since,
            line.failures,
            line.pause_note,
            line.slots,
            line.fruitless,
            line.accepted_at,
            line.back_at,
            line.words,
            name,
        ],
    )
