"""Stuck work, found by lack of progress, never by age: work that could go on, that nothing speaks against, and that
nobody does.

A look every few seconds (a chore, see `housekeeping/`) notes for each stage a mark that changes with every claim, call
and save. What waits for its slot, for a pause to end, for the store or for a person is due to nobody, and not stuck.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from boeing_data_hub.model.rates import Line
from boeing_data_hub.model.states import Stage
from boeing_data_hub.publishing import run as publishing
from boeing_data_hub.store import chores, items, progress, raw, workers
from boeing_data_hub.store import line as line_store
from boeing_data_hub.store.work import Work

WATCH: Final = "watch"
_HELD_SECONDS: Final = 1800.0
_DUE: Final[dict[Stage, Callable[[Work], int]]] = {
    Stage.EXTRACTION: items.anything_due,
    Stage.NORMALIZATION: lambda work: len(raw.due(work, wanted=200)),
    Stage.PUBLISHING: publishing.anything_due,
}
_LINES: Final = {Stage.EXTRACTION: "boeing", Stage.PUBLISHING: "shopify"}
_STEPS: Final = timedelta(seconds=2)  # a slot so near is no wait


@dataclass(frozen=True, slots=True)
class Stuck:
    """Something that does not get on.

    Attributes:
        kind: no_sweep, no_worker, no_progress or held_long.
        stage: which queue it is about.
        since: since when nothing was done; None where that is not known.
        message: a sentence; `remedy`: what to do.
    """

    kind: str
    stage: str
    since: datetime | None
    message: str
    remedy: str


def look(work: Work, before: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """What is due in each stage, its mark, and since when that mark has stood still while something was due.

    Args:
        work: the transaction.
        before: what the look before this one said.
    """
    now: datetime = work.value("SELECT now()")
    return {stage.value: _look_at(work, stage, (before or {}).get(stage.value), now) for stage in _DUE}


def _look_at(work: Work, stage: Stage, before: Mapping[str, Any] | None, now: datetime) -> dict[str, Any]:
    line = line_store.look(work, _LINES[stage])[0] if stage in _LINES else None
    due = 0 if line is not None and waits(line, now) else _DUE[stage](work)
    mark = progress.mark(work, stage)
    stood_still = bool(due and before and before["due"] and before["mark"] == mark)
    since = before["since"] if stood_still and before else now.isoformat()
    return {"due": due, "mark": mark, "since": since}


def waits(line: Line, now: datetime) -> bool:
    """Whether an outside line keeps everybody waiting: it rests, or its next slot is still to come."""
    return line.pause_reason is not None or line.next_slot > now + _STEPS


def stuck(
    work: Work,
    *,
    queues: Sequence[str],
    silent_after: float,
    after: float,
    seen: Mapping[str, Any] | None = None,
) -> list[Stuck]:
    """Everything that is stuck now: a few look-ups, whatever there is to do.

    Args:
        work: the transaction.
        queues: that must have a worker.
        silent_after: seconds after which a worker counts as gone.
        after: seconds without progress (HUB_STUCK_AFTER).
        seen: what a look has just said; by the last look, when None.
    """
    if not workers.count(work, "sweep", silent_after=max(silent_after, 180.0)):
        message = "No sweep runs: failed calls are not repeated, and the work of dead workers stays with them."
        return [Stuck("no_sweep", Stage.DEFAULT, None, message, "Start the scheduler and a worker for it: bdh beat, "
                      "bdh worker default")]  # fmt: skip
    now: datetime = work.value("SELECT now()")
    found: list[Stuck] = []
    if seen is None:
        seen = cast("dict[str, Any]", chores.cursor(work, WATCH) or {})
    for stage, look_at in seen.items():
        if not look_at["due"] or stage not in queues:
            continue
        since = datetime.fromisoformat(look_at["since"])
        if not workers.count(work, stage, silent_after=silent_after):
            message = f"Work waits for {stage}, and no worker serves that queue. Nothing is lost."
            found.append(Stuck("no_worker", stage, since, message, f"Start one: bdh worker {stage}"))
        elif now - since > timedelta(seconds=after):
            message = (
                f"Work is due for {stage}, a worker for it is alive, and since {since:%H:%M:%S} UTC nothing has been "
                "done about it. Nothing is lost."
            )
            remedy = f"Look at the worker's log for errors, then restart it: bdh worker {stage}"
            found.append(Stuck("no_progress", stage, since, message, remedy))
    for lease in progress.held_long(work, seconds=_HELD_SECONDS):
        message = (
            f"{lease['owner']} has held {lease['parts']:,} parts since {lease['taken_at']:%H:%M} UTC without an end."
        )
        remedy = "Restart that worker: its work is free a few seconds after it has stopped."
        found.append(Stuck("held_long", lease["stage"], lease["taken_at"], message, remedy))
    return found
