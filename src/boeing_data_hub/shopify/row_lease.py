"""Takes one row at a time under a lease, for work other than parts: a leftover product, a step of a bulk operation, a
step of a job. The holder writes only while it holds the lease.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID, uuid4

from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work import leases
from boeing_data_hub.work.leases import HeldLeases

Row = TypeVar("Row")
Value = TypeVar("Value")


Saves = Callable[[Callable[[Work], None]], None]
"""Runs a step in one transaction that checks a lease first; raises LeaseLostError."""


def fenced(database: Database, lease: UUID, step: Callable[[Work], Value]) -> Value:
    """Run a step in one transaction that checks the lease first. Returns the step's result.

    Raises:
        LeaseLostError: another process has what the lease was for; nothing is saved.
    """

    def fencing(work: Work) -> Value:
        leases.prove(work, lease)
        return step(work)

    return database.run(fencing, patience=60)


@dataclass(frozen=True, slots=True)
class Taken(Generic[Row]):
    """A row that this process works on.

    Attributes:
        row: its values when it was taken.
        is_ours: True if the lease has certainly not expired; answered without asking Postgres. A call to the store
            takes it as `keep_going`.
    """

    row: Row
    is_ours: Callable[[], bool]
    _lease: UUID
    _database: Database

    def save(self, step: Callable[[Work], Value]) -> Value:
        """As `fenced`."""
        return fenced(self._database, self._lease, step)

    def prove(self) -> None:
        """Ask Postgres whether the lease is still held; before a call that destroys something.

        Raises:
            LeaseLostError: another process has the row.
        """
        self.save(lambda _work: None)


@dataclass(frozen=True, slots=True)
class Holder:
    """This process as a holder of leases.

    Attributes:
        held: its leases.
        owner: its name.
        seconds: how long a lease is held without a heartbeat.
    """

    held: HeldLeases
    owner: str
    seconds: float


class Taking:
    """Takes rows of the publishing stage.

    Args:
        database: the rows.
        holder: holds them.
    """

    def __init__(self, database: Database, holder: Holder) -> None:
        self._database = database
        self._holder = holder

    @contextmanager
    def next(
        self, find: Callable[[Work], Row | None], *, held_as: Callable[[Row], str | list[str]]
    ) -> Generator[Taken[Row] | None]:
        """Take the row that `find` returns, and release it at the end of the `with` block. None if nothing is due.

        Args:
            find: returns the next row that is due and not held.
            held_as: the names of the lease: SKUs, or `run:` and a number.
        """
        lease, taken_at = uuid4(), monotonic()

        def take(work: Work) -> Row | None:
            leases.one_claim_at_a_time(work, Stage.PUBLISHING, lease)
            row = find(work)
            if row is not None:
                names = held_as(row)
                leases.take(
                    work,
                    lease,
                    stage=Stage.PUBLISHING,
                    owner=self._holder.owner,
                    seconds=self._holder.seconds,
                    part_numbers=[names] if isinstance(names, str) else names,
                )
            return row

        row = self._database.run(take, patience=20)
        if row is None:
            yield None
            return
        with self._holder.held.holding(lease, taken_at=taken_at):
            try:
                yield Taken(row, lambda: self._holder.held.is_sure(lease), lease, self._database)
            finally:
                self._database.run(lambda work: leases.let_go(work, lease), patience=20)
