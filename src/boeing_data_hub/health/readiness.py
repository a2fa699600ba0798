"""Readiness for /ready: whether each required service is available, and a code if not. `bdh doctor` tells more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import redis

from boeing_data_hub.broker.refusals import refusal_of
from boeing_data_hub.db import revision
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import Unavailable
from boeing_data_hub.health.workers_seen import WorkersSeen
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work import workers
from boeing_data_hub.work.wake_ups import WakeUps

_ALWAYS_NEEDED = (Stage.EXTRACTION, Stage.NORMALIZATION, Stage.DEFAULT)


def needed_queues(*, publishing: bool) -> tuple[str, ...]:
    """The queues that must have a worker; publishing only if a store is configured."""
    return tuple(stage.value for stage in (*_ALWAYS_NEEDED, *([Stage.PUBLISHING] if publishing else [])))


@dataclass(frozen=True, slots=True)
class Readiness:
    """The availability of each required service, and the reason if a server gave one: codes only, because the page is
    public.
    """

    checks: Mapping[str, bool]
    reasons: Mapping[str, str]


def readiness(database: Database, wake_ups: WakeUps, *, queues: Sequence[str], worker_silent_after: float) -> Readiness:
    """Check each required service."""
    answers = {"postgres": False, "migrations": False, "redis": False, "workers": False}
    reasons: dict[str, str] = {}
    try:
        answers["migrations"], answers["workers"] = database.run(
            lambda work: (revision.is_current(work), _served(work, queues, worker_silent_after)),
            patience=0.5,
        )
        answers["postgres"] = True
    except Exception as error:  # noqa: BLE001 - whatever it is, the answer is no
        answers["workers"] = False
        if isinstance(error, Unavailable):
            reasons["postgres"] = error.code
    try:
        wake_ups.waiting(Stage.DEFAULT)
        answers["redis"] = True
    except redis.RedisError as error:
        answers["redis"] = False
        reasons["redis"] = f"redis_{refusal_of(error).kind}"
    return Readiness(answers, reasons)


def _served(work: Work, queues: Sequence[str], silent_after: float) -> bool:
    return revision.is_current(work) and not WorkersSeen(workers.last_seen(work), silent_after).missing(queues)
