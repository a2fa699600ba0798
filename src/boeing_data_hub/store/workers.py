"""Workers that are alive: each one says so every few seconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from boeing_data_hub.store.work import Work


def pulse(work: Work, worker: str, *, queues: Sequence[str], host: str, pid: int, version: str) -> None:
    """Say that a worker lives."""
    work.do(
        "INSERT INTO hub.workers (id, queues, host, pid, version) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (id) DO UPDATE SET seen_at = now()",
        [worker, list(queues), host, pid, version],
    )


def leave(work: Work, worker: str) -> None:
    """Say that a worker ends."""
    work.do("DELETE FROM hub.workers WHERE id = %s", [worker])


def alive(work: Work, *, silent_after: float) -> list[dict[str, Any]]:
    """Workers seen within `silent_after` seconds."""
    return work.rows(
        "SELECT id, queues, host, pid, version, started_at, seen_at FROM hub.workers"
        " WHERE seen_at > now() - %s * interval '1 second' ORDER BY id",
        [silent_after],
    )


def forget_silent(work: Work, *, silent_after: float) -> int:
    """Remove workers long silent."""
    return work.do("DELETE FROM hub.workers WHERE seen_at < now() - %s * interval '1 second'", [silent_after])


def count(work: Work, queue: str, *, silent_after: float) -> int:
    """How many workers serve a queue now."""
    return work.value(
        "SELECT count(*) FROM hub.workers WHERE %s = ANY(queues) AND seen_at > now() - %s * interval '1 second'",
        [queue, silent_after],
    )


def quiet(work: Work, queue: str, *, silent_after: float) -> float | None:
    """Seconds since the liveliest worker of a queue was heard of; None when none was within `silent_after`."""
    return work.value(
        "SELECT extract(epoch FROM now() - max(seen_at))::float8 FROM hub.workers"
        " WHERE %s = ANY(queues) AND seen_at > now() - %s * interval '1 second'",
        [queue, silent_after],
    )
