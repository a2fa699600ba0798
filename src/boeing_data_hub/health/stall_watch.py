"""The chore that watches progress: repairs rows that no step would process, and records how long each stage has not
moved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from boeing_data_hub.batches.retention import LogLine, Portion
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.health import stalls
from boeing_data_hub.health.chores import Chore
from boeing_data_hub.health.conditions import NO_SCHEDULER, Condition
from boeing_data_hub.health.repairs import repair

_EVERY: Final = 15.0


def watch(find: Callable[[Work, Mapping[str, stalls.Progress]], list[Condition]]) -> Chore:
    """The chore. `find` judges the recorded progress; its conditions are logged."""

    def look(work: Work, before: Any) -> Portion:
        repaired = repair(work)
        seen = stalls.look(work, stalls.recorded(before))
        stalled = [
            LogLine(
                "warning",
                "work is stalled",
                {"code": one.code, "queue": one.about, "since": one.since, "message": one.message},
            )
            for one in find(work, seen)
            if one.code != NO_SCHEDULER.code  # the chore was started by hand, without a scheduler
        ]
        return Portion(repaired.removed, msgspec.to_builtins(seen), is_last=True, log=[*repaired.log, *stalled])

    return Chore(stalls.WATCH, "stuck-work check", look, every=_EVERY)
