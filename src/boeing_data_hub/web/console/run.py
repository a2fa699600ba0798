"""/console/runs/{id}: one run, from its first part to its last failure, and what a person can do about it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from sse_starlette import EventSourceResponse
from starlette.concurrency import run_in_threadpool

from boeing_data_hub.hub import Hub
from boeing_data_hub.model.batches import Batch
from boeing_data_hub.model.part_numbers import BadPartNumber, clean
from boeing_data_hub.model.states import BatchStatus, BatchType, ItemState
from boeing_data_hub.reporting import exports
from boeing_data_hub.reporting.live import status_document
from boeing_data_hub.store import batches, bulk_runs, items, keys, products, publishing
from boeing_data_hub.store.work import Work
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.addressed import existing, uuid_of
from boeing_data_hub.web.console import visitors
from boeing_data_hub.web.console.causes import Causes
from boeing_data_hub.web.console.live import Board, welcome
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Publisher, Viewer, Visitor, insist
from boeing_data_hub.web.downloads import download
from boeing_data_hub.web.limits import STORABLE

router = APIRouter(prefix="/runs/{batch_id}")

_ON_A_PAGE = 50


@router.get("", response_model=None)
def show(
    batch_id: str,
    request: Request,
    hub: TheHub,
    visitor: Viewer,
    state: ItemState | Literal[""] = "",
    outcome: Literal["fetched", "blocked", "needs_review", "created", "updated", "unchanged", "conflict", ""] = "",
    remark: Literal["true", ""] = "",
    code: Annotated[str, Query(max_length=100, pattern=STORABLE)] = "",
    reason: Annotated[str, Query(max_length=100, pattern=STORABLE)] = "",
    q: Annotated[str, Query(max_length=100, pattern=STORABLE)] = "",
    after: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> Response:
    """How far it is, what it waits for, why parts failed, and its parts, filtered by the address."""
    wanted = uuid_of(batch_id)
    board: Board = request.app.state.board
    board.redis_answers()
    causes: Causes = request.app.state.causes

    def step(work: Work) -> dict[str, Any]:
        batch = existing(work, wanted)
        return {
            "batch": batch,
            "run": status_document(batch, hub.live.situation(work)),
            "troubles": board.troubles(work),
            "found": causes.of(work, batch),
            "names": keys.names(work),
            **_what_next(work, hub, batch, visitor),
            **_of_publishing(work, batch),
            "items": items.page(
                work,
                wanted,
                limit=_ON_A_PAGE + 1,
                after=after,
                state=state or None,
                outcome=outcome or None,
                error_code=code or None,
                reason=reason or None,
                search=beginning(q),
                has_remark=bool(remark),
            ),
        }

    told = hub.database.run(step, hurry=True)
    batch: Batch = told["batch"]
    if batch.status is BatchStatus.PENDING and batch.options.get("planned"):
        return go(f"/console/plans/{batch.id}")
    rows = told.pop("items")
    filters = {"state": state, "outcome": outcome, "code": code, "reason": reason, "remark": remark, "q": q}
    return page(
        request,
        "pages/run.html",
        **told,
        items=rows[:_ON_A_PAGE],
        next_after=rows[_ON_A_PAGE - 1].position if len(rows) > _ON_A_PAGE else None,
        filters=filters,
        first=after == 0,
        most=hub.intake.rules.max_publish,
    )


def _what_next(work: Work, hub: Hub, batch: Batch, visitor: Visitor) -> dict[str, Any]:
    """What can be done with a run now."""
    ended = batch.status.is_final
    publishing_ended = batch.batch_type is BatchType.PUBLISH and batch.outcome is not None
    return {
        "retried_by": batches.retry_of(work, batch.id) if ended else None,
        "publishable": publishing.count_publishable(work, batch.id, most=hub.intake.rules.max_publish + 1)
        if ended and batch.batch_type is BatchType.SEARCH and visitor.may("publish")
        else 0,
        "changed": products.changed_by(work, batch.id) if publishing_ended and not batch.changes_gone_at else {},
        "undone_by": hub.intake.undone_by(work, batch) if publishing_ended else None,
    }


def _of_publishing(work: Work, batch: Batch) -> dict[str, Any]:
    """What became of the parts of a publishing, and the store's bulk operations for it."""
    if batch.batch_type is not BatchType.PUBLISH:
        return {"outcomes": [], "bulk": []}
    return {"outcomes": publishing.outcomes(work, batch.id), "bulk": bulk_runs.of_batch(work, batch.id)}


def beginning(text: str) -> str | None:
    """How a part number typed into the filter begins, spelt as the parts are."""
    try:
        return clean(text) if text.strip() else None
    except BadPartNumber:
        return text.strip().upper()[:50]


