"""Is everything there that the hub needs? Yes or no for each, for /ready; with reasons and remedies: `bdh doctor`."""

from __future__ import annotations

from collections.abc import Sequence

import redis

from boeing_data_hub.model.states import Stage
from boeing_data_hub.queue import Hints
from boeing_data_hub.store import revision, workers
from boeing_data_hub.store.work import Database, Work

_ALWAYS_NEEDED = (Stage.EXTRACTION, Stage.NORMALIZATION, Stage.DEFAULT)


def needed_queues(*, publishing: bool) -> tuple[str, ...]:
    """The queues that must have a worker; publishing only where there is a store to publish to."""
    return tuple(stage.value for stage in (*_ALWAYS_NEEDED, *([Stage.PUBLISHING] if publishing else [])))


def readiness(
    database: Database, hints: Hints, *, queues: Sequence[str], worker_silent_after: float
) -> dict[str, bool]:
    """Yes or no for each thing needed; no reasons, for strangers may read it."""
    answers = {"postgres": False, "migrations": False, "redis": False, "workers": False}
    try:
        answers["migrations"], answers["workers"] = database.run(
            lambda work: (revision.is_current(work), _missing_queues(work, queues, worker_silent_after) == []),
            patience=0.5,
        )
        answers["postgres"] = True
    except Exception:  # noqa: BLE001 - whatever it is, the answer is no
        answers["workers"] = False
    try:
        hints.waiting(Stage.DEFAULT)
        answers["redis"] = True
    except redis.RedisError:
        answers["redis"] = False
    return answers


def _missing_queues(work: Work, queues: Sequence[str], silent_after: float) -> list[str]:
    if not revision.is_current(work):
        return list(queues)
    served = {queue for worker in workers.alive(work, silent_after=silent_after) for queue in worker["queues"]}
    return [queue for queue in queues if queue not in served]
