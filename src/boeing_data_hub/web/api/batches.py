"""/api/batches: status, items, failures, cancel, retry, undo and live events (guide, section 9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json
from sse_starlette import EventSourceResponse
from starlette.concurrency import run_in_threadpool

from boeing_data_hub.app import Hub
from boeing_data_hub.batches import failure_groups
from boeing_data_hub.batches.failure_groups import Failures
from boeing_data_hub.batches.requests import Accepted
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.health.batch_status import status_of, statuses_of
from boeing_data_hub.values.states import BatchStatus, BatchType, ItemState
from boeing_data_hub.web import exports
from boeing_data_hub.web.access import Principal, Publisher, Reader, TheHub, check_key, insist
from boeing_data_hub.web.addressed import existing, uuid_of
from boeing_data_hub.web.api.batch_status import BatchDetail, BatchesResponse, FailedItem
from boeing_data_hub.web.api.bulk import REPLAYED, BulkOperationResponse, told
from boeing_data_hub.web.downloads import AS_FILE, download
from boeing_data_hub.web.limits import STORABLE
from boeing_data_hub.web.live_feed import Audience, Event, LiveFeed, Poll, Topic
from boeing_data_hub.web.problems import may
from boeing_data_hub.work import batches, items
from boeing_data_hub.work.batch import Item

router = APIRouter(prefix="/api/batches", tags=["batches"])

_FAILED_SHOWN = 5  # in a status answer, which must stay small; all of them are at /failures and /items


@router.get("")
def list_batches(
    hub: TheHub,
    _principal: Reader,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    status: Annotated[BatchStatus | None, Query(description="Only batches in this status.")] = None,
    batch_type: Annotated[BatchType | None, Query(description="Only searches, or only publishes.")] = None,
    starts: Annotated[
        str | None,
        Query(
            alias="id",
            pattern="^[0-9a-fA-F]{4}[0-9a-fA-F-]{0,32}$",
            description="Only batches whose id begins with this, whatever their status.",
        ),
    ] = None,
) -> BatchesResponse:
    """All batches, newest first."""

    def step(work: Work) -> BatchesResponse:
        if starts is not None:
            alike = batches.beginning_with(work, starts, limit=limit, batch_type=batch_type)
            return BatchesResponse(batches=statuses_of(alike, hub.live.situation(work)), total=len(alike))
        found = batches.newest(work, limit=limit, offset=offset, status=status, batch_type=batch_type)
        return BatchesResponse(
            batches=statuses_of(found, hub.live.situation(work)),
            total=batches.count(work, status=status, batch_type=batch_type),
        )

    return hub.database.run(step)


@router.get("/{batch_id}")
def get_batch(batch_id: str, hub: TheHub, _principal: Reader) -> BatchDetail:
    """The status of a batch, what it waits for, and an estimate of the time left."""
    wanted = uuid_of(batch_id)

    def step(work: Work) -> BatchDetail:
        batch = existing(work, wanted)
        failed = items.first_failed(work, wanted, limit=_FAILED_SHOWN) if batch.failed_count else []
        return BatchDetail(
            **dict(status_of(batch, hub.live.situation(work))),
            failed_items=[
                FailedItem(part_number=i.part_number, error=i.error, error_code=i.error_code, timestamp=i.updated_at)
                for i in failed
            ]
            or None,
            failed_items_truncated=batch.failed_count > len(failed),
            retried_by=batches.retry_of(work, wanted) if batch.status.is_final and batch.failed_count else None,
        )

    return hub.database.run(step)


class CancelResponse(BaseModel):
    """The answer to a cancellation."""

    message: str
    batch_id: UUID
    status: BatchStatus
    cancelled_count: int


@router.delete("/{batch_id}", responses=may(409))
def cancel_batch(batch_id: str, hub: TheHub, principal: Reader) -> CancelResponse:
    """Cancel the items that are not done yet. Finished items stay. Needs the scope of the batch's type."""
    wanted = _allowed(hub, batch_id, principal)
    batch = hub.intake.cancel(wanted, actor=principal.owner)
    under_way = f" {batch.open_count:,} are being sent now and will be completed." * bool(batch.open_count)
    return CancelResponse(
        message=f"Cancelled. {batch.settled_count - batch.cancelled_count:,} parts were already done and stay as "
        f"they are; {batch.cancelled_count:,} were not.{under_way}",
        batch_id=batch.id,
        status=batch.status,
        cancelled_count=batch.cancelled_count,
    )


@router.post("/{batch_id}/retry", status_code=202, responses={**REPLAYED, **may(409)})
def retry_batch(batch_id: str, hub: TheHub, principal: Reader, response: Response) -> BulkOperationResponse:
    """Search for, or publish, the failed parts again, as a new batch. A second request returns the same new batch.

    Needs the scope of the batch's type.
    """
    accepted = hub.intake.retry_failed(_allowed(hub, batch_id, principal), actor=principal.owner)
    return _answered(accepted, response)


@router.post("/{batch_id}/undo", status_code=202, responses={**REPLAYED, **may(409)})
def undo_batch(batch_id: str, hub: TheHub, principal: Publisher, response: Response) -> BulkOperationResponse:
    """Undo a publish batch, as a new batch: archive what it created, restore what it changed.

    A product that a person has changed since is left unchanged and reported. A second request returns the same batch.
    """
    return _answered(hub.intake.undo(uuid_of(batch_id), actor=principal.owner), response)


