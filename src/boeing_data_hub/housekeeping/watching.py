"""The look at progress: mends what the rows themselves hold up, and notes since when each stage stands still."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog

from boeing_data_hub.housekeeping.chores import Chore
from boeing_data_hub.housekeeping.mending import mend
from boeing_data_hub.reporting import stuck
from boeing_data_hub.reporting.stuck import Stuck
from boeing_data_hub.store.keeping import Portion
from boeing_data_hub.store.work import Work

log = structlog.get_logger(__name__)

_EVERY: Final = 15.0


def watch(find: Callable[[Work, Mapping[str, Any]], list[Stuck]]) -> Chore:
    """The chore that looks. `find` tells what is stuck by a look; it is said in the log."""

    def look(work: Work, before: Any) -> Portion:
        mended = mend(work)
        seen = stuck.look(work, before)
        for one in find(work, seen):
            if one.kind == "no_sweep":
                continue  # by hand: nobody sweeps, and this is not the place to tell
            log.warning("work is stuck", kind=one.kind, stage=one.stage, since=one.since, message=one.message)
        return Portion(mended, seen, is_last=True)

    return Chore(stuck.WATCH, "looks for stuck work", look, every=_EVERY)
