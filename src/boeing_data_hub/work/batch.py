"""A batch and its items as frozen values, with their progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from boeing_data_hub.values.states import FINAL_STATES, BatchStatus, BatchType, ItemState

# Not ASCII, so that no caller's own idempotency key can begin like one of these.
RETRY_KEY: Final = "\u21bb "
UNDO_KEY: Final = "\u21ba "
OUR_KEYS: Final = (RETRY_KEY[0], UNDO_KEY[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """How a batch was requested, and what its plan became: the column `options`, without what is not set.

    Attributes:
        source: where its list came from, for people.
        force_refresh: of a search: kept answers are not used.
        urgent: of a search: it takes the next Boeing calls.
        quote: the id of the quote that the search is for.
        bulk: of a publish run: it uses bulk operations.
        undo_of: the publish run that it undoes.
        planned: it was planned, and `approved`, once a person approved the plan.
        forecast: made with the plan; see `shopify/plans.py`.
        trace: the trace of the request, for telemetry.
    """

    source: str | None = None
    force_refresh: bool = False
    urgent: bool = False
    quote: int | None = None
    bulk: bool = False
    undo_of: UUID | None = None
    planned: bool = False
    approved: bool = False
    forecast: Mapping[str, Any] | None = None
    trace: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The content of the column."""
        set_ = {name: value for name in self.__slots__ if (value := getattr(self, name))}
        return set_ | ({"undo_of": str(self.undo_of)} if self.undo_of else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBatch:
    """A batch to insert; its fields are those of `Batch`."""

    id: UUID
    batch_type: BatchType
    total_items: int
    owner: str
    idempotency_key: str | None
    request_hash: str
    options: BatchOptions
    retry_of: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One accepted request.

    Attributes:
        extracted_count: items Boeing has answered, found or not (guide, section 2.2); never falls.
        not_for_sale_count: items of a publish run that cannot be sold; they did not fail.
        reused_count: items served from a fresh earlier answer, without a call.
        rate: items recently settled per second; None until enough have been.
        items_gone_at: when its items and plan were deleted; `changes_gone_at`: when the record of its changes in the
            store was deleted, so that it cannot be undone any more.
    """

    id: UUID
    batch_type: BatchType
    status: BatchStatus
    total_items: int
    extracted_count: int
    normalized_count: int
    published_count: int
    failed_count: int
    not_for_sale_count: int
    cancelled_count: int
    reused_count: int
    error_message: str | None
    owner: str
    idempotency_key: str | None
    request_hash: str
    options: BatchOptions
    retry_of: UUID | None
    rate: float | None
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    items_gone_at: datetime | None = None
    changes_gone_at: datetime | None = None

    def count_of(self, state: ItemState) -> int:
        """Items in this end state."""
        return getattr(self, f"{state}_count")

    @property
    def settled_count(self) -> int:
        """Items in an end state."""
        return sum(self.count_of(state) for state in FINAL_STATES)

    @property
    def left_undone(self) -> dict[ItemState, int]:
        """Items that neither succeeded nor failed, by end state; without states that no item is in."""
        others = set(FINAL_STATES) - {ItemState.NORMALIZED, ItemState.PUBLISHED, ItemState.FAILED}
        return {state: count for state in FINAL_STATES if state in others and (count := self.count_of(state))}

    @property
    def succeeded_count(self) -> int:
        """Items that were staged, or published."""
        return self.normalized_count + self.published_count

    @property
    def open_count(self) -> int:
        """Items not in an end state."""
        return self.total_items - self.settled_count

    @property
    def progress_percent(self) -> float:
        """Settled share in percent, rounded down to two places so that 100 means that all are settled."""
        return self.settled_count * 10000 // self.total_items / 100

    @property
    def outcome(self) -> str | None:
        """The outcome of a finished batch: succeeded, finished_with_failures, failed or cancelled; None while it runs.

        A cancelled batch runs until the outcome of its last calls to the store is known.
        """
        if not self.status.is_final or self.open_count:
            return None
        if self.status is BatchStatus.COMPLETED:
            return "finished_with_failures" if self.failed_count else "succeeded"
        return str(self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One part number of a batch.

    Attributes:
        skus: the full part numbers Boeing answered with, or that are to be published.
        outcome: for a normalized item the staged status: fetched, blocked or needs_review; of a publish run: created,
            updated, unchanged, blocked or conflict. `reason` says why, or is a remark.
        attempts: failed Boeing calls, or tries to publish, so far; `not_before` is when the next may start.
    """

    batch_id: UUID
    position: int
    part_number: str
    state: ItemState
    skus: tuple[str, ...]
    outcome: str | None
    reason: str | None
    error_code: str | None
    error: str | None
    attempts: int
    not_before: datetime | None
    updated_at: datetime
