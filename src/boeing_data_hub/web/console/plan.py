"""/console/plans/{id}: what publishing would change, part by part and field by field; approve or discard it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal
from uuid import UUID, uuid5

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.app import Hub
from boeing_data_hub.batches.lists.part_list import PartList
from boeing_data_hub.db import api_keys
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import Conflict, NotFound
from boeing_data_hub.shopify import plans, publish_items
from boeing_data_hub.shopify.forecast import PlanForecast
from boeing_data_hub.shopify.planned import ACTIONS, PlanItem, PlanReason
from boeing_data_hub.values.states import BatchStatus
from boeing_data_hub.web import exports
from boeing_data_hub.web import plans as plans_of
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console import lists, publish
from boeing_data_hub.web.console.plan_jobs import ThePlanJobs
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.run import beginning
from boeing_data_hub.web.console.visitors import Publisher, Viewer
from boeing_data_hub.web.downloads import Kind, download
from boeing_data_hub.web.limits import STORABLE
from boeing_data_hub.work.batch import Batch

router = APIRouter(prefix="/plans/{plan_id}")

_ON_A_PAGE: Final = 50
_SENDING: Final = ("create", "update", "restock")
Action = Literal["create", "update", "restock", "unchanged", "blocked", "conflict", ""]


def _uuid(plan_id: str) -> UUID:
    try:
        return UUID(plan_id)
    except ValueError:
        raise NotFound("This plan doesn't exist or was deleted.", code="plan_not_found") from None


@router.get("")
def show(
    plan_id: str,
    request: Request,
    hub: TheHub,
    _visitor: Viewer,
    action: Action = "",
    code: Annotated[str, Query(max_length=100, pattern=STORABLE)] = "",
    q: Annotated[str, Query(max_length=100, pattern=STORABLE)] = "",
    after: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> HTMLResponse:
    """Counts, forecast, reasons, and the parts, filtered by the query."""
    return _shown(request, hub, _uuid(plan_id), {"action": action, "code": code, "q": q}, after=after)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """What the page of a plan shows beside its parts.

    Attributes:
        forecast: made with the plan.
        counts: parts by action.
        sending: parts that would be sent to the store.
        waits: True while it waits for approval.
        reasons: why parts are blocked or in conflict, with the number of parts.
        names: API keys' names by owner.
    """

    batch: Batch
    forecast: PlanForecast | None
    counts: Mapping[str, int]
    sending: int
    waits: bool
    reasons: Sequence[PlanReason]
    names: Mapping[str, str]


def _shown(
    request: Request,
    hub: Hub,
    plan_id: UUID,
    filters: Mapping[str, str],
    *,
    after: int = 0,
    changed: Mapping[str, Any] | None = None,
    wrong: str | None = None,
    http_status: int = 200,
) -> HTMLResponse:
    def step(work: Work) -> tuple[PlanView, list[PlanItem]]:
        batch = plans_of.existing(work, plan_id)
        counted = plans.counts(work, plan_id)
        counts = {action: counted.get(action, 0) for action in ACTIONS}
        view = PlanView(
            batch=batch,
            forecast=plans.forecast_of(batch),
            counts=counts,
            sending=sum(counts[action] for action in _SENDING),
            waits=batch.status is BatchStatus.PENDING,
            reasons=plans.reasons(work, plan_id),
            names=api_keys.names(work),
        )
        return view, plans.page(
            work,
            plan_id,
            limit=_ON_A_PAGE + 1,
            after=after,
            action=filters["action"] or None,
            code=filters["code"] or None,
            search=beginning(filters["q"]),
        )

    view, rows = hub.database.run(step, hurry=True)
    positions = sorted({row.position for row in rows})  # a part number may have several SKUs, each a row
    last = positions[_ON_A_PAGE - 1] if len(positions) > _ON_A_PAGE else None
    shown = rows if last is None else [row for row in rows if row.position <= last]
    return page(
        request,
        "pages/plan.html",
        view,
        http_status=http_status,
        parts=shown,
        next_after=last,
        filters=dict(filters),
        first=after == 0,
        changed=changed,
        wrong=wrong,
    )


@router.get("/plan.{kind}", response_model=None)
def as_file(plan_id: str, kind: Kind, hub: TheHub, _visitor: Viewer) -> Response:
    """The whole plan as CSV or XLSX."""
    wanted = _uuid(plan_id)
    hub.database.run(lambda work: plans_of.existing(work, wanted))
    return download(exports.plan(hub.database, wanted), kind, name=f"plan-{wanted}")


_NO_FILTERS: Final = {"action": "", "code": "", "q": ""}


@router.post("/approve", response_model=None)
def approve(
    plan_id: str,
    request: Request,
    hub: TheHub,
    visitor: Publisher,
    sending: Annotated[int, Form()] = -1,
    sure: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Run the plan exactly as shown. The form repeats the number of products to change.

    If anything has changed since, the page lists the changes, and nothing is sent.
    """
    wanted = _uuid(plan_id)

    def count(work: Work) -> int:
        plans_of.existing(work, wanted)
        counted = plans.counts(work, wanted)
        return sum(counted.get(action, 0) for action in _SENDING)

    if sure != "yes" or hub.database.run(count) != sending:
        wrong = "Confirm that you have reviewed the plan, then publish. Nothing was sent."
        return _shown(request, hub, wanted, _NO_FILTERS, wrong=wrong, http_status=422)
    try:
        batch = plans_of.approve(hub, wanted, actor=visitor.owner)
    except Conflict as error:
        if error.code != "plan_changed":
            raise
        return _shown(request, hub, wanted, _NO_FILTERS, changed=error.details, http_status=409)
    return go(f"/console/runs/{batch.id}", said="approved")


@router.post("/discard", response_model=None)
def discard(plan_id: str, hub: TheHub, visitor: Publisher) -> Response:
    """Discard the plan."""
    wanted = _uuid(plan_id)
    plans_of.discard(hub, wanted, actor=visitor.owner)
    return go(f"/console/plans/{wanted}", said="discarded")


@router.post("/again", response_model=None)
def again(plan_id: str, hub: TheHub, jobs: ThePlanJobs, visitor: Publisher) -> Response:
    """Create a new plan for the same parts, and discard the old one if it still waits. Safe to repeat."""
    wanted = _uuid(plan_id)

    def step(work: Work) -> tuple[Batch, list[str]]:
        return plans_of.existing(work, wanted), publish_items.part_numbers(work, wanted)

    old, numbers = hub.database.run(step)
    source = old.options.source or "Recreated plan"
    draft = lists.draft_of(
        hub, visitor, PartList(numbers, [], [], 0, 0), source, draft_id=uuid5(wanted, f"again {visitor.owner}")
    )
    answer = publish.planned(hub, jobs, visitor, numbers, source, draft=draft)
    if old.status is BatchStatus.PENDING:
        hub.intake.cancel(wanted, actor=visitor.owner)
    return answer
