"""/console/runs/{id}: one run: progress, failures, parts, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse
from sse_starlette import EventSourceResponse
from starlette.concurrency import run_in_threadpool

from boeing_data_hub.app import Hub
from boeing_data_hub.batches.failure_groups import Failures
from boeing_data_hub.batches.renaming import rename
from boeing_data_hub.db import api_keys
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.health.batch_status import BatchStatusResponse, status_of
from boeing_data_hub.health.conditions import Condition
from boeing_data_hub.shopify import bulk_runs, publish_changes, publish_items
from boeing_data_hub.shopify.bulk_runs import BulkRun
from boeing_data_hub.values.part_numbers import BadPartNumber, clean
from boeing_data_hub.values.states import ITEM_STATES, BatchStatus, BatchType, ItemState
from boeing_data_hub.web import exports
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.addressed import existing, uuid_of
from boeing_data_hub.web.console import visitors
from boeing_data_hub.web.console.failure_causes import Causes
from boeing_data_hub.web.console.live import Board
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Publisher, Viewer, Visitor, insist
from boeing_data_hub.web.downloads import download
from boeing_data_hub.web.limits import STORABLE
from boeing_data_hub.web.live_feed import LiveFeed
from boeing_data_hub.work import batches, items
from boeing_data_hub.work.batch import Batch, Item

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
    """Progress, what the run waits for, why parts failed, and its parts, filtered by the query."""
    wanted = uuid_of(batch_id)
    board: Board = request.app.state.board
    board.redis_answers()
    causes: Causes = request.app.state.causes

    def step(work: Work) -> tuple[RunView, Actions, Outcomes, list[Item]]:
        batch = existing(work, wanted)
        view = RunView(
            run=status_of(batch, hub.live.situation(work)),
            troubles=board.troubles(work),
            found=causes.of(work, batch),
            names=api_keys.names(work),
        )
        rows = items.page(
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
        )
        return view, _actions(work, hub, batch, visitor), _outcomes(work, batch), rows

    view, actions, outcomes, rows = hub.database.run(step, hurry=True)
    batch = actions.batch
    if batch.status is BatchStatus.PENDING and batch.options.planned:
        return go(f"/console/plans/{batch.id}")
    causes.keep(batch, view.found)
    filters = {"state": state, "outcome": outcome, "code": code, "reason": reason, "remark": remark, "q": q}
    return page(
        request,
        "pages/run.html",
        view,
        actions,
        outcomes,
        items=rows[:_ON_A_PAGE],
        next_after=rows[_ON_A_PAGE - 1].position if len(rows) > _ON_A_PAGE else None,
        states=ITEM_STATES[batch.batch_type],
        filters=filters,
        first=after == 0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """What the page of a run shows beside its actions and outcomes.

    Attributes:
        run: its status, as the API returns it.
        troubles: what is wrong with workers or Redis now.
        found: its failures by cause.
        names: API keys' names by owner.
    """

    run: BatchStatusResponse
    troubles: Sequence[Condition]
    found: Failures
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What can be done with a run now.

    Attributes:
        most: parts that one publish run may have.
        retried_by: the run that retried its failed parts.
        publishable: parts that it found and that can be published, counted to one above `most`.
        changed: products that it changed, by action.
        undone_by: the run that undid it.
    """

    batch: Batch
    most: int
    retried_by: UUID | None
    publishable: int | None
    changed: Mapping[str, int]
    undone_by: Batch | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What became of the parts of a publish run, and Shopify's bulk operations for it."""

    batch: Batch
    outcomes: Sequence[object] = ()
    bulk: Sequence[BulkRun] = ()


def _actions(work: Work, hub: Hub, batch: Batch, visitor: Visitor) -> Actions:
    ended = batch.status.is_final
    publishing_ended = batch.batch_type is BatchType.PUBLISH and batch.outcome is not None
    most = hub.settings.max_bulk_publish_size
    can_publish = ended and batch.batch_type is BatchType.SEARCH and visitor.may("publish")
    return Actions(
        batch=batch,
        most=most,
        retried_by=batches.retry_of(work, batch.id) if ended else None,
        publishable=publish_items.count_publishable(work, batch.id, most=most + 1) if can_publish else 0,
        changed=publish_changes.count(work, batch.id) if publishing_ended and not batch.changes_gone_at else {},
        undone_by=hub.intake.undone_by(work, batch) if publishing_ended else None,
    )


def _outcomes(work: Work, batch: Batch) -> Outcomes:
    if batch.batch_type is not BatchType.PUBLISH:
        return Outcomes(batch=batch)
    return Outcomes(
        batch=batch,
        outcomes=publish_items.outcomes(work, batch.id),
        bulk=bulk_runs.of_batch(work, batch.id),
    )


