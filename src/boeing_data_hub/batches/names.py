"""The name of a run, as people see it everywhere. Pure."""

from __future__ import annotations

from typing import Final

from boeing_data_hub.values.states import BatchType
from boeing_data_hub.work.batch import Batch

_OUR_NAMES: Final = ("Pasted list", "Sample list", "Catalog (", "Recreated plan")


def run_name(batch: Batch) -> str:
    """The name of a run: its list, or its first part."""
    source = (batch.options.source or "").removeprefix("Found by ").removeprefix("One part: ")
    if source.startswith(_OUR_NAMES) and (batch.batch_type is BatchType.PUBLISH or batch.retry_of):
        source = source[0].lower() + source[1:]
    if batch.options.undo_of:
        return f"Undo: {source}" if source else "Undo of a publish run"
    if batch.retry_of:
        return f"Retry: {source}" if source else "Retry of failed parts"
    if batch.batch_type is BatchType.PUBLISH:
        return f"Publish {source}" if source else "Publish"
    return source or "Search"
