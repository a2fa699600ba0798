"""Saves the results of a claim, and accounts for the claims of workers that died."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from boeing_data_hub.boeing import raw_answers
from boeing_data_hub.boeing.judging import AskedPart
from boeing_data_hub.boeing.outcome import Outcome, judge_failure
from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import Retry
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.work import batches, items


def lost_lease(work: Work, part_numbers: Sequence[str], *, batch_size: int, retry: RetryPolicy) -> None:
    """Account for parts whose worker died: a part that kills its workers must not do so forever.

    The calls of the lost claim are unknown, so parts are judged in groups of `batch_size`, in order.
    """
    died = Retry("The worker that was searching this part stopped. The hub will retry.", code="worker_lost")
    waiting = {d.part_number: d for d in items.waiting(work, part_numbers)}
    alive = [waiting[p] for p in part_numbers if p in waiting]
    outcome = Outcome()
    for start in range(0, len(alive), batch_size):
        asked = [AskedPart(d.part_number, d.attempts, d.call_group) for d in alive[start : start + batch_size]]
        judge_failure(outcome, asked, died, retry)
    # The lease has already delayed these parts: no further pause.
    outcome.again = [replace(one, call=replace(one.call, wait=0.0)) for one in outcome.again]
    write(work, outcome)


def write(work: Work, outcome: Outcome) -> None:
    """Save the answers, and carry out the verdicts, in the caller's transaction."""
    raw_answers.insert(work, outcome.answers)
    raw_answers.remember_answers(work, outcome.answers)
    numbered = outcome.numbered(lambda count: items.new_call_groups(work, count))
    verdicts = replace(numbered, ago={part: monotonic() - ended for part, ended in outcome.ended.items()})
    batches.move_counts(work, items.apply_verdicts(work, verdicts))
