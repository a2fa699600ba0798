"""The figures of the whole system, for metrics: read in one short transaction and from Redis, and cached for seconds.

A server that does not answer is reported as down and its figures are omitted, so that old figures do not look new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Final
from uuid import UUID

import redis
import structlog

from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.health import figure_rows as figures
from boeing_data_hub.health.figure_rows import Backlog, BulkState, Leased, RecentBatch
from boeing_data_hub.shopify import conflict_rows, plans, reviews, store_job_rows, store_snapshot_rows
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work import budget_account as budget
from boeing_data_hub.work import slots
from boeing_data_hub.work import upstreams as line_store
from boeing_data_hub.work.bucket import Budget, refill
from boeing_data_hub.work.rate_limit import RateLimit
from boeing_data_hub.work.rates import UpstreamPace
from boeing_data_hub.work.wake_ups import WakeUps

log = structlog.get_logger(__name__)

FRESH_SECONDS: Final = 5.0
_PATIENCE: Final = 4.0  # seconds that a scrape waits for the figures; Prometheus gives up after ten
_SHARE: Final = 10.0  # figures that take two seconds are read every twenty: a tenth of one connection's time


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisFigures:
    """Redis: wake-ups by queue, and bytes used and allowed (0: no limit); None if the account may not ask."""

    wake_ups: Mapping[str, int]
    memory: tuple[int, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFigures:
    """An upstream.

    Attributes:
        line: its state.
        used: slots that began within the limit's window.
    """

    line: UpstreamPace
    used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFigures:
    """The figures of Postgres, at `now` by its clock.

    Attributes:
        waiting: by stage.
        leased: by stage; a stage without leases is absent.
        failures: (batch type, code) → failed items of these batches.
        workers: queue → running workers, for every queue that must have one.
        swept: seconds since the last sweep; None: unknown.
        counts: the metrics that are one number each, by name.
        doubtful: number of products for which the outcome of a call is unknown.
    """

    now: datetime
    waiting: Mapping[str, Backlog]
    leased: Mapping[str, Leased]
    lines: Mapping[str, LineFigures]
    budget: Budget | None
    batches: Sequence[RecentBatch]
    failures: Mapping[tuple[str, str], int]
    workers: Mapping[str, int]
    swept: float | None
    counts: Mapping[str, float]
    conflicts: int
    held: int
    differing: Mapping[str, int]
    compared: float | None
    plans: int
    doubtful: int
    bulk: Sequence[BulkState]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of Postgres and of Redis; None for one that does not answer.

    Attributes:
        seconds: how long it took to read them.
        read_at: monotonic time at which reading began.
    """

    database: DatabaseFigures | None
    redis: RedisFigures | None
    seconds: float
    read_at: float


@dataclass(frozen=True, slots=True)
class _Groups:
    """A cache of the failure codes of batches, counted again only if the number of failures has changed."""

    known: dict[UUID, tuple[int, dict[str, int]]] = field(default_factory=dict[UUID, tuple[int, dict[str, int]]])

    def looked(self, work: Work, batches: Sequence[RecentBatch]) -> _Groups:
        """The codes of these batches: those that are known, and the others as they are now."""
        failing = {batch.id: batch for batch in batches if batch.failed_count}
        stale = [one for one, batch in failing.items() if self.known.get(one, (0,))[0] != batch.failed_count]
        found: dict[UUID, dict[str, int]] = {one: {} for one in stale}
        for counted in figures.failure_codes(work, stale) if stale else ():
            found[counted.batch_id][counted.code] = counted.items
        fresh = {one: (failing[one].failed_count, codes) for one, codes in found.items()}
        return _Groups({one: kept for one, kept in (self.known | fresh).items() if one in failing})

    def count(self, batches: Sequence[RecentBatch]) -> dict[tuple[str, str], int]:
        """Failed items by batch type and code."""
        types = {batch.id: batch.batch_type for batch in batches}
        total: Counter[tuple[str, str]] = Counter()
        for one, (_, codes) in self.known.items():
            for code, items in codes.items():
                total[types[one], code] += items
        return dict(total)


def _good_for(figures: Figures) -> float:
    """Seconds for which the figures are fresh; shorter if a server did not answer."""
    share = figures.seconds * _SHARE if figures.database is not None else 0.0
    return max(FRESH_SECONDS, share)


