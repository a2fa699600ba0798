"""Leases: who works on what. Saving a result deletes its lease, so a worker that lost the lease cannot save."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Final
from uuid import UUID

from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)

_CLAIMS = {"extraction": 7_204_010, "normalization": 7_204_011, "publishing": 7_204_012}


class LeaseLostError(Exception):
    """The lease expired while its holder worked. The work belongs to another worker, and this result is dropped."""


@dataclass(frozen=True, slots=True)
class ExpiredLease:
    """A lease whose holder has sent no heartbeat.

    Attributes:
        id: the lease.
        stage: a value of `Stage`.
        owner: the process that held it.
        part_numbers: its parts, or the SKUs of a publish run.
        raw_ids: its raw answers.
    """

    id: UUID
    stage: str
    owner: str
    part_numbers: list[str]
    raw_ids: list[int]


def one_claim_at_a_time(work: Work, stage: str, lease: UUID) -> None:
    """Serialize the claims of a stage, so that no two pick the same part. A claim takes milliseconds.

    Where the reply to a claim's commit was lost, the step runs again and would find its own parts taken: what `lease`
    took before is free again.
    """
    work.do(_SQL["one_claim_at_a_time"], [lease, _CLAIMS[stage]])


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
    """Insert a lease of `seconds` on parts or raw answers."""
    work.do(_SQL["take"], [lease, stage, owner, list(part_numbers), list(raw_ids), seconds])


def release(work: Work, lease: UUID) -> None:
    """Delete a lease, and verify that it was still held.

    Raises:
        LeaseLostError: it had expired and was taken away.
    """
    if not work.do(_SQL["release"], [lease]):
        raise LeaseLostError


def prove(work: Work, lease: UUID) -> None:
    """Verify during work that a lease is still held, and lock it until the commit.

    Raises:
        LeaseLostError: it had expired and was taken away.
    """
    if work.row(_SQL["prove"], [lease]) is None:
        raise LeaseLostError


def let_go(work: Work, lease: UUID) -> bool:
    """Delete a lease without saving a result. False if it had expired."""
    return bool(work.do(_SQL["release"], [lease]))


def renew(work: Work, leases: Sequence[UUID], *, seconds: float) -> list[UUID]:
    """Renew leases for `seconds` from now. Returns those that still existed."""
    rows = work.rows(_SQL["renew"], [seconds, list(leases)])
    return [row["id"] for row in rows]


def expired(work: Work) -> UUID | None:
    """The lease that expired first; None if there is none, or other sweeps are freeing them all."""
    return work.value(_SQL["expired"])


def take_expired(work: Work, lease: UUID) -> ExpiredLease | None:
    """Delete an expired lease, and return it; None if another sweep has freed it, or its holder has renewed it."""
    return work.record(ExpiredLease, _SQL["take_expired"], [lease])


def put_off(work: Work, lease: UUID, *, seconds: float) -> None:
    """Extend an expired lease by `seconds`, because its work could not be freed."""
    work.do(_SQL["put_off"], [seconds, lease])


class HeldLeases:
    """The leases of this process, so that its heartbeat can renew them during slow calls.

    It tracks by the process's own clock how long each is certain to last, so that a process that was frozen notices.

    Args:
        seconds: duration of a lease from its start or renewal.
    """

    def __init__(self, seconds: float = 15.0) -> None:
        self._seconds = seconds
        self._held: dict[UUID, float] = {}
        self._lock = Lock()

    def add(self, lease: UUID, *, taken_at: float | None = None) -> None:
        """Start renewing a lease; `taken_at` is the monotonic time before it was written."""
        with self._lock:
            self._held[lease] = (monotonic() if taken_at is None else taken_at) + self._seconds

    def renewed(self, leases: Sequence[UUID], *, asked_at: float) -> None:
        """Note that these were renewed by a statement sent at this monotonic time."""
        with self._lock:
            for lease in leases:
                if lease in self._held:
                    self._held[lease] = asked_at + self._seconds

    def is_sure(self, lease: UUID) -> bool:
        """True if the lease cannot have expired."""
        with self._lock:
            return monotonic() < self._held.get(lease, 0.0)

    def discard(self, lease: UUID) -> None:
        """Stop renewing a lease."""
        with self._lock:
            self._held.pop(lease, None)

    @contextmanager
    def holding(self, lease: UUID, *, taken_at: float | None = None) -> Generator[None]:
        """Renew a lease for the length of a `with` block."""
        self.add(lease, taken_at=taken_at)
        try:
            yield
        finally:
            self.discard(lease)

    def now(self) -> list[UUID]:
        """The leases held now."""
        with self._lock:
            return list(self._held)
