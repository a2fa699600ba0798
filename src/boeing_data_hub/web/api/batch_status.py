"""The API's status of a batch (guide, section 9.2), and of a request that waits for one. `health/live.py` fills it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, Field

from boeing_data_hub.values.states import BatchStatus, BatchType


class WaitingFor(BaseModel):
    """What keeps a batch from going on now."""

    reason: str = Field(description="A code, e.g. `no_worker`, `rate_limit`, `stuck`.")
    until: datetime | None = Field(description="When it ends, where that is known.")
    message: str


class Eta(BaseModel):
    """A range of seconds."""

    low: int
    high: int


class BatchStatusResponse(BaseModel):
    """The status of a batch. Its size does not depend on the number of items."""

    id: UUID
    name: str
    batch_type: BatchType
    status: BatchStatus
    total_items: int
    extracted_count: int
    normalized_count: int
    published_count: int
    failed_count: int
    not_for_sale_count: int
    cancelled_count: int
    pending_count: int
    reused_count: int
    progress_percent: float
    outcome: str | None = Field(description="`succeeded`, `finished_with_failures`, `failed` or `cancelled`.")
    message: str
    rate_per_minute: float | None = Field(description="Items per minute at present.")
    eta_seconds: Eta | None
    waiting_for: WaitingFor | None
    error_message: str | None
    idempotency_key: str | None
    retry_of: UUID | None = Field(description="The batch whose failed items these are.")
    undo_of: UUID | None = Field(description="The publish batch that this one undoes.")
    failures_url: str | None
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    items_removed_at: datetime | None = Field(description="When its items were deleted; its counts are kept.")


class FailedItem(BaseModel):
    """A failed item, in short."""

    part_number: str
    error: str | None
    error_code: str | None
    timestamp: datetime


class BatchDetail(BatchStatusResponse):
    """The status of one batch, with its first failed items."""

    failed_items: list[FailedItem] | None = Field(description="The first five; `/failures` has them all.")
    failed_items_truncated: bool
    retried_by: UUID | None = Field(description="The batch that retries its failed items.")


class BatchesResponse(BaseModel):
    """A page of batches."""

    batches: list[BatchStatusResponse]
    total: int


class Links(BaseModel):
    """Where to look next."""

    batch: str
    events: str
    result: str


class Unfinished(BatchStatusResponse):
    """The batch of a request that has not ended yet."""

    batch_id: UUID
    known: Any = Field(description="What is known meanwhile; null: nothing.")
    links: Links


def still_running(found: Unfinished) -> Response:
    """The response 202 with the batch to watch."""
    return Response(
        found.model_dump_json(),
        202,
        headers={"Location": f"/api/batches/{found.id}"},
        media_type="application/json",
    )


Format = Literal["json", "csv", "xlsx"]
"""The format of a list that can also be had as a file."""
