"""/api/batches: how far, what failed and why, cancel, retry, live events (guide, section 9)."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from sse_starlette import EventSourceResponse

from boeing_data_hub.hub import Hub
from boeing_data_hub.intake.requests import Accepted
from boeing_data_hub.model.batches import Item
from boeing_data_hub.model.states import BatchStatus, BatchType, ItemState
from boeing_data_hub.reporting import exports, failures
from boeing_data_hub.reporting.live import status_document, status_documents
from boeing_data_hub.store import batches, items
from boeing_data_hub.store.work import Work
from boeing_data_hub.web.access import Principal, Publisher, Reader, TheHub, insist
from boeing_data_hub.web.addressed import existing, uuid_of
from boeing_data_hub.web.api.bulk import BulkOperationResponse, told
from boeing_data_hub.web.downloads import download
from boeing_data_hub.web.limits import STORABLE
from boeing_data_hub.web.watch import Watch

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
) -> dict[str, Any]:
    """All batches, newest first."""

    def step(work: Work) -> dict[str, Any]:
        found = batches.newest(work, limit=limit, offset=offset, status=status, batch_type=batch_type)
        return {
            "batches": status_documents(found, hub.live.situation(work)),
            "total": batches.count(work, status=status, batch_type=batch_type),
        }

    return hub.database.run(step)


@router.get("/{batch_id}")
def get_batch(batch_id: str, hub: TheHub, _principal: Reader) -> dict[str, Any]:
    """How far a batch is, what it waits for, and how long it will likely take."""
    wanted = uuid_of(batch_id)

    def step(work: Work) -> dict[str, Any]:
        batch = existing(work, wanted)
        document = status_document(batch, hub.live.situation(work))
        failed = items.first_failed(work, wanted, limit=_FAILED_SHOWN) if batch.failed_count else []
        document["failed_items"] = [
            {"part_number": i.part_number, "error": i.error, "error_code": i.error_code, "timestamp": i.updated_at}
            for i in failed
        ] or None
        document["failed_items_truncated"] = batch.failed_count > len(failed)
        retried_by = batches.retry_of(work, wanted) if batch.status.is_final and batch.failed_count else None
        document["retried_by"] = str(retried_by) if retried_by else None
        return document

    return hub.database.run(step)


@router.delete("/{batch_id}")
def cancel_batch(batch_id: str, hub: TheHub, principal: Reader) -> dict[str, Any]:
    """Cancel what is not done yet, at once. What was done stays. Needs the scope of the batch's type."""
    wanted = _allowed(hub, batch_id, principal)
    batch = hub.intake.cancel(wanted, actor=principal.owner)
    under_way = f" {batch.open_count:,} are being sent at this moment and are brought to an end." * bool(
        batch.open_count
    )
    return {
        "message": f"Cancelled. {batch.settled_count - batch.cancelled_count:,} items were done before and stay; "
        f"{batch.cancelled_count:,} were not.{under_way}",
        "batch_id": str(batch.id),
        "status": batch.status,
        "cancelled_count": batch.cancelled_count,
    }


@router.post("/{batch_id}/retry", status_code=202, response_model=BulkOperationResponse)
def retry_batch(batch_id: str, hub: TheHub, principal: Reader, response: Response) -> BulkOperationResponse:
    """Search for, or publish, the failed parts again, as a new batch. Asked twice, it is the same new batch.

    Needs the scope of the batch's type.
    """
    accepted = hub.intake.retry_failed(_allowed(hub, batch_id, principal), actor=principal.owner)
    return _answered(accepted, response)


@router.post("/{batch_id}/undo", status_code=202, response_model=BulkOperationResponse)
def undo_batch(batch_id: str, hub: TheHub, principal: Publisher, response: Response) -> BulkOperationResponse:
    """Take back what a publish batch did, as a new batch: archive what it created, restore what it changed.

    Where a person has changed a product since, it is left alone and said so. Asked twice, it is the same new batch.
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


@router.get("/{batch_id}/items")
def list_items(
    batch_id: str,
    hub: TheHub,
    _principal: Reader,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[int, Query(ge=0, description="Continue behind this position.")] = 0,
    state: ItemState | None = None,
    outcome: Literal["fetched", "blocked", "needs_review", "created", "updated", "unchanged", "conflict"] | None = None,
    error_code: Annotated[str | None, Query(max_length=100, pattern=STORABLE)] = None,
) -> dict[str, Any]:
    """The items of a batch in the order they were handed in, page by page."""
    wanted = uuid_of(batch_id)

    def step(work: Work) -> list[Item]:
        existing(work, wanted)
        return items.page(work, wanted, limit=limit, after=after, state=state, outcome=outcome, error_code=error_code)

    found = hub.database.run(step)
    return {
        "items": [_item(item) for item in found],
        "next_after": found[-1].position if len(found) == limit else None,
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "position": item.position,
        "part_number": item.part_number,
        "state": item.state,
        "skus": list(item.skus),
        "outcome": item.outcome,
        "reason": item.reason,
        "error_code": item.error_code,
        "error": item.error,
        "attempts": item.attempts,
        "not_before": item.not_before,
        "updated_at": item.updated_at,
    }


@router.get(
    "/{batch_id}/failures",
    response_model=dict[str, Any],
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}, exports.XLSX: {}}}},
)
def list_failures(
    batch_id: str,
    hub: TheHub,
    _principal: Reader,
    request: Request,
    format: Annotated[  # noqa: A002 - its name in the address
        Literal["json", "csv", "xlsx"] | None, Query(description="csv, xlsx: every failure, to correct.")
    ] = None,
) -> dict[str, Any] | StreamingResponse | FileResponse:
    """Failures grouped by cause, with what to do; as a file: every failed item, to be corrected and uploaded again."""
    wanted = uuid_of(batch_id)
    if format is None and "text/csv" in request.headers.get("accept", ""):
        format = "csv"  # noqa: A001 - same
    if format is not None and format != "json":
        hub.database.run(lambda work: existing(work, wanted))
        return download(exports.failures(hub.database, wanted), format, name=f"failures-{wanted}")

    def step(work: Work) -> dict[str, Any]:
        existing(work, wanted)
        return failures.grouped(work, wanted)

    return hub.database.run(step)


@router.get("/{batch_id}/events", response_class=EventSourceResponse)
async def events(batch_id: str, hub: TheHub, _principal: Reader, request: Request) -> EventSourceResponse:
    """The status, pushed whenever it changes (server-sent events `progress`), and `done` at the end."""
    wanted = uuid_of(batch_id)
    watch: Watch = request.app.state.watch
    await watch.exists(hub, wanted, existing)
    return EventSourceResponse(watch.events(wanted), ping=15)
