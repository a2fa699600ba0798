"""Leases: who works on what. A result is saved only by deleting the lease it was made under: that is the fence."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any
from uuid import UUID

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


def renew(work: Work, leases: Sequence[UUID], *, seconds: float) -> int:
    """Give running leases another `seconds` from now. How many were still there."""
    return work.do(
        "UPDATE hub.leases SET expires_at = now() + %s * interval '1 second' WHERE id = ANY(%s)",
        [seconds, list(leases)],
    )


def expire(work: Work) -> list[ExpiredLease]:
    """Take away the leases of holders that fell silent."""
    rows: list[dict[str, Any]] = work.rows(
        "DELETE FROM hub.leases WHERE id IN"
        " (SELECT id FROM hub.leases WHERE expires_at < now() FOR UPDATE SKIP LOCKED)"
        " RETURNING stage, owner, part_numbers, raw_ids"
    )
    return [ExpiredLease(**row) for row in rows]


class HeldLeases:
    """The leases this process works under, so that its pulse can renew them while slow calls run."""

    def __init__(self) -> None:
        self._held: set[UUID] = set()
        self._lock = Lock()

    def add(self, lease: UUID) -> None:
        """Keep a lease alive from now on."""
        with self._lock:
            self._held.add(lease)

    def discard(self, lease: UUID) -> None:
        """Let a lease be."""
        with self._lock:
            self._held.discard(lease)

    @contextmanager
    def holding(self, lease: UUID) -> Generator[None]:
        """Keep a lease alive for the length of a `with` block."""
        self.add(lease)
        try:
            yield
        finally:
            self.discard(lease)

    def now(self) -> list[UUID]:
        """The leases held at this moment."""
        with self._lock:
            return list(self._held)
