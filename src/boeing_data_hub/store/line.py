"""The shared state of an outside line. Whoever changes it holds its row for about a millisecond."""

from __future__ import annotations

from datetime import datetime

from boeing_data_hub.model.rates import Line
from boeing_data_hub.store.work import Work

_LINE = "next_slot, stretch, slowed_at, paused_until, pause_reason, paused_since, failures, pause_note, note AS slots"


def hold(work: Work, name: str) -> tuple[Line, datetime]:
    """The line, locked until the commit, and the moment after the lock was had, by the database's clock.

    Two statements on purpose: in one, the clock might be read before the wait for the lock. A line that nobody has
    called yet is a fresh one.
    """
    row = work.row(f"SELECT {_LINE} FROM hub.pacing WHERE line = %s FOR UPDATE", [name])  # noqa: S608 - constant
    if row is None:
        work.do("INSERT INTO hub.pacing (line) VALUES (%s) ON CONFLICT DO NOTHING", [name])
        row = work.row(f"SELECT {_LINE} FROM hub.pacing WHERE line = %s FOR UPDATE", [name])  # noqa: S608
    now: datetime = work.value("SELECT clock_timestamp()")
    assert row is not None  # noqa: S101 - made just now, and nothing deletes it
    return Line(**row), now


def look(work: Work, name: str) -> tuple[Line, datetime]:
    """The line without a lock, for those who only want to know."""
    row = work.row(f"SELECT {_LINE}, clock_timestamp() AS now FROM hub.pacing WHERE line = %s", [name])  # noqa: S608
    if row is None:
        now: datetime = work.value("SELECT clock_timestamp()")
        return Line(now), now
    now = row.pop("now")
    return Line(**row), now


def save(work: Work, name: str, line: Line) -> None:
    """Write the line's next state."""
    work.do(
        "UPDATE hub.pacing SET next_slot = %s, stretch = %s, slowed_at = %s, paused_until = %s, pause_reason = %s,"
        " paused_since = %s, failures = %s, pause_note = %s, note = %s, updated_at = now() WHERE line = %s",
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
            name,
        ],
    )