@router.get("/failures")
def show_failures(batch_id: str, request: Request, hub: TheHub, _visitor: Viewer) -> HTMLResponse:
    """The causes alone, to be put into the page when there are new ones."""
    wanted = uuid_of(batch_id)
    causes: Causes = request.app.state.causes

    def step(work: Work) -> tuple[Batch, dict[str, Any]]:
        batch = existing(work, wanted)
        return batch, causes.of(work, batch)

    batch, found = hub.database.run(step, hurry=True)
    return page(request, "widgets/causes.html", batch=batch, found=found)


@router.get("/outcomes")
def show_outcomes(batch_id: str, request: Request, hub: TheHub, _visitor: Viewer) -> HTMLResponse:
    """What became of the parts of a publishing, alone, to be put into the page while it runs."""
    wanted = uuid_of(batch_id)

    def step(work: Work) -> dict[str, Any]:
        batch = existing(work, wanted)
        return {"batch": batch, **_of_publishing(work, batch)}

    return page(request, "widgets/outcomes.html", **hub.database.run(step, hurry=True))


@router.get("/actions")
def show_actions(batch_id: str, request: Request, hub: TheHub, visitor: Viewer) -> HTMLResponse:
    """What can be done with it now, alone, to be put into the page when it has ended."""
    wanted = uuid_of(batch_id)

    def step(work: Work) -> dict[str, Any]:
        batch = existing(work, wanted)
        return {"batch": batch, **_what_next(work, hub, batch, visitor)}

    most = hub.intake.rules.max_publish
    return page(request, "widgets/run_actions.html", most=most, **hub.database.run(step, hurry=True))


@router.get("/events", response_class=EventSourceResponse)
async def events(batch_id: str, request: Request, hub: TheHub, _visitor: Viewer) -> EventSourceResponse:
    """The page's moving part."""
    wanted = uuid_of(batch_id)
    await run_in_threadpool(hub.database.run, lambda work: existing(work, wanted), hurry=True)
    board: Board = request.app.state.board
    still = welcome(lambda: visitors.visitor_of(request, quietly=True))
    return EventSourceResponse(board.events(wanted, still), ping=15)


def _allowed(batch_id: str, hub: Hub, visitor: Visitor) -> Batch:
    """The run, for a visitor with the scope of its type. Raises NotFound and Forbidden."""
    if not visitor.scopes & {"search", "publish"}:
        insist(visitor, "search")  # whoever may change nothing learns nothing either
    wanted = uuid_of(batch_id)
    batch = hub.database.run(lambda work: existing(work, wanted))
    insist(visitor, batch.batch_type)
    return batch


@router.post("/cancel", response_model=None)
def cancel(batch_id: str, hub: TheHub, visitor: Viewer) -> Response:
    """Cancel what is not done. It needs the scope of what the run does."""
    batch = hub.intake.cancel(_allowed(batch_id, hub, visitor).id, actor=visitor.owner)
    return go(f"/console/runs/{batch.id}", said="cancelled")


@router.post("/retry", response_model=None)
def retry(batch_id: str, hub: TheHub, visitor: Viewer) -> Response:
    """Search for, or publish, the failed parts again."""
    batch = _allowed(batch_id, hub, visitor)
    accepted = hub.intake.retry_failed(batch.id, actor=visitor.owner)
    prefix = "publish-" if batch.batch_type is BatchType.PUBLISH else ""
    said = f"{prefix}retried" if accepted.is_new else f"{prefix}retried-before"
    return go(f"/console/runs/{accepted.batch.id}", said=said)


@router.post("/undo", response_model=None)
def undo(batch_id: str, hub: TheHub, visitor: Publisher) -> Response:
    """Take back what a publishing did, as a new run."""
    accepted = hub.intake.undo(uuid_of(batch_id), actor=visitor.owner)
    return go(f"/console/runs/{accepted.batch.id}", said="undoing" if accepted.is_new else "undoing-before")


@router.get("/failures.csv", response_model=None)
def failures_csv(batch_id: str, hub: TheHub, _visitor: Viewer) -> Response:
    """Every failed part as CSV, to be corrected and uploaded again."""
    wanted = uuid_of(batch_id)
    hub.database.run(lambda work: existing(work, wanted))
    return download(exports.failures(hub.database, wanted), "csv", name=f"failures-{wanted}")


@router.get("/failures.xlsx", response_model=None)
def failures_xlsx(batch_id: str, hub: TheHub, _visitor: Viewer) -> Response:
    """The same as XLSX."""
    wanted = uuid_of(batch_id)
    hub.database.run(lambda work: existing(work, wanted))
    return download(exports.failures(hub.database, wanted), "xlsx", name=f"failures-{wanted}")
