"""Immediate notifications: which conditions people are told of at once, each of them once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from boeing_data_hub.health.conditions import NO_WORKER, Condition
from boeing_data_hub.health.digest import plain

STUBBORN_AFTER: Final = 8
"""Attempts to remove a leftover product, over some eight minutes, after which people are notified."""


def urgent(found: Iterable[Condition], *, now: datetime, after: float) -> Iterator[Condition]:
    """The conditions that people are notified of at once.

    Args:
        found: conditions that hold now.
        now: the present moment.
        after: seconds for which a queue with work may be without a worker.
    """
    for one in found:
        is_new = one.since is None or now - one.since < timedelta(seconds=after)
        if one.urgent and not (one.code == NO_WORKER.code and is_new):
            yield one


def notice_id(condition: Condition, now: datetime) -> str:
    """The same as long as the same condition lasts; once a day for one whose beginning is unknown."""
    since = f"{condition.since:%Y%m%dT%H%M%S}" if condition.since else f"{now:%Y%m%d}"
    return f"alarm:{condition.code}:{condition.about}:{since}"


def document(condition: Condition, *, console: str) -> dict[str, Any]:
    """A notification in the form of a digest."""
    remedy = condition.remedy or "Nothing is lost. `bdh doctor` says what is wrong."
    return {
        "kind": "alarm",
        "title": plain(f"Boeing Data Hub: {condition.message}"),
        "console": console,
        "sections": [{"title": "What to do", "lines": [{"text": plain(remedy), "link": console}]}],
    }
