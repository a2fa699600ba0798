"""Refusing what cannot be done any more, because housekeeping has removed what it would be done from. Pure."""

from __future__ import annotations

from boeing_data_hub.errors import Conflict
from boeing_data_hub.model.batches import Batch


def refuse_undo_of_removed(batch: Batch | None) -> None:
    """Raises Conflict when what the batch changed is not kept any more."""
    if batch is not None and batch.changes_gone_at is not None:
        raise Conflict(
            f"What this batch changed is not kept any more: it was removed on {batch.changes_gone_at:%Y-%m-%d}. "
            "Nothing was done. Publish the parts anew as they should be, or set them right in the store.",
            code="undo_expired",
        )


def refuse_retry_of_removed(batch: Batch) -> None:
    """Raises Conflict when items have failed and are not kept any more."""
    if batch.items_gone_at is not None and batch.failed_count:
        raise Conflict(
            f"The items of this batch are not kept any more: they were removed on {batch.items_gone_at:%Y-%m-%d}. "
            "Nothing was changed. Hand the parts in anew.",
            code="items_removed",
        )
