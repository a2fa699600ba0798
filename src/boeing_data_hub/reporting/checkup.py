"""Is everything there that the hub needs? In short for /ready, with remedies for `bdh doctor`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import redis

from boeing_data_hub.errors import HubError
from boeing_data_hub.model.states import Stage
from boeing_data_hub.queue import Hints
from boeing_data_hub.store import revision, workers
from boeing_data_hub.store.work import Database, Work

_ALWAYS_NEEDED = (Stage.EXTRACTION, Stage.NORMALIZATION, Stage.DEFAULT)
_LEAST_REDIS = (6, 2)
_LEAST_POSTGRES = 150000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at.

    Attributes:
        name: what, e.g. `postgres`.
        level: ok, warning, or error.
        message: what was found, in a sentence.
        remedy: what to do about it; empty when all is well.
    """

    name: str
    level: Literal["ok", "warning", "error"]
    message: str
    remedy: str = ""


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


def examine(
    database: Database,
    hints: Hints,
    *,
    ask_boeing: Callable[[], None],
    queues: Sequence[str],
    worker_silent_after: float,
    locations_mapped: bool,
) -> list[Finding]:
    """Everything, each with a remedy. `ask_boeing` fetches tokens and raises HubError."""
    findings = [*_postgres(database, queues, worker_silent_after), _redis(hints)]
    try:
        ask_boeing()
        findings.append(Finding("boeing", "ok", "Boeing gave tokens."))
    except HubError as error:
        findings.append(
            Finding(
                "boeing",
                "error",
                error.message,
                "Check BOEING_CLIENT_ID, BOEING_CLIENT_SECRET, BOEING_USERNAME, BOEING_PASSWORD and the three "
                "BOEING_*_URL settings.",
            )
        )
    if not locations_mapped:
        findings.append(
            Finding(
                "locations",
                "warning",
                "SHOPIFY_LOCATION_MAP is empty, so stock is not screened by location.",
                'Map Boeing\'s locations to the store\'s, e.g. SHOPIFY_LOCATION_MAP={"Dallas Central": "Dallas"}.',
            )
        )
    return findings


def _postgres(database: Database, queues: Sequence[str], silent_after: float) -> list[Finding]:
    try:
        found, version = database.run(
            lambda work: (revision.current(work), int(work.value("SHOW server_version_num"))), patience=1
        )
    except HubError as error:
        return [Finding("postgres", "error", error.message, "Check DATABASE_URL and that the server is running.")]
    findings = [
        Finding("postgres", "ok", f"Postgres {version // 10000} answers.")
        if version >= _LEAST_POSTGRES
        else Finding("postgres", "error", f"Postgres {version // 10000} is too old.", "Use version 15 or newer.")
    ]
    if found is None or found < revision.EXPECTED:
        remedy = "Run `bdh db upgrade`."
        return [*findings, Finding("migrations", "error", f"The tables are at revision {found or 'none'}.", remedy)]
    newer = f", newer than this program ({revision.EXPECTED}), which works on them" if found > revision.EXPECTED else ""
    findings.append(Finding("migrations", "ok", f"The tables are at revision {found}{newer}."))
    missing, swept = database.run(
        lambda work: (
            _missing_queues(work, queues, silent_after),
            workers.count(work, "sweep", silent_after=silent_after),
        )
    )
    findings.extend(
        Finding("workers", "error", f"No worker serves the queue {queue}.", f"Start one: `bdh worker {queue}`.")
        for queue in missing
    )
    if not missing:
        findings.append(Finding("workers", "ok", "Every queue has a worker."))
    if not swept:
        findings.append(Finding("scheduler", "error", "No sweep has run lately.", "Start the scheduler: `bdh beat`."))
    else:
        findings.append(Finding("scheduler", "ok", "The sweep runs."))
    return findings


def _redis(hints: Hints) -> Finding:
    try:
        told = hints.check()
    except redis.RedisError as error:
        return Finding(
            "redis", "error", f"Redis does not answer ({type(error).__name__}).", "Check REDIS_URL and the server."
        )
    version = tuple(int(part) for part in told["version"].split(".")[:2])
    if version < _LEAST_REDIS:
        return Finding("redis", "error", f"Redis {told['version']} is too old.", "Use version 6.2 or newer.")
    if told["maxmemory_policy"] != "noeviction":
        return Finding(
            "redis",
            "warning",
            f"Redis may evict the queues (maxmemory-policy {told['maxmemory_policy']}).",
            "Set `maxmemory-policy noeviction`.",
        )
    return Finding("redis", "ok", f"Redis {told['version']} answers.")
