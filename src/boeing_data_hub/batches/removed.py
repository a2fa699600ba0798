"""Rejects requests that need data which housekeeping has deleted. Pure."""

from __future__ import annotations

from boeing_data_hub.errors import Conflict
from boeing_data_hub.work.batch import Batch


def refuse_undo_of_removed(batch: Batch | None) -> None:
    """Raises Conflict if the record of the run's changes was deleted."""
    if batch is not None and batch.changes_gone_at is not None:
        raise Conflict(
            f"The undo data of this run was deleted on {batch.changes_gone_at:%Y-%m-%d}. Nothing was changed. "
            "Publish the parts again, or correct them in your store.",
            code="undo_expired",
        )


def refuse_retry_of_removed(batch: Batch) -> None:
    """Raises Conflict if parts failed and their details were deleted."""
    if batch.items_gone_at is not None and batch.failed_count:
        raise Conflict(
            f"The part details of this run were deleted on {batch.items_gone_at:%Y-%m-%d}. Nothing was changed. "
            "Start a new run with the parts.",
            code="items_removed",
        )
