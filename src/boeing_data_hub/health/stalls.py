"""Stalled work, detected by lack of progress, never by age: work that is due, not held up, and still not done.

Every few seconds a chore records a mark for each stage, which changes with every claim, call and save. Work that waits
for a rate-limit slot, the end of a pause, the store or a person is not due.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from boeing_data_hub.boeing import raw_answers
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.health import chore_rows, stage_progress
from boeing_data_hub.health.conditions import HELD_LONG, NO_PROGRESS, Condition
from boeing_data_hub.health.workers_seen import WorkersSeen
from boeing_data_hub.shopify import due_work as publishing
from boeing_data_hub.values.counted import counted
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work import items, manual_pauses, upstreams, workers
from boeing_data_hub.work.rates import UpstreamPace

_SQL: Final = beside(__file__)

WATCH: Final = "watch"
_HELD_SECONDS: Final = 1800.0
_DUE: Final[dict[Stage, Callable[[Work], int]]] = {
    Stage.EXTRACTION: items.anything_due,
    Stage.NORMALIZATION: lambda work: len(raw_answers.due(work, wanted=200)),
    Stage.PUBLISHING: publishing.parts_due,
}
_UPSTREAMS: Final = {Stage.EXTRACTION: "boeing", Stage.PUBLISHING: "shopify"}
_STEPS: Final = timedelta(seconds=2)  # a closer slot does not count as a wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The progress of a stage.

    Attributes:
        due: parts (for normalization: answers) that are due.
        mark: changes with every claim, call and save.
        since: since when the mark has not changed while something was due.
    """

    due: int
    mark: str
    since: datetime


def recorded(cursor: Mapping[str, Mapping[str, Any]] | None) -> dict[str, Progress]:
    """The progress by stage, from the chore's cursor."""
    return {
        stage: Progress(due=noted["due"], mark=noted["mark"], since=datetime.fromisoformat(noted["since"]))
        for stage, noted in (cursor or {}).items()
    }


def look(work: Work, before: Mapping[str, Progress]) -> dict[str, Progress]:
    """The progress of each stage now.

    Args:
        work: the transaction.
        before: the result of the previous call.
    """
    now: datetime = work.value(_SQL["moment"])
    return {stage.value: _look_at(work, stage, before.get(stage.value), now) for stage in _DUE}


def _look_at(work: Work, stage: Stage, before: Progress | None, now: datetime) -> Progress:
    pace = upstreams.look(work, _UPSTREAMS[stage])[0] if stage in _UPSTREAMS else None
    upstream = _UPSTREAMS.get(stage)
    by_hand = upstream is not None and manual_pauses.is_paused(work, manual_pauses.OF_UPSTREAM[upstream])
    due = 0 if by_hand or (pace is not None and waits(pace, now)) else _DUE[stage](work)
    mark = stage_progress.mark(work, stage)
    stood_still = due and before is not None and before.due and before.mark == mark
    return Progress(due=due, mark=mark, since=before.since if stood_still and before else now)


def waits(pace: UpstreamPace, now: datetime) -> bool:
    """True if all calls to an upstream wait: it is paused, or its next slot is still ahead."""
    return pace.pause_reason is not None or pace.next_slot > now + _STEPS


def stalled(
    work: Work,
    *,
    queues: Sequence[str],
    silent_after: float,
    after: float,
    seen: Mapping[str, Progress] | None = None,
) -> list[Condition]:
    """Everything that is stalled now. A few look-ups, regardless of the amount of work.

    Args:
        work: the transaction.
        queues: that must have a worker.
        silent_after: seconds after which a worker counts as stopped.
        after: seconds without progress (HUB_STUCK_AFTER).
        seen: the recorded progress; None: read the last record.
    """
    alive = WorkersSeen(workers.last_seen(work), silent_after)
    if nothing_sweeps := alive.no_scheduler():
        return [nothing_sweeps]
    now: datetime = work.value(_SQL["moment"])
    found: list[Condition] = []
    if seen is None:
        seen = recorded(chore_rows.cursor(work, WATCH))
    for stage, noted in seen.items():
        if not noted.due or stage not in queues:
            continue
        since = noted.since
        if missing := alive.missing([stage]):
            found.append(replace(missing[0], since=since))
        elif now - since > timedelta(seconds=after):
            found.append(NO_PROGRESS.found(stage, since=since, clock=f"{since:%H:%M:%S}"))
    for lease in stage_progress.held_long(work, seconds=_HELD_SECONDS):
        taken, parts = lease.taken_at, counted(lease.parts, "part")
        found.append(HELD_LONG.found(lease.stage, since=taken, worker=lease.owner, parts=parts, clock=f"{taken:%H:%M}"))
    return found
