"""Repairs rows that no step would process again. Only a restored or hand-edited table should have any.

Each repair becomes an error in the log.
"""

from __future__ import annotations

from typing import Final

from boeing_data_hub.batches.retention import LogLine, Portion
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.health import stage_progress
from boeing_data_hub.work import batches, items
from boeing_data_hub.work.verdicts import Unreadable

_AT_ONCE: Final = 500
_GONE: Final = "Boeing's response for this part is gone or unreadable. Search for the part again."


def repair(work: Work) -> Portion:
    """Make such rows due again, or fail their items if the answer is missing. Returns how many rows were repaired."""
    lines: list[LogLine] = []
    freed = stage_progress.settle_lines_of_ended_runs(work)
    if freed:
        values = {"skus": freed[:20], "parts": len(freed)}
        lines.append(LogLine("error", "freed parts held by a finished bulk operation", values))
    lost = stage_progress.lost_answers(work, limit=_AT_ONCE)
    if not lost:
        return Portion(len(freed), log=lines)
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
    values = {"due_again": len(again), "failed": len(failed)}
    lines.append(LogLine("error", "repaired items whose answer was not due for normalization", values))
    return Portion(len(freed) + len(lost), log=lines)
