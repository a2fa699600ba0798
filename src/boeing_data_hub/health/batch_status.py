"""The status of a batch as the API, live events, `--json` and the console show it (guide, section 9.2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from boeing_data_hub.batches.names import run_name
from boeing_data_hub.health import conditions
from boeing_data_hub.health.live import Situation, message
from boeing_data_hub.values.range import Range
from boeing_data_hub.values.states import BatchStatus, BatchType
from boeing_data_hub.work.batch import Batch


class WaitingFor(BaseModel):
    """What keeps a batch from going on now."""

    reason: str = Field(description="A code, e.g. `no_worker`, `rate_limit`, `stuck`.")
    until: datetime | None = Field(description="When it ends, if known.")
    message: str


class BatchStatusResponse(BaseModel):
    """The status of a batch. Its size does not depend on the number of items.

    `docs/api.md` lists the fields with these descriptions: `tests/test_docs.py --write` renews the list.
    """

    id: UUID = Field(description="The batch's id.")
    name: str = Field(description="The name given in the request, or one made from its first part number.")
    batch_type: BatchType = Field(description="`search` or `publish`.")
    status: BatchStatus = Field(
        description="`processing`, `completed`, `failed`, `cancelled`; `pending`: a plan that waits for approval."
    )
    total_items: int = Field(description="The number of items.")
    extracted_count: int = Field(
        description="Items that Boeing has answered, found or not, and items that reused an answer."
    )
    normalized_count: int = Field(description="Items in this final state; only in searches.")
    published_count: int = Field(description="Items in this final state; only in publish runs.")
    failed_count: int = Field(description="Items in this final state.")
    not_for_sale_count: int = Field(description="Items in this final state; not part of `failed_count`.")
    cancelled_count: int = Field(description="Items in this final state.")
    pending_count: int = Field(
        description="Items not settled yet; together with those in a final state they add up to `total_items`."
    )
    reused_count: int = Field(description="Items that reused a fresh answer.")
    progress_percent: float = Field(description="Share of settled items, rounded down: 100 means that all are settled.")
    outcome: str | None = Field(
        description="Null while it runs; then `succeeded`, `finished_with_failures`, `failed` or `cancelled`. Wait for "
        "this, not for `status`: a cancelled publish run whose last parts are being sent has none yet."
    )
    message: str = Field(description="One sentence about its state.")
    rate_per_minute: float | None = Field(description="Items settled per minute recently, or null.")
    eta_seconds: Range | None = Field(description="`low` and `high` estimate of the seconds until it ends, or null.")
    waiting_for: WaitingFor | None = Field(
        description="Null, or what it is waiting for: `reason`, `until` and `message`; the reasons are listed below."
    )
    error_message: str | None = Field(description="Why it failed or was cancelled, or null.")
    idempotency_key: str | None = Field(description="As sent, or null; it is released after a time.")
    retry_of: UUID | None = Field(description="The batch whose failed items these are, or null.")
    undo_of: UUID | None = Field(description="The publish batch that this one undoes, or null.")
    failures_url: str | None = Field(description="Where its failures are, or null.")
    created_at: datetime = Field(description="When it was accepted; all times are UTC.")
    updated_at: datetime = Field(description="When it last changed.")
    started_at: datetime | None = Field(description="When work on its first item began, or null.")
    completed_at: datetime | None = Field(description="When it ended, or null.")
    items_removed_at: datetime | None = Field(description="When its items were deleted, or null; its counts are kept.")


def status_of(batch: Batch, situation: Situation) -> BatchStatusResponse:
    """The status of a batch."""
    return BatchStatusResponse(
        id=batch.id,
        name=run_name(batch),
        batch_type=batch.batch_type,
        status=batch.status,
        total_items=batch.total_items,
        extracted_count=batch.extracted_count,
        normalized_count=batch.normalized_count,
        published_count=batch.published_count,
        failed_count=batch.failed_count,
        not_for_sale_count=batch.not_for_sale_count,
        cancelled_count=batch.cancelled_count,
        pending_count=batch.open_count,
        reused_count=batch.reused_count,
        progress_percent=batch.progress_percent,
        outcome=batch.outcome,
        message=message(batch),
        rate_per_minute=round(batch.rate * 60, 1) if batch.rate and not batch.status.is_final else None,
        eta_seconds=situation.eta_seconds(batch),
        waiting_for=wait_of(batch, situation),
        error_message=batch.error_message,
        idempotency_key=batch.idempotency_key,
        retry_of=batch.retry_of,
        undo_of=batch.options.undo_of,
        failures_url=f"{situation.prefix}/api/batches/{batch.id}/failures" if batch.failed_count else None,
        created_at=batch.created_at,
        updated_at=batch.updated_at,
        started_at=batch.started_at,
        completed_at=batch.completed_at,
        items_removed_at=batch.items_gone_at,
    )


def statuses_of(batches: Sequence[Batch], situation: Situation) -> list[BatchStatusResponse]:
    """The statuses of several batches, in the same situation."""
    return [status_of(batch, situation) for batch in batches]


def wait_of(batch: Batch, situation: Situation) -> WaitingFor | None:
    """What keeps a running batch from going on now; None: nothing."""
    waits = situation.waiting_for(batch)
    if waits is None:
        return None
    reason = "stuck" if waits.code == conditions.NO_PROGRESS.code else waits.code
    return WaitingFor(reason=reason, until=waits.until, message=waits.text)
