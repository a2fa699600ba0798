"""Leases: who works on what. A result is saved only by deleting the lease it was made under: that is the fence."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any
from uuid import UUID

from boeing_data_hub.clock import monotonic
from boeing_data_hub.store.work import Work

_CLAIMS = {"extraction": 7_204_010, "normalization": 7_204_011, "publishing": 7_204_012}


class LeaseLostError(Exception):
    """The lease expired while its holder worked: somebody else has the work now, and this result is dropped."""


@dataclass(frozen=True, slots=True)
class ExpiredLease:
    """A lease whose holder fell silent."""

    stage: str
    owner: str
    part_numbers: list[str]
    raw_ids: list[int]


def one_claim_at_a_time(work: Work, stage: str) -> None:
    """Let claims of one stage follow each other, so that no two pick the same part. A claim takes milliseconds."""
    work.do("SELECT pg_advisory_xact_lock(%s)", [_CLAIMS[stage]])


def take(
    work: Work,
    lease: UUID,
    *,
    stage: str,
    owner: str,
    seconds: float,
    part_numbers: Sequence[str] = (),
    raw_ids: Sequence[int] = (),
) -> None:
    """Write a lease of `seconds` on parts or raw answers."""
    work.do(
        "INSERT INTO hub.leases (id, stage, owner, part_numbers, raw_ids, expires_at)"
        " VALUES (%s, %s, %s, %s, %s, now() + %s * interval '1 second')",
        [lease, stage, owner, list(part_numbers), list(raw_ids), seconds],
    )


def release(work: Work, lease: UUID) -> None:
    """End a lease, and prove that it was still held.

    Raises:
        LeaseLostError: it had expired and was taken away.
    """
    if not work.do("DELETE FROM hub.leases WHERE id = %s", [lease]):
        raise LeaseLostError


def prove(work: Work, lease: UUID) -> None:
    """Prove, in the middle of work, that a lease is still held; until the commit nobody can take it away.

    Raises:
        LeaseLostError: it had expired and was taken away.
    """
    if work.row("SELECT 1 AS held FROM hub.leases WHERE id = %s FOR KEY SHARE", [lease]) is None:
        raise LeaseLostError


def let_go(work: Work, lease: UUID) -> bool:
    """End a lease under which nothing is saved. False when it had run out."""
    return bool(work.do("DELETE FROM hub.leases WHERE id = %s", [lease]))


def renew(work: Work, leases: Sequence[UUID], *, seconds: float) -> list[UUID]:
    """Give running leases another `seconds` from now. Returns those that were still there."""
    rows = work.rows(
        "UPDATE hub.leases SET expires_at = now() + %s * interval '1 second' WHERE id = ANY(%s) RETURNING id",
        [seconds, list(leases)],
    )
    return [row["id"] for row in rows]


def expire(work: Work) -> list[ExpiredLease]:
    """Take away the leases of holders that fell silent."""
    rows: list[dict[str, Any]] = work.rows(
        "DELETE FROM hub.leases WHERE id IN"
        " (SELECT id FROM hub.leases WHERE expires_at < now() FOR UPDATE SKIP LOCKED)"
        " RETURNING stage, owner, part_numbers, raw_ids"
    )
    return [ExpiredLease(**row) for row in rows]


class HeldLeases:
    """The leases this process works under, so that its pulse can renew them while slow calls run.

    It is known until when each surely lasts, by this process's own clock: one that was frozen finds its time over.

    Args:
        seconds: how long a lease lasts from the moment it is taken or renewed.
    """

    def __init__(self, seconds: float = 15.0) -> None:
        self._seconds = seconds
        self._held: dict[UUID, float] = {}
        self._lock = Lock()

    def add(self, lease: UUID, *, taken_at: float | None = None) -> None:
        """Keep a lease alive from now on; `taken_at` is the monotonic moment before it was written."""
        with self._lock:
            self._held[lease] = (monotonic() if taken_at is None else taken_at) + self._seconds

    def renewed(self, leases: Sequence[UUID], *, asked_at: float) -> None:
        """These were renewed by a statement that was sent at this monotonic moment."""
        with self._lock:
            for lease in leases:
                if lease in self._held:
                    self._held[lease] = asked_at + self._seconds

    def is_sure(self, lease: UUID) -> bool:
        """Whether the lease has surely not run out by now."""
        with self._lock:
            return monotonic() < self._held.get(lease, 0.0)

    def discard(self, lease: UUID) -> None:
        """Let a lease be."""
        with self._lock:
            self._held.pop(lease, None)

    @contextmanager
    def holding(self, lease: UUID, *, taken_at: float | None = None) -> Generator[None]:
        """Keep a lease alive for the length of a `with` block."""
        self.add(lease, taken_at=taken_at)
        try:
            yield
        finally:
            self.discard(lease)

    def now(self) -> list[UUID]:
        """The leases held at this moment."""
        with self._lock:
            return list(self._held)
