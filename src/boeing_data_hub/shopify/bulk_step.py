"""A turn at a bulk operation: one worker takes one step of it. The turn writes only while it holds the lease: a worker
that was frozen, and resumes after another has continued, changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from boeing_data_hub.errors import HubError
from boeing_data_hub.shopify import bulk_runs
from boeing_data_hub.shopify.bulk_runs import BulkRun
from boeing_data_hub.shopify.journey import Later
from boeing_data_hub.shopify.row_lease import Taken


@dataclass(frozen=True, slots=True)
class Stepped:
    """A step was taken.

    Attributes:
        error: affects every call.
        no_creating: a part that waits because the store takes no new products for a while.
        created: True if the store has created products.
    """

    error: HubError | None = None
    no_creating: Later | None = None
    created: bool = False


class Turn:
    """One worker's turn at a run.

    Args:
        taken: the run as it was when the turn began, under its lease.

    Attributes:
        save: runs a step in one transaction if the lease is still held; see `Taken.save`.
        state: of the run, as this turn last wrote it.
    """

    def __init__(self, taken: Taken[BulkRun]) -> None:
        self.run = taken.row
        self.is_ours = taken.is_ours
        self.save = taken.save
        self.state = self.run.state

    def move(self, state: str, *, wait: float = 0.0, **changes: Any) -> None:
        """Set the run's state, which may be its current one, with its next step due in `wait` seconds.

        Raises:
            LeaseLostError: another worker has the run now; nothing is saved.
        """
        self.save(lambda work: bulk_runs.move(work, self.run.id, state, wait=wait, **changes))
        self.state = state