class SystemFigures:
    """Reads the figures when requested and not fresh; concurrent requests share one reading.

    Args:
        database: Postgres.
        wake_ups: the broker.
        limit: Boeing's, None for unlimited.
        queues: those that must have a worker.
        worker_silent_after: seconds after which a worker counts as gone.
    """

    def __init__(
        self,
        *,
        database: Callable[[], Database],
        wake_ups: WakeUps,
        limit: RateLimit | None,
        queues: Sequence[str],
        worker_silent_after: float,
    ) -> None:
        self._database = database
        self._wake_ups = wake_ups
        self.limit = limit
        self._queues = queues
        self._silent_after = worker_silent_after
        self._groups = _Groups()
        self._lock = Lock()
        self._kept: Figures | None = None
        self._running: Future[Figures] | None = None
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="figures")

    def now(self) -> Figures:
        """Figures of the last few seconds. Returns within seconds even if a server hangs."""
        with self._lock:
            kept = self._kept
            if kept is not None and monotonic() - kept.read_at < _good_for(kept):
                return kept
            if self._running is None or self._running.done():
                self._running = self._threads.submit(self._read)
            running = self._running
        try:
            return running.result(_PATIENCE)
        except NotYetError:  # a server that is frozen, not gone
            return Figures(database=None, redis=None, seconds=_PATIENCE, read_at=monotonic())

    def forget(self) -> None:
        """Make the next call read the figures again."""
        with self._lock:
            self._kept = None

    def close(self) -> None:
        """Start no further readings."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _read(self) -> Figures:
        started = monotonic()
        found = Figures(
            redis=self._read_redis(),
            database=self._read_database(),
            seconds=monotonic() - started,
            read_at=started,
        )
        with self._lock:
            self._kept = found
        return found

    def _read_redis(self) -> RedisFigures | None:
        try:
            memory = self._wake_ups.memory()
            waiting = {stage.value: self._wake_ups.waiting(stage) for stage in Stage}
        except redis.RedisError as error:
            log.warning("Redis does not answer; its figures are omitted", error=type(error).__name__)
            return None
        return RedisFigures(wake_ups=waiting, memory=memory)

    def _read_database(self) -> DatabaseFigures | None:
        try:
            found, self._groups = self._database().run(self._look, patience=0.5, hurry=True)
        except Exception as error:  # noqa: BLE001 - a table that is missing, too, must not silence the other figures
            log.warning(
                "Postgres does not answer; its figures are omitted", error=getattr(error, "code", type(error).__name__)
            )
            return None
        return found

    def _look(self, work: Work) -> tuple[DatabaseFigures, _Groups]:
        window = self.limit.window if self.limit else 60.0
        states = {name: line_store.look(work, name) for name in ("boeing", "shopify", "shopify-creates")}
        now = states["boeing"][1]
        alive, swept = figures.workers(work, silent_after=self._silent_after)
        account = budget.look(work, "shopify")
        recent = figures.recent_batches(work)
        groups = self._groups.looked(work, recent)
        found = DatabaseFigures(
            now=now,
            waiting={
                Stage.EXTRACTION: figures.waiting_for_boeing(work),
                Stage.NORMALIZATION: figures.waiting_for_normalization(work),
                Stage.PUBLISHING: figures.waiting_for_the_store(work),
            },
            leased={one.stage: one for one in figures.leased(work)},
            lines={
                name: LineFigures(line=line, used=slots.used(line.slots, window, at))
                for name, (line, at) in states.items()
            },
            budget=refill(account, now) if account is not None else None,
            batches=recent,
            failures=groups.count(recent),
            workers={queue: alive.get(queue, 0) for queue in (*self._queues, *alive)},
            swept=swept,
            counts=figures.counts(work),
            conflicts=conflict_rows.count_open(work),
            held=reviews.count_open(work, most=10_000),
            differing=store_job_rows.count_differing(work),
            compared=store_snapshot_rows.complete_age(work),
            plans=plans.count_waiting(work),
            doubtful=figures.products_in_doubt(work),
            bulk=figures.bulk_runs(work),
        )
        return found, groups
