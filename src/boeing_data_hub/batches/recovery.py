"""The sweep: every few seconds it frees what a silent worker held, sends wake-ups for what is due, and finishes runs.

It decides nothing by age: when a worker's heartbeat ends, its leases expire, and their work is due again.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog

from boeing_data_hub import __version__
from boeing_data_hub.boeing import normalization, raw_answers
from boeing_data_hub.boeing import saving as extraction
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.settings import Settings
from boeing_data_hub.shopify import due_work as publishing
from boeing_data_hub.shopify.expired_leases import lost_lease as publishing_lost
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work import batches, items, leases, workers
from boeing_data_hub.work.leases import ExpiredLease
from boeing_data_hub.work.wake_ups import WakeUps

_SQL: Final = beside(__file__)

log = structlog.get_logger(__name__)

_ONE_SWEEP: Final = 7_204_020
_MOST_WAKE_UPS: Final = 8  # per queue: enough to wake every thread of a few workers
_FORGET_WORKERS_AFTER: Final = 600.0
_TRY_AGAIN_AFTER: Final = 60.0  # seconds until a lease that could not be freed is tried again


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found.

    Attributes:
        freed: leases taken from silent workers.
        calls_due: Boeing calls that could be made now (counted to 20).
        answers_due: raw answers that wait for normalization (counted to 200).
        publishings_due: parts to publish, steps of bulk operations and leftover products (counted to 200 each).
    """

    freed: int
    calls_due: int
    answers_due: int
    publishings_due: int


@dataclass(frozen=True, slots=True)
class _Due:
    calls: int
    answers: int
    publishings: int
    finished: Sequence[UUID]


class Recovery:
    """Runs sweeps. Two at once do no harm: each lease is freed by one of them, and the second one then leaves.

    Args:
        database: holds all work.
        wake_ups: wakes workers.
        settings: the size of calls, and how often a part is tried.
        complete_quotes: completes the quotes whose parts have reached an end state, in separate transactions.
        sync: continues sync, in separate transactions, and returns True if it could use an idle slot now. None: sync is
            off.
    """

    def __init__(
        self,
        *,
        database: Database,
        wake_ups: WakeUps,
        settings: Settings,
        complete_quotes: Callable[[], int],
        sync: Callable[[], bool] | None = None,
    ) -> None:
        self._database = database
        self._complete_quotes = complete_quotes
        self._sync = sync
        self._wake_ups = wake_ups
        self._settings = settings

    def sweep(self) -> Swept | None:
        """Free leases, finish runs, send wake-ups, complete quotes. None when another sweep is running."""
        freed = 0
        while (was_freed := self._free_one()) is not None:
            freed += was_freed
        due = self._database.run(self._look, patience=5)
        if due is None:
            return None
        if due.finished:
            log.error("finished settled runs that were still open", batches=[str(batch) for batch in due.finished])
        if due.calls:
            self._wake_ups.send(Stage.EXTRACTION, min(due.calls, _MOST_WAKE_UPS))
        if due.answers:
            self._wake_ups.send(Stage.NORMALIZATION, min(-(-due.answers // 30), _MOST_WAKE_UPS))
        if due.publishings:
            self._wake_ups.send(Stage.PUBLISHING, min(-(-due.publishings // 25), _MOST_WAKE_UPS))
        self._complete_quotes()
        if self._sync is not None and self._sync() and not due.calls:
            self._wake_ups.send(Stage.EXTRACTION)
        return Swept(freed, due.calls, due.answers, due.publishings)

    def _free_one(self) -> bool | None:
        """Free one expired lease in its own transaction. False: it was not freed; None: there is none.

        A lease that cannot be freed is postponed, so that it does not block the others.
        """
        lease_id = self._database.run(leases.expired, patience=5)
        if lease_id is None:
            return None

        def step(work: Work) -> ExpiredLease | None:
            lease = leases.take_expired(work, lease_id)
            if lease is not None:
                self._account(work, lease)
            return lease

        try:
            lease = self._database.run(step, patience=5)
        except Exception:
            # Raises Unavailable if Postgres is away: then the lease is not to blame.
            self._database.run(lambda work: leases.put_off(work, lease_id, seconds=_TRY_AGAIN_AFTER), patience=5)
            log.exception("could not free an expired lease; trying again in a minute", lease=str(lease_id))
            return False
        if lease is None:
            return False
        log.warning("freed the work of a worker without heartbeat", owner=lease.owner, stage=lease.stage)
        return True

    def _account(self, work: Work, lease: ExpiredLease) -> None:
        batches.hold_ledger(work)
        most = self._settings.hub_max_attempts
        if lease.stage == Stage.EXTRACTION:
            size = self._settings.boeing_batch_size
            extraction.lost_lease(work, lease.part_numbers, batch_size=size, retry=RetryPolicy(attempts=most))
        elif lease.stage == Stage.NORMALIZATION:
            normalization.lost_lease(work, lease.raw_ids)
        elif lease.stage == Stage.PUBLISHING:
            publishing_lost(work, lease.part_numbers, most=most)

    def _look(self, work: Work) -> _Due | None:
        if not work.value(_SQL["try_to_sweep"], [_ONE_SWEEP]):
            return None
        if unfinished := batches.unfinished_but_settled(work):
            batches.finish_settled(work, unfinished)
        workers.pulse(work, "sweep", queues=["sweep"], host=socket.gethostname(), pid=os.getpid(), version=__version__)
        workers.forget_silent(work, silent_after=_FORGET_WORKERS_AFTER)
        calls = -(-items.anything_due(work) // self._settings.boeing_batch_size)
        return _Due(calls, len(raw_answers.due(work, wanted=200)), publishing.anything_due(work), unfinished)
