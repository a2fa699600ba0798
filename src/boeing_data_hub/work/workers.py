"""Running workers: each one sends a heartbeat every few seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process: its queues, its host, and the time of its last heartbeat."""

    id: str
    queues: list[str]
    host: str
    pid: int
    version: str
    started_at: datetime
    seen_at: datetime


def pulse(work: Work, worker: str, *, queues: Sequence[str], host: str, pid: int, version: str) -> None:
    """Record a worker's heartbeat."""
    work.do(_SQL["pulse"], [worker, list(queues), host, pid, version])


def leave(work: Work, worker: str) -> None:
    """Remove a worker that is stopping."""
    work.do(_SQL["leave"], [worker])


def alive(work: Work, *, silent_after: float) -> list[Worker]:
    """Workers with a heartbeat within the last `silent_after` seconds."""
    return work.records(Worker, _SQL["alive"], [silent_after])


def forget_silent(work: Work, *, silent_after: float) -> int:
    """Remove workers without a heartbeat for `silent_after` seconds."""
    return work.do(_SQL["forget_silent"], [silent_after])


def last_seen(work: Work) -> dict[str, float]:
    """Seconds since the most recent heartbeat of each queue's workers, and of the sweep (`sweep`)."""
    return {row["queue"]: row["seconds"] for row in work.rows(_SQL["last_seen"])}
