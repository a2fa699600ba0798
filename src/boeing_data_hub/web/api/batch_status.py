"""What the API adds to the status of a batch (`health/batch_status.py`), and a request that waits for one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, Field

from boeing_data_hub.health.batch_status import BatchStatusResponse


class FailedItem(BaseModel):
    """A failed item, in short."""

    part_number: str
    error: str | None
    error_code: str | None
    timestamp: datetime


class BatchDetail(BatchStatusResponse):
    """The status of one batch, with its first failed items."""

    failed_items: list[FailedItem] | None = Field(
        description="The first five, or null; `/failures` has them all: `part_number`, `error`, `error_code` and "
        "`timestamp`."
    )
    failed_items_truncated: bool = Field(description="True if there are more.")
    retried_by: UUID | None = Field(description="The batch that retries its failed items, or null.")


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
