"""The states of batches and items, in the words used everywhere: table, API, console, queue, folder."""

from __future__ import annotations

from enum import StrEnum


class BatchType(StrEnum):
    """What a batch asks for."""

    SEARCH = "search"
    PUBLISH = "publish"


class BatchStatus(StrEnum):
    """Where a batch stands (guide, section 6.1). The last three are final: nothing leaves them."""

    PENDING = "pending"  #: accepted, and waiting for a person's word
    PROCESSING = "processing"  #: its items are being worked on, or wait for their turn
    COMPLETED = "completed"  #: every item settled and at least one succeeded; `outcome` says whether some failed
    FAILED = "failed"  #: every item settled and none succeeded
    CANCELLED = "cancelled"  #: stopped by a person; what was done stays

    @property
    def is_final(self) -> bool:
        """Whether the batch can never change again."""
        return self in {BatchStatus.COMPLETED, BatchStatus.FAILED, BatchStatus.CANCELLED}


class ItemState(StrEnum):
    """Where one part stands. A search walks pending → extracted → normalized, a publishing pending → published."""

    PENDING = "pending"  #: waits for Boeing, or for its turn to be published
    EXTRACTED = "extracted"  #: Boeing answered; waits for normalization
    NORMALIZED = "normalized"  #: staged (end)
    PUBLISHED = "published"  #: in the store (end)
    FAILED = "failed"  #: will not succeed by itself; `error_code` and `error` say why (end)
    CANCELLED = "cancelled"  #: was not done because a person cancelled the batch (end)


class Stage(StrEnum):
    """A stage is a folder, a queue and a kind of lease."""

    EXTRACTION = "extraction"
    NORMALIZATION = "normalization"
    PUBLISHING = "publishing"
    DEFAULT = "default"
