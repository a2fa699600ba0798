"""Immediate notifications: which conditions are reported at once, each of them only once, and ended runs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from boeing_data_hub.health.conditions import NO_WORKER, Condition
from boeing_data_hub.health.digest import plain, run_line
from boeing_data_hub.health.notice import Document, Line, Section
from boeing_data_hub.work.batch import Batch

STUBBORN_AFTER: Final = 8
"""Attempts to remove a leftover product, within about eight minutes, after which people are notified."""


def urgent(found: Iterable[Condition], *, now: datetime, after: float) -> Iterator[Condition]:
    """The conditions to report at once.

    Args:
        found: conditions that hold now.
        now: the current time.
        after: seconds for which a queue with work may be without a worker.
    """
    return (one for one in lasting(found, now=now, after=after) if one.urgent)


def lasting(found: Iterable[Condition], *, now: datetime, after: float) -> Iterator[Condition]:
    """The conditions without those that may still pass by themselves. Arguments as for `urgent`."""
    for one in found:
        is_new = one.since is None or now - one.since < timedelta(seconds=after)
        if not (one.code == NO_WORKER.code and is_new):
            yield one


def notice_id(condition: Condition, now: datetime) -> str:
    """The id of the notification: the same as long as the condition lasts; new each day if its beginning is unknown."""
    since = f"{condition.since:%Y%m%dT%H%M%S}" if condition.since else f"{now:%Y%m%d}"
    return f"alarm:{condition.code}:{condition.about}:{since}"


def run_document(batch: Batch, *, console: str) -> Document:
    """The notification that a run has ended."""
    line = run_line(batch, console)
    return Document(
        kind="run", title=plain(f"Boeing Data Hub: {line.text}"), console=console, sections=[Section("Run", [line])]
    )


def document(condition: Condition, *, console: str) -> Document:
    """A notification in the format of a digest."""
    remedy = condition.remedy or "Nothing is lost. Run `bdh doctor` for details."
    return Document(
        kind="alarm",
        title=plain(f"Boeing Data Hub: {condition.message}"),
        console=console,
        sections=[Section("What to do", [Line(plain(remedy), console + condition.link)])],
    )
