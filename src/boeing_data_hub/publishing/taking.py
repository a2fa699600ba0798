"""Taking one row at a time under a lease, for work that is no claim of parts: an orphan, a step of a bulk operation."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID, uuid4

from boeing_data_hub.clock import monotonic
from boeing_data_hub.model.states import Stage
from boeing_data_hub.store import leases
from boeing_data_hub.store.leases import HeldLeases
from boeing_data_hub.store.work import Database, Work

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Taken(Generic[Row]):
    """A row that this process works on.

    Attributes:
        row: as it was when it was taken.
        lease: what it is held under.
        is_ours: whether that is surely still so; answered without asking Postgres.
    """

    row: Row
    lease: UUID
    is_ours: Callable[[], bool]


class Taking:
    """Takes rows of the publishing stage.

    Args:
        database: the rows.
        held: this process's leases.
        owner: what this process is.
        seconds: how long a row is ours without a sign of life.
    """

    def __init__(self, database: Database, held: HeldLeases, *, owner: str, seconds: float) -> None:
        self._database = database
        self._held = held
        self._owner = owner
        self._seconds = seconds

    @contextmanager
    def next(
        self, find: Callable[[Work], Row | None], *, held_as: Callable[[Row], str]
    ) -> Generator[Taken[Row] | None]:
        """Take the row that `find` names, and let it go at the end of the `with` block. None when nothing is due.

        Args:
            find: the next row that is due and that nobody holds.
            held_as: what its lease names: a SKU, or `run:` and a number.
        """
        lease, taken_at = uuid4(), monotonic()

        def take(work: Work) -> Row | None:
            leases.one_claim_at_a_time(work, Stage.PUBLISHING)
            row = find(work)
            if row is not None:
                leases.take(
                    work,
                    lease,
                    stage=Stage.PUBLISHING,
                    owner=self._owner,
                    seconds=self._seconds,
                    part_numbers=[held_as(row)],
                )
            return row

        row = self._database.run(take, patience=20)
        if row is None:
            yield None
            return
        with self._held.holding(lease, taken_at=taken_at):
            try:
                yield Taken(row, lease, lambda: self._held.is_sure(lease))
            finally:
                self._database.run(lambda work: leases.let_go(work, lease), patience=20)
