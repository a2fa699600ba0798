"""The chore that begins the pauses of the calendar (HUB_FREEZE). They end by themselves, and a person may end one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any, Final

from boeing_data_hub.batches.retention import Portion
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.health.chores import Chore
from boeing_data_hub.values.freezes import Freeze
from boeing_data_hub.work import manual_pauses

_SQL: Final = beside(__file__)
_EVERY: Final = 5.0
_AUTHOR: Final = "the calendar"


def freeze(windows: Sequence[Freeze], zone: tzinfo) -> Chore:
    """The chore. Its cursor holds the end of each window that has begun, so that a pause a person ended stays ended."""

    def portion(work: Work, cursor: Any) -> Portion:
        now: datetime = work.value(_SQL["moment"])
        begun: dict[str, str] = dict(cursor or {})
        paused = manual_pauses.in_force(work)
        for window in windows:
            end = window.until(now, zone)
            if end is None or begun.get(window.what) == end.isoformat() or window.what in paused:
                continue
            manual_pauses.pause(work, window.what, until=end, reason="HUB_FREEZE", author=_AUTHOR, actor="calendar")
            begun[window.what] = end.isoformat()
        return Portion(0, begun, is_last=True)

    return Chore("freeze", "freeze windows of the calendar", portion, every=_EVERY)
