"""Mending what no step would ever take up again: none should ever be found, but a restored or hand-edited table has it.

Every find is an error in the log.
"""

from __future__ import annotations

from typing import Final

import structlog

from boeing_data_hub.store import batches, items, progress
from boeing_data_hub.store.work import Work

log = structlog.get_logger(__name__)

_AT_ONCE: Final = 500
_GONE: Final = "Boeing's answer for this part is not there any more, or cannot be read. Search for the part again."


def mend(work: Work) -> int:
    """Make what is stuck in the rows themselves due again, or fail it where there is nothing to go on with.

    Returns:
        How much was mended.
    """
    freed = progress.settle_lines_of_ended_runs(work)
    if freed:
        log.error("freed parts that an ended bulk operation held", skus=freed[:20], parts=len(freed))
    lost = progress.lost_answers(work, limit=_AT_ONCE)
    if not lost:
        return len(freed)
    batches.hold_ledger(work)
    again = [row["raw_id"] for row in lost if row["state"] == "normalized"]
    progress.make_due(work, again)
    gone = [row["raw_id"] for row in lost if row["state"] != "normalized"]
    failed = [(one, part, "normalization_failed", _GONE) for one in gone for part in items.waiting_for_raw(work, one)]
    batches.move_counts(work, items.settle_normalized(work, [], failed))
    log.error("mended items whose answer nobody would have normalized", due_again=len(again), failed=len(failed))
    return len(freed) + len(lost)
