"""Repairs rows that no step would process again. Only a restored or hand-edited table should have any.

Each repair is logged as an error.
"""

from __future__ import annotations

from typing import Final

import structlog

from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.health import stage_progress
from boeing_data_hub.work import batches, items
from boeing_data_hub.work.verdicts import Unreadable

log = structlog.get_logger(__name__)

_AT_ONCE: Final = 500
_GONE: Final = "Boeing's response for this part is gone or unreadable. Search for the part again."


def repair(work: Work) -> int:
    """Make such rows due again, or fail their items if the answer is missing.

    Returns:
        How many rows were repaired.
    """
    freed = stage_progress.settle_lines_of_ended_runs(work)
    if freed:
        log.error("freed parts held by a finished bulk operation", skus=freed[:20], parts=len(freed))
    lost = stage_progress.lost_answers(work, limit=_AT_ONCE)
    if not lost:
        return len(freed)
    batches.hold_ledger(work)
    again = [one.raw_id for one in lost if one.state == "normalized"]
    stage_progress.make_due(work, again)
    gone = [one.raw_id for one in lost if one.state != "normalized"]
    failed = [
        Unreadable(one, part, "normalization_failed", _GONE)
        for one in gone
        for part in items.waiting_for_raw(work, one)
    ]
    batches.move_counts(work, items.settle_normalized(work, [], failed))
    log.error("repaired items whose answer was not due for normalization", due_again=len(again), failed=len(failed))
    return len(freed) + len(lost)
