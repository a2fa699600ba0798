"""The batch named in a path, for the API and the console."""

from __future__ import annotations

from uuid import UUID

from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import NotFound
from boeing_data_hub.work import batches
from boeing_data_hub.work.batch import Batch


def uuid_of(batch_id: str) -> UUID:
    """The id in a path. Raises NotFound if it is not an id."""
    try:
        return UUID(batch_id)
    except ValueError:
        raise _unknown() from None


def existing(work: Work, batch_id: UUID) -> Batch:
    """The batch with this id. Raises NotFound."""
    batch = batches.get(work, batch_id)
    if batch is None:
        raise _unknown()
    return batch


def _unknown() -> NotFound:
    return NotFound(
        "This run does not exist or was deleted. GET /api/batches lists all runs.",
        code="batch_not_found",
    )
