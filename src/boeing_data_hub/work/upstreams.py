"""The shared state of each upstream. A change locks its row for about a millisecond."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.work.rates import UpstreamPace

_SQL: Final = beside(__file__)


def hold(work: Work, name: str) -> tuple[UpstreamPace, datetime]:
    """Read the state and lock it until the commit, with the database's time after the lock was acquired.

    These are two statements, because a single one might read the clock before it waits for the lock. An upstream that
    was never called has the initial state.
    """
    pace = work.record(UpstreamPace, _SQL["hold"], [name])
    if pace is None:
        work.do(_SQL["add"], [name])
        pace = work.record(UpstreamPace, _SQL["hold"], [name])
    now: datetime = work.value(_SQL["moment"])
    assert pace is not None  # noqa: S101 - just inserted, and nothing deletes it
    return pace, now


def look(work: Work, name: str) -> tuple[UpstreamPace, datetime]:
    """Read the state without a lock, for callers that change nothing."""
    pace = work.record(UpstreamPace, _SQL["look"], [name])
    now: datetime = work.value(_SQL["moment"])
    return pace or UpstreamPace(now), now


def save(work: Work, name: str, pace: UpstreamPace) -> None:
    """Save the next state."""
    work.do(
        _SQL["save"],
        [
            pace.next_slot,
            pace.stretch,
            pace.slowed_at,
            pace.paused_until,
            pace.pause_reason,
            pace.paused_since,
            pace.failures,
            pace.pause_note,
            pace.slots,
            pace.fruitless,
            pace.accepted_at,
            pace.back_at,
            pace.words,
            name,
        ],
    )
