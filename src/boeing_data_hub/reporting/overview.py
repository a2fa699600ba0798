"""Is all well? What runs, what the line to Boeing allows, how fresh the catalogue is, and what needs a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from boeing_data_hub.model.batches import Batch
from boeing_data_hub.model.budget import Budget
from boeing_data_hub.model.states import Stage
from boeing_data_hub.reporting.live import Situation
from boeing_data_hub.store import batches, budget, orphans, plans, products, raw, sightings, staging, workers
from boeing_data_hub.store.work import Work

MOST_COUNTED: Final = 10_000
"""Beyond this, a figure says only "more": counting a million rows would take longer than the page may."""

_RUNS_SHOWN: Final = 12
_MINUTE: Final = 60.0
_QUIET_AFTER: Final = 4.5  # seconds; a pulse comes every three
_CALLS_COUNTED: Final = 2_000


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a person should know: what it is, and what to do."""

    level: Literal["warning", "error"]
    message: str
    remedy: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSide:
    """What the first page tells of the store.

    Attributes:
        budget: the shared account; None before the first call.
        free: points in it now, by our account.
        live: products, counted to `MOST_COUNTED`; `last` is when something was published last.
    """

    budget: Budget | None
    free: float
    live: int
    last: datetime | None
    conflicts: int
    orphans: int
    plans: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything the first page tells.

    Attributes:
        answered: Boeing's answers within the last minute, counted to `_CALLS_COUNTED`.
        heard: queue → seconds since a worker for it was heard of; None: none is alive.
        parts: status → staged products, counted to `MOST_COUNTED`.
    """

    situation: Situation
    running: list[Batch]
    latest: list[Batch]
    answered: int
    last_answer: datetime | None
    heard: dict[str, float | None]
    parts: dict[str, int]
    parts_about: int
    freshness: dict[str, Any]
    problems: list[Problem]
    store: StoreSide | None


def heard_of(work: Work, *, queues: Sequence[str], silent_after: float) -> dict[str, float | None]:
    """For each of these queues, seconds since its liveliest worker was heard of."""
    return {queue: workers.quiet(work, queue, silent_after=silent_after) for queue in queues}


def troubles(heard: dict[str, float | None], *, redis_answers: bool, silent_after: float) -> list[Problem]:
    """What is wrong with the machinery right now: workers that are gone or may be, a broker that does not answer."""
    found: list[Problem] = []
    if not redis_answers:
        found.append(
            Problem(
                "error",
                "Redis does not answer. Nothing is lost: what is under way goes on, and the rest when Redis is back.",
                "Check REDIS_URL and the server.",
            )
        )
    for queue, seconds in heard.items():
        if seconds is None:
            message = f"No worker serves the queue {queue}. What waits for it is kept."
            found.append(Problem("error", message, f"Start one: bdh worker {queue}"))
        elif seconds > _QUIET_AFTER:
            message = (
                f"The worker for {queue} was last heard of {seconds:.0f} s ago. If it has died, its work is taken over "
                f"by another; after {silent_after:.0f} s it counts as gone."
            )
            found.append(Problem("warning", message))
    return found


def store_side(work: Work, situation: Situation) -> StoreSide:
    """Read what is told of the store."""
    account = budget.look(work, "shopify")
    free = 0.0
    if account is not None:
        elapsed = max(0.0, (situation.now - account.as_of).total_seconds())
        free = min(account.maximum, max(0.0, account.free + elapsed * account.restore_rate))
    return StoreSide(
        budget=account,
        free=free,
        **products.about_the_store(work, most=MOST_COUNTED),
        conflicts=sightings.open_conflicts(work),
        orphans=orphans.count_due(work),
        plans=plans.count_waiting(work),
    )


def _for_a_person(store: StoreSide) -> list[Problem]:
    found: list[Problem] = []
    if store.conflicts:
        said = "1 part is" if store.conflicts == 1 else f"{store.conflicts:,} parts are"
        message = f"{said} in the store from somebody else already, and not published until you decide."
        found.append(Problem("warning", message, "Decide them.", "/console/attention#conflicts"))
    if store.orphans:
        said = "1 product of ours has" if store.orphans == 1 else f"{store.orphans:,} products of ours have"
        message = f"{said} still to leave the store."
        found.append(Problem("warning", message, "Look at them.", "/console/attention#orphans"))
    if store.plans:
        said = "1 publish plan waits" if store.plans == 1 else f"{store.plans:,} publish plans wait"
        found.append(Problem("warning", f"{said} for your word.", "Read and decide.", "/console/attention#plans"))
    return found


def gather(
    work: Work, situation: Situation, *, queues: Sequence[str], redis_answers: bool, silent_after: float
) -> Overview:
    """Read it all, by index look-ups and counts that stop early."""
    heard = heard_of(work, queues=queues, silent_after=silent_after)
    problems = troubles(heard, redis_answers=redis_answers, silent_after=silent_after)
    problems.extend(
        Problem("error", one.message, f"{one.remedy}.")
        for one in situation.stuck
        if one.kind != "no_worker"  # said above, of every queue
    )
    line = situation.line_wait() if heard[Stage.EXTRACTION] is not None else None
    if line is not None and line["reason"] in {"credentials", "upstream", "limit"}:
        problems.append(Problem("error" if line["reason"] == "credentials" else "warning", line["message"]))
    store = store_side(work, situation) if Stage.PUBLISHING in queues else None
    if store is not None:
        stopped = situation.store_wait()
        if stopped is not None:
            problems.append(Problem("warning", stopped["message"]))
        problems.extend(_for_a_person(store))
    latest = batches.newest(work, limit=_RUNS_SHOWN)
    problems.extend(_unhappy(work, latest))
    parts = {
        status: staging.count_up_to(work, MOST_COUNTED, status=status)
        for status in ("fetched", "blocked", "needs_review", "published")
    }
    if parts["needs_review"]:
        many = f"{parts['needs_review']:,}" if parts["needs_review"] < MOST_COUNTED else f"{MOST_COUNTED:,} or more"
        problems.append(
            Problem("warning", f"{many} parts need a person's look.", link="/console/parts?status=needs_review")
        )
    answered, last_answer = raw.lately(work, seconds=_MINUTE, most=_CALLS_COUNTED)
    return Overview(
        situation=situation,
        running=batches.running(work, limit=_RUNS_SHOWN),
        latest=[batch for batch in latest if batch.status.is_final][:6],
        answered=answered,
        last_answer=last_answer,
        heard=heard,
        parts=parts,
        parts_about=staging.about_how_many(work),
        freshness=staging.freshness(work, most=MOST_COUNTED),
        problems=problems,
        store=store,
    )


def _unhappy(work: Work, latest: list[Batch]) -> list[Problem]:
    """Runs of late that ended with failures nobody has retried."""
    found: list[Problem] = []
    for batch in latest:
        if batch.outcome not in {"failed", "finished_with_failures"} or batches.retry_of(work, batch.id) is not None:
            continue
        share = f"{batch.failed_count:,} of {batch.total_items:,} parts failed"
        when = f"{batch.created_at:%Y-%m-%d %H:%M} UTC"
        found.append(
            Problem("warning", f"{share} in the run of {when}.", "See the causes.", f"/console/runs/{batch.id}")
        )
    return found[:3]
