"""A turn at a bulk operation: one worker takes one step of it. Whatever the turn writes, it writes only while the
operation is still its own: a worker that was frozen, and comes back after another has gone on, changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from boeing_data_hub.errors import HubError
from boeing_data_hub.model.publications import BulkRun
from boeing_data_hub.publishing.jobs import Later
from boeing_data_hub.publishing.taking import Taken
from boeing_data_hub.store import bulk_runs, leases
from boeing_data_hub.store.work import Database, Work


@dataclass(frozen=True, slots=True)
class Stepped:
    """A step was taken.

    Attributes:
        error: speaks against everybody's calls.
        no_creating: a part that waits because the store makes no new products for a while.
        created: the store has made new products.
    """

    error: HubError | None = None
    no_creating: Later | None = None
    created: bool = False


class Turn:
    """One worker's turn at a run.

    Args:
        database: the rows.
        taken: the run as it was when the turn began, under its lease.

    Attributes:
        state: of the run, as this turn last wrote it.
    """

    def __init__(self, database: Database, taken: Taken[BulkRun]) -> None:
        self._database = database
        self._lease = taken.lease
        self.run = taken.row
        self.is_ours = taken.is_ours
        self.state = self.run.state

    def save(self, step: Callable[[Work], object]) -> None:
        """Write something in one transaction.

        Raises:
            LeaseLostError: somebody else is at the run now; nothing is written.
        """

        def fenced(work: Work) -> None:
            leases.prove(work, self._lease)
            step(work)

        self._database.run(fenced, patience=60)

    def move(self, state: str, *, wait: float = 0.0, **changes: Any) -> None:
        """Bring the run to a state, or leave it there, with its next step due in `wait` seconds.

        Raises:
            LeaseLostError: as `save`.
        """
        self.save(lambda work: bulk_runs.move(work, self.run.id, state, wait=wait, **changes))
        self.state = state
