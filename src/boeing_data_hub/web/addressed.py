"""The batch that an address names, for the API and the console alike."""

from __future__ import annotations

from uuid import UUID

from boeing_data_hub.errors import NotFound
from boeing_data_hub.model.batches import Batch
from boeing_data_hub.store import batches
from boeing_data_hub.store.work import Work


def uuid_of(batch_id: str) -> UUID:
    """The id in an address. Raises NotFound for anything else: there is no such batch."""
    try:
        return UUID(batch_id)
    except ValueError:
        raise _unknown() from None


def existing(work: Work, batch_id: UUID) -> Batch:
    """That batch. Raises NotFound when there is none."""
    batch = batches.get(work, batch_id)
    if batch is None:
        raise _unknown()
    return batch


def _unknown() -> NotFound:
    return NotFound(
        "There is no such batch. GET /api/batches, and the console's page of runs, list those there are.",
        code="batch_not_found",
    )
