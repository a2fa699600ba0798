"""The overview: what can be sold, what is live, what needs a decision, what runs; and the machinery behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from boeing_data_hub.boeing import raw_answers
from boeing_data_hub.catalogue import staging
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.health import attention, conditions, pauses
from boeing_data_hub.health.attention import Attention
from boeing_data_hub.health.conditions import FAILED_PARTS, MOST_COUNTED, NO_REDIS, NO_WORKER, Condition
from boeing_data_hub.health.live import Situation
from boeing_data_hub.health.workers_seen import WorkersSeen
from boeing_data_hub.shopify import below_cost, products
from boeing_data_hub.values.clean_text import line
from boeing_data_hub.values.counted import counted
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work import batches, open_failures
from boeing_data_hub.work import budget_account as budget
from boeing_data_hub.work.batch import Batch
from boeing_data_hub.work.bucket import Budget
from boeing_data_hub.work.open_failures import FailureFilter

_RUNS_SHOWN: Final = 12
_MINUTE: Final = 60.0
_LONGEST_NAME: Final = 80
_CALLS_COUNTED: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSide:
    """The overview's data about the store.

    Attributes:
        budget: the shared account; None before the first call.
        available: points in the bucket now, by our account.
        live: number of products, counted up to `MOST_COUNTED`; `last`: time of the last publish.
        below_cost: products that are sold below cost, counted likewise.
        waiting: what waits for a person.
    """

    budget: Budget | None
    available: float
    live: int
    last: datetime | None
    below_cost: int
    waiting: Attention


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything the overview shows.

    Attributes:
        answered: Boeing's answers within the last minute, counted up to `_CALLS_COUNTED`.
        heard: queue → seconds since the last heartbeat of its workers; None: none is running.
        parts: status → number of staged parts, counted up to `MOST_COUNTED`.
        open_failures: parts whose latest result is a failure, counted likewise.
    """

    situation: Situation
    running: list[Batch]
    latest: list[Batch]
    answered: int
    last_answer: datetime | None
    heard: dict[str, float | None]
    parts: dict[str, int]
    parts_about: int
    freshness: staging.Freshness
    open_failures: int
    problems: list[Condition]
    store: StoreSide | None

    @property
    def most(self) -> int:
        """The number up to which parts and products are counted."""
        return MOST_COUNTED

    @property
    def decisions(self) -> int:
        """How many things wait for a person's decision: parts and held changes to review, plans, and conflicts."""
        waiting = self.store.waiting if self.store else Attention()
        plans = waiting.plans + (waiting.adoption is not None)
        return self.parts["needs_review"] + waiting.held + plans + waiting.conflicts


def worker_problems(alive: WorkersSeen, *, queues: Sequence[str], redis_answers: bool) -> list[Condition]:
    """Current problems of the installation: workers that stopped or may have, and Redis if it does not respond."""
    redis = [] if redis_answers else [NO_REDIS.found()]
    return _with_links([*redis, *alive.missing(queues), *alive.missed_heartbeats(queues)])


def _with_links(found: Iterable[Condition]) -> list[Condition]:
    """The overview with links into the console."""
    return [replace(one, link=f"/console{one.link}") if one.link else one for one in found]


def store_side(work: Work) -> StoreSide:
    """Read the store's figures."""
    account = budget.look(work, "shopify")
    return StoreSide(
        budget=account,
        available=account.available if account else 0.0,
        live=products.count_live(work, most=MOST_COUNTED),
        last=products.last_published_at(work),
        below_cost=below_cost.count(work, most=MOST_COUNTED),
        waiting=attention.of_the_store(work),
    )


def gather(work: Work, situation: Situation, *, queues: Sequence[str], redis_answers: bool) -> Overview:
    """Read the overview, by index look-ups and bounded counts."""
    alive = situation.workers
    problems = worker_problems(alive, queues=queues, redis_answers=redis_answers)
    found = [one for one in situation.stalled if one.code != NO_WORKER.code]  # covered above, for every queue
    waits = situation.boeing_wait() if alive.serve(Stage.EXTRACTION) else None
    if waits is not None and waits.level != "info":
        found.append(waits)
    if (resting := pauses.paused_by_hand(situation.by_hand.get("sync"))) is not None:
        found.append(resting)
    store = store_side(work) if Stage.PUBLISHING in queues else None
    if store is not None:
        if stopped := situation.store_wait():
            found.append(stopped)
        found.extend(store.waiting.conditions())
    latest = batches.newest(work, limit=_RUNS_SHOWN)
    found.extend(_failed_runs(work, latest))
    parts = {
        status: staging.count_up_to(work, MOST_COUNTED, status=status)
        for status in ("fetched", "blocked", "needs_review", "published")
    }
    if parts["needs_review"]:
        found.append(conditions.reviews(parts["needs_review"]))
    recent = raw_answers.recent(work, seconds=_MINUTE, most=_CALLS_COUNTED)
    return Overview(
        situation=situation,
        running=batches.running(work, limit=_RUNS_SHOWN),
        latest=[batch for batch in latest if batch.status.is_final][:6],
        answered=recent.answers,
        last_answer=recent.newest,
        heard={queue: alive.quiet(queue) for queue in queues},
        parts=parts,
        parts_about=staging.about_how_many(work),
        freshness=staging.freshness(work, most=MOST_COUNTED),
        open_failures=min(MOST_COUNTED, open_failures.count(work, FailureFilter())),
        problems=problems + _with_links(found),
        store=store,
    )


def _failed_runs(work: Work, latest: list[Batch]) -> list[Condition]:
    """Recent runs with failures that have not been retried."""
    found: list[Condition] = []
    for batch in latest:
        if batch.outcome not in {"failed", "finished_with_failures"} or batches.retry_of(work, batch.id) is not None:
            continue
        parts, source = counted(batch.total_items, "part"), batch.options.source
        when = f"{batch.completed_at or batch.created_at:%Y-%m-%d %H:%M} UTC"
        name = f"“{line(source)[:_LONGEST_NAME]}” ({when})" if source else f"the run of {when}"
        found.append(FAILED_PARTS.found(failed=batch.failed_count, parts=parts, run=name, id=batch.id))
    return found[:3]
