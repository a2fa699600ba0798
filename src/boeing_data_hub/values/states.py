"""The states of batches and items, by the same names everywhere: table, API, console, queue, folder."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class BatchType(StrEnum):
    """What a batch asks for."""

    SEARCH = "search"
    PUBLISH = "publish"


class BatchStatus(StrEnum):
    """The status of a batch (guide, section 6.1). The last three are final."""

    PENDING = "pending"  #: a plan that waits for approval
    PROCESSING = "processing"  #: its items are in progress, or wait for their turn
    COMPLETED = "completed"  #: every item settled, and not all of them failed; `outcome` says whether some did
    FAILED = "failed"  #: every item settled, and all of them failed
    CANCELLED = "cancelled"  #: stopped by a person; what was done stays

    @property
    def is_final(self) -> bool:
        """True if the status can never change again."""
        return self in {BatchStatus.COMPLETED, BatchStatus.FAILED, BatchStatus.CANCELLED}


class ItemState(StrEnum):
    """The state of one part. In a search: pending → extracted → normalized; in a publish run: pending → published."""

    PENDING = "pending"  #: waits for Boeing, or for its turn to be published
    EXTRACTED = "extracted"  #: Boeing answered; waits for normalization
    NORMALIZED = "normalized"  #: staged (end)
    PUBLISHED = "published"  #: in the store (end)
    NOT_FOR_SALE = "not_for_sale"  #: nothing to publish as it is, such as no price or no stock; not a failure (end)
    FAILED = "failed"  #: will not succeed by itself; `error_code` and `error` say why (end)
    CANCELLED = "cancelled"  #: was not done because a person cancelled the batch (end)

    @property
    def is_final(self) -> bool:
        """True if an item never leaves this state."""
        return self not in {ItemState.PENDING, ItemState.EXTRACTED}


ITEM_STATES: Final[Mapping[BatchType, tuple[ItemState, ...]]] = {
    BatchType.SEARCH: (
        ItemState.PENDING,
        ItemState.EXTRACTED,
        ItemState.NORMALIZED,
        ItemState.FAILED,
        ItemState.CANCELLED,
    ),
    BatchType.PUBLISH: (
        ItemState.PENDING,
        ItemState.PUBLISHED,
        ItemState.NOT_FOR_SALE,
        ItemState.FAILED,
        ItemState.CANCELLED,
    ),
}
"""The states that items of a batch can have, in the order in which people see them."""

FINAL_STATES: Final = tuple(state for state in ItemState if state.is_final)
"""Batches count their items of each of these in a column of its name with `_count`."""


class Stage(StrEnum):
    """A stage has a queue and a kind of lease of this name."""

    EXTRACTION = "extraction"
    NORMALIZATION = "normalization"
    PUBLISHING = "publishing"
    DEFAULT = "default"
