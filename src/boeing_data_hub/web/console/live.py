"""Live parts of the console's pages, as events for the live feed: the overview, and each run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

import redis

from boeing_data_hub.app import Hub
from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.health import overview
from boeing_data_hub.health.batch_status import status_of
from boeing_data_hub.health.conditions import Condition
from boeing_data_hub.health.live import Situation
from boeing_data_hub.health.workers_seen import WorkersSeen
from boeing_data_hub.shopify import bulk_runs
from boeing_data_hub.values.states import BatchType, Stage
from boeing_data_hub.web.console.rendering import fragment
from boeing_data_hub.web.live_feed import Audience, Event, Poll, Topic
from boeing_data_hub.work import workers
from boeing_data_hub.work.batch import Batch

_REDIS_ASKED_EVERY: Final = 2.0  # seconds
_FAILURES_SENT_EVERY: Final = 4.0  # seconds; each event makes every watcher fetch the causes again


class Board:
    """Renders the live parts of pages.

    Args:
        hub: where to read.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._redis: tuple[float, bool] = (0.0, True)
        self._failures: dict[UUID, tuple[float, int]] = {}
        self._audience = Audience(
            render=self._render,
            outage=Event("trouble", fragment("widgets/cannot_see.html")),
            farewell=(
                Event("live", fragment("widgets/signed_out.html")),
                Event("system", fragment("widgets/signed_out.html")),
                Event("done", "signed out"),
            ),
            prepare=self.redis_answers,
        )

    def topic(self, batch_id: UUID | None) -> Topic:
        """The live part of a run's page; None: of the overview."""
        return Topic(self._audience, batch_id)

    def redis_answers(self) -> bool:
        """True if the broker responds. Asked at most every two seconds."""
        asked, answer = self._redis
        if monotonic() - asked > _REDIS_ASKED_EVERY:
            try:
                self._hub.wake_ups.waiting(Stage.DEFAULT)
                answer = True
            except redis.RedisError:
                answer = False
            self._redis = (monotonic(), answer)
        return answer

    def overview(self, work: Work, situation: Situation | None = None) -> overview.Overview:
        """Everything on the first page, now. Call `redis_answers` before, outside of the transaction."""
        return overview.gather(
            work,
            situation or self._hub.live.situation(work),
            queues=self._hub.queues,
            redis_answers=self._redis[1],
        )

    def troubles(self, work: Work) -> list[Condition]:
        """What is wrong with the installation now, for the page of a run."""
        alive = WorkersSeen(workers.last_seen(work), self._hub.live.worker_silent_after)
        return overview.worker_problems(alive, queues=self._hub.queues, redis_answers=self._redis[1])

    def _render(self, poll: Poll, subjects: Sequence[UUID | None]) -> Mapping[UUID | None, Sequence[Event]]:
        found: dict[UUID | None, Sequence[Event]] = {}
        runs = [poll.batches[one] for one in subjects if one is not None and one in poll.batches]
        self._failures = {run.id: self._failures[run.id] for run in runs if run.id in self._failures}
        troubles = self.troubles(poll.work) if runs else []
        for run in runs:
            status = status_of(run, poll.situation)
            bulk = bulk_runs.of_batch(poll.work, run.id) if run.batch_type is BatchType.PUBLISH else []
            shown = fragment("widgets/run_live.html", batch=run, run=status, troubles=troubles, bulk=bulk)
            found[run.id] = [Event("live", shown), *self._further_events(run)]
        if None in subjects:
            seen = self.overview(poll.work, poll.situation)
            found[None] = [
                Event("live", fragment("widgets/overview_live.html", overview=seen)),
                Event("system", fragment("widgets/system_live.html", overview=seen)),
            ]
        return found

    def _further_events(self, batch: Batch) -> Iterable[Event]:
        """Further events: new failures and parts that are not for sale, every few seconds, and the end of the run."""
        sent_at, sent = self._failures.get(batch.id, (0.0, -1))
        due = batch.outcome is not None or monotonic() - sent_at > _FAILURES_SENT_EVERY
        found = batch.failed_count + batch.not_for_sale_count
        if found != sent and due:
            self._failures[batch.id] = (monotonic(), found)
            sent = found
        if sent > 0:
            yield Event("failures", str(sent))
        if batch.outcome is not None:  # a cancelled publish run may still have parts that are being sent
            yield Event("done", str(batch.outcome))