def beginning(text: str) -> str | None:
    """The beginning of a part number that was typed into the filter, in the spelling of stored part numbers."""
    try:
        return clean(text) if text.strip() else None
    except BadPartNumber:
        return text.strip().upper()[:50]


@router.get("/failures")
def show_failures(batch_id: str, request: Request, hub: TheHub, _visitor: Viewer) -> HTMLResponse:
    """The causes of failures alone. The page fetches them when there are new ones."""
    wanted = uuid_of(batch_id)
    causes: Causes = request.app.state.causes

    def step(work: Work) -> tuple[Batch, Failures]:
        batch = existing(work, wanted)
        return batch, causes.of(work, batch)

    batch, found = hub.database.run(step, hurry=True)
    causes.keep(batch, found)
    return page(request, "widgets/causes.html", batch=batch, found=found)


@router.get("/outcomes")
def show_outcomes(batch_id: str, request: Request, hub: TheHub, _visitor: Viewer) -> HTMLResponse:
    """The outcomes of a publish run alone. The page fetches them while it runs."""
    wanted = uuid_of(batch_id)
    outcomes = hub.database.run(lambda work: _outcomes(work, existing(work, wanted)), hurry=True)
    return page(request, "widgets/outcomes.html", outcomes)


@router.get("/actions")
def show_actions(batch_id: str, request: Request, hub: TheHub, visitor: Viewer) -> HTMLResponse:
    """The actions alone. The page fetches them when the run has ended."""
    wanted = uuid_of(batch_id)
    actions = hub.database.run(lambda work: _actions(work, hub, existing(work, wanted), visitor), hurry=True)
    return page(request, "widgets/run_actions.html", actions)


@router.get("/events", response_class=EventSourceResponse)
async def events(batch_id: str, request: Request, hub: TheHub, visitor: Viewer) -> EventSourceResponse:
    """Live events of the page."""
    wanted = uuid_of(batch_id)
    await run_in_threadpool(hub.database.run, lambda work: existing(work, wanted), hurry=True)
    feed: LiveFeed = request.app.state.live_feed
    board: Board = request.app.state.board
    feed.require_room(visitor.owner)
    return EventSourceResponse(
        feed.stream(board.topic(wanted), lambda: visitors.visitor_of(request, quietly=True), caller=visitor.owner),
        ping=15,
    )


def _allowed(batch_id: str, hub: Hub, visitor: Visitor) -> Batch:
    """The run, if the visitor has the scope of its type. Raises NotFound, Forbidden."""
    if not visitor.scopes & {"search", "publish"}:
        insist(visitor, "search")  # a viewer does not learn whether the run exists
    wanted = uuid_of(batch_id)
    batch = hub.database.run(lambda work: existing(work, wanted))
    insist(visitor, batch.batch_type)
    return batch


@router.post("/cancel", response_model=None)
def cancel(batch_id: str, hub: TheHub, visitor: Viewer) -> Response:
    """Cancel the parts that are not done. Needs the scope of the run's type."""
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


@router.post("/rename", response_model=None)
def give_name(
    batch_id: str, hub: TheHub, visitor: Viewer, name: Annotated[str, Form(max_length=200, pattern=STORABLE)] = ""
) -> Response:
    """Give the run another name. Needs the scope of its type."""
    batch = _allowed(batch_id, hub, visitor)
    hub.database.run(lambda work: rename(work, batch.id, name, actor=visitor.owner))
    return go(f"/console/runs/{batch.id}", said="renamed")


@router.post("/undo", response_model=None)
def undo(batch_id: str, hub: TheHub, visitor: Publisher) -> Response:
    """Undo a publish run, by a new run."""
    accepted = hub.intake.undo(uuid_of(batch_id), actor=visitor.owner)
    return go(f"/console/runs/{accepted.batch.id}", said="undoing" if accepted.is_new else "undoing-before")


@router.get("/failures.csv", response_model=None)
def failures_csv(batch_id: str, hub: TheHub, _visitor: Viewer) -> Response:
    """Every failed part as CSV, with the other columns of the run's file, to be corrected and uploaded again."""
    wanted = uuid_of(batch_id)
    hub.database.run(lambda work: existing(work, wanted))
    return download(exports.failures(hub.database, wanted, with_input=True), "csv", name=f"failures-{wanted}")


@router.get("/failures.xlsx", response_model=None)
def failures_xlsx(batch_id: str, hub: TheHub, _visitor: Viewer) -> Response:
    """Every failed part as XLSX."""
    wanted = uuid_of(batch_id)
    hub.database.run(lambda work: existing(work, wanted))
    return download(exports.failures(hub.database, wanted, with_input=True), "xlsx", name=f"failures-{wanted}")