def _allowed(hub: Hub, batch_id: str, principal: Principal) -> UUID:
    """The batch's id, for a principal with the scope of its type."""
    wanted = uuid_of(batch_id)
    batch = hub.database.run(lambda work: existing(work, wanted))
    insist(principal, batch.batch_type)
    return wanted


def _answered(accepted: Accepted, response: Response) -> BulkOperationResponse:
    response.headers["Location"] = f"/api/batches/{accepted.batch.id}"
    if not accepted.is_new:
        response.status_code = 200
        response.headers["Idempotent-Replayed"] = "true"
    return told(accepted)


class ItemResponse(BaseModel):
    """One item of a batch. Its fields are attributes of `work.batch.Item`."""

    model_config = ConfigDict(from_attributes=True)

    position: int
    part_number: str
    state: ItemState
    skus: list[str] = Field(description="Products that the part number stands for.")
    outcome: str | None
    reason: str | None
    error_code: str | None
    error: str | None
    attempts: int
    not_before: datetime | None
    updated_at: datetime


class ItemsResponse(BaseModel):
    """One page of items."""

    items: list[ItemResponse]
    next_after: int | None = Field(description="Send it as `after` for the next page; null at the end.")


@router.get("/{batch_id}/items")
def list_items(
    batch_id: str,
    hub: TheHub,
    _principal: Reader,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[int, Query(ge=0, le=10_000_000, description="Continue after this position.")] = 0,
    state: ItemState | None = None,
    outcome: Literal["fetched", "blocked", "needs_review", "created", "updated", "unchanged", "conflict"] | None = None,
    error_code: Annotated[str | None, Query(max_length=100, pattern=STORABLE)] = None,
) -> ItemsResponse:
    """The items of a batch in the order in which they were submitted, page by page."""
    wanted = uuid_of(batch_id)

    def step(work: Work) -> list[Item]:
        existing(work, wanted)
        return items.page(work, wanted, limit=limit, after=after, state=state, outcome=outcome, error_code=error_code)

    found = hub.database.run(step)
    return ItemsResponse(
        items=[ItemResponse.model_validate(item) for item in found],
        next_after=found[-1].position if len(found) == limit else None,
    )


@router.get("/{batch_id}/failures", response_model=Failures, responses=AS_FILE)
def list_failures(
    batch_id: str,
    hub: TheHub,
    _principal: Reader,
    request: Request,
    format: Annotated[  # noqa: A002 - its name in the address
        Literal["json", "csv", "xlsx"] | None, Query(description="csv, xlsx: every failure, to correct.")
    ] = None,
    *,
    other_columns: Annotated[
        bool, Query(description="For a file: put the other columns of the run's own file first.")
    ] = False,
) -> Failures | StreamingResponse | FileResponse:
    """Failures grouped by cause, with what to do; as a file: every failed item, to be corrected and uploaded again."""
    wanted = uuid_of(batch_id)
    if format is None and "text/csv" in request.headers.get("accept", ""):
        format = "csv"  # noqa: A001 - same
    if format is not None and format != "json":
        hub.database.run(lambda work: existing(work, wanted))
        sheet = exports.failures(hub.database, wanted, with_input=other_columns)
        return download(sheet, format, name=f"failures-{wanted}")

    def step(work: Work) -> Failures:
        existing(work, wanted)
        return failure_groups.grouped(work, wanted)

    return hub.database.run(step)


_EVENT: Final = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "event": {"type": "string", "enum": ["progress", "done", "trouble"]},
        "data": {"type": "string", "description": "The status of the batch, as JSON; of `trouble`, a message."},
    },
}


@router.get(
    "/{batch_id}/events",
    response_class=EventSourceResponse,
    responses={200: {"content": {"text/event-stream": {"schema": _EVENT}}}},
)
async def stream_batch_events(batch_id: str, hub: TheHub, principal: Reader, request: Request) -> EventSourceResponse:
    """The status, pushed whenever it changes (server-sent events `progress`), and `done` at the end.

    The stream ends early when the key is revoked.
    """
    wanted = uuid_of(batch_id)
    await run_in_threadpool(hub.database.run, lambda work: existing(work, wanted), hurry=True)
    feed: LiveFeed = request.app.state.live_feed
    feed.require_room(principal.owner)
    return EventSourceResponse(
        feed.stream(Topic(_API, wanted), lambda: check_key(request), caller=principal.owner), ping=15
    )


def _status_events(poll: Poll, subjects: Sequence[UUID | None]) -> dict[UUID | None, Sequence[Event]]:
    watched = [poll.batches[one] for one in subjects if one is not None and one in poll.batches]
    return {
        batch.id: [
            Event(
                "done" if batch.outcome else "progress",
                to_json(status_of(batch, poll.situation)).decode(),  # as the routes write it, dates included
            )
        ]
        for batch in watched
    }


_API: Final = Audience(
    render=_status_events,
    outage=Event("trouble", to_json({"message": "The database is not responding. Work continues"}).decode()),
)
