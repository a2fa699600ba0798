"""The sweep: every few seconds it frees what a silent worker held, hints at what is due, and ends what is finished.

It decides nothing by age: a batch is stuck only when a lease made no progress, and then its work is simply free again.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from boeing_data_hub import __version__
from boeing_data_hub.extraction import run as extraction
from boeing_data_hub.extraction.verdicts import FailureRules
from boeing_data_hub.model.states import Stage
from boeing_data_hub.normalization import run as normalization
from boeing_data_hub.publishing import run as publishing
from boeing_data_hub.publishing.lost_claims import lost_lease as publishing_lost
from boeing_data_hub.queue import Hints
from boeing_data_hub.store import batches, items, leases, raw, workers
from boeing_data_hub.store.work import Database, Work

log = structlog.get_logger(__name__)

_ONE_SWEEP = 7_204_020
_MOST_HINTS = 8  # per queue: enough to wake every thread of a few workers
_FORGET_WORKERS_AFTER = 600.0


@dataclass(frozen=True, slots=True)
class SweepRules:
    """What the sweep needs to know of the stages."""

    batch_size: int
    max_attempts: int


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found.

    Attributes:
        freed: leases taken from silent workers.
        calls_due: Boeing calls that could be made now (counted to 20).
        answers_due: raw answers that wait for normalization (counted to 200).
        publishings_due: parts to publish, steps of bulk operations and orphans (counted to 200 each).
    """

    freed: int
    calls_due: int
    answers_due: int
    publishings_due: int


class Recovery:
    """Runs sweeps. Two at once do no harm: the second finds the first at work and leaves.

    Args:
        database: where all work stands.
        hints: to wake workers.
        rules: of the stages.
        complete_quotes: completes the quotes whose parts are at their end, in transactions of its own.
    """

    def __init__(
        self, *, database: Database, hints: Hints, rules: SweepRules, complete_quotes: Callable[[], int]
    ) -> None:
        self._database = database
        self._complete_quotes = complete_quotes
        self._hints = hints
        self._rules = rules

    def sweep(self) -> Swept | None:
        """Free, end, hint. None when another sweep is running."""
        swept = self._database.run(self._look, patience=5)
        if swept is None:
            return None
        if swept.calls_due:
            self._hints.send(Stage.EXTRACTION, min(swept.calls_due, _MOST_HINTS))
        if swept.answers_due:
            self._hints.send(Stage.NORMALIZATION, min(-(-swept.answers_due // 30), _MOST_HINTS))
        if swept.publishings_due:
            self._hints.send(Stage.PUBLISHING, min(-(-swept.publishings_due // 25), _MOST_HINTS))
        self._complete_quotes()
        return swept

    def _look(self, work: Work) -> Swept | None:
        if not work.value("SELECT pg_try_advisory_xact_lock(%s)", [_ONE_SWEEP]):
            return None
        expired = leases.expire(work)
        if expired:
            batches.hold_ledger(work)
        for lease in expired:
            log.warning("freed the work of a silent worker", owner=lease.owner, stage=lease.stage)
            if lease.stage == Stage.EXTRACTION:
                extraction.lost_lease(
                    work,
                    lease.part_numbers,
                    batch_size=self._rules.batch_size,
                    rules=FailureRules(self._rules.max_attempts),
                )
            elif lease.stage == Stage.NORMALIZATION:
                normalization.lost_lease(work, lease.raw_ids)
            elif lease.stage == Stage.PUBLISHING:
                publishing_lost(work, lease.part_numbers, most=self._rules.max_attempts)
        if forgotten := batches.unfinished_but_settled(work):
            log.error("ended batches that were settled but open", batches=[str(b) for b in forgotten])
            batches.finish_settled(work, forgotten)
        workers.pulse(work, "sweep", queues=["sweep"], host=socket.gethostname(), pid=os.getpid(), version=__version__)
        workers.forget_silent(work, silent_after=_FORGET_WORKERS_AFTER)
        parts = items.anything_due(work)
        calls = -(-parts // self._rules.batch_size)
        return Swept(len(expired), calls, len(raw.due(work, wanted=200)), publishing.anything_due(work))
