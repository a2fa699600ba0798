"""POST /api/bulk-publish (guide, section 9), and /api/plans: plans, which are approved as shown or discarded."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import ConfigDict, Field

from boeing_data_hub.app import Hub
from boeing_data_hub.batches.lists.mapping import ColumnMapping
from boeing_data_hub.batches.lists.part_list import PartList
from boeing_data_hub.batches.requests import Accepted, PublishRequest
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import BadInput, Conflict, NotFound
from boeing_data_hub.shopify import plans, publish_items
from boeing_data_hub.shopify.forecast import PlanForecast
from boeing_data_hub.shopify.planned import PlanItem
from boeing_data_hub.values.clean_text import line
from boeing_data_hub.values.states import BatchType
from boeing_data_hub.web import exports
from boeing_data_hub.web import plans as plans_of
from boeing_data_hub.web.access import Publisher, Reader, TheHub
from boeing_data_hub.web.api.bulk import PartsOfRun, clean_list, idempotency_key, told
from boeing_data_hub.web.api.plan_response import BulkPublishResponse, PlanDiscarded, PlanItems, PlanResponse, plan_of
from boeing_data_hub.web.bodies import Flag, IdempotencyKey, Texts, one_of
from boeing_data_hub.web.downloads import AS_FILE, download
from boeing_data_hub.web.prefix import prefix
from boeing_data_hub.web.problems import may
from boeing_data_hub.work import batches
from boeing_data_hub.work.batch import Batch

router = APIRouter(prefix="/api", tags=["publishing"])


_SOURCES: Final = {"part_numbers": "array", "part_numbers_text": "string", "from_batch": "string", "plan_id": "string"}


class BulkPublishRequest(PartsOfRun):
    """The parts to publish: a list, text, the results of a search, or a plan as shown."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            **one_of(_SOURCES, last={"dry_run": {"const": False}}),
            "examples": [
                {"part_numbers": ["WF338109=K3", "P512777=K3"], "idempotency_key": "monday-publish"},
                {"part_numbers_text": "WF338109, P512777=K3", "dry_run": True},
            ],
        },
    )

    part_numbers: Texts | None = Field(
        default=None, description="Parts that were searched before, at most MAX_BULK_PUBLISH_SIZE."
    )
    from_batch: UUID | None = Field(default=None, description="Publish everything this search found that can be sold.")
    plan_id: UUID | None = Field(default=None, description="Run this plan exactly as shown.")
    dry_run: Flag = Field(default=False, description="Return a plan only. Nothing is changed.")


@router.post(
    "/bulk-publish",
    status_code=202,
    responses={
        200: {
            "model": BulkPublishResponse,
            "description": "A plan; or the run of the same request, which was accepted before.",
        },
        **may(404, 409, 502),
    },
)
def bulk_publish(
    body: BulkPublishRequest,
    hub: TheHub,
    principal: Publisher,
    request: Request,
    response: Response,
    key_header: Annotated[IdempotencyKey | None, Header(alias="Idempotency-Key")] = None,
) -> BulkPublishResponse:
    """Publish up to 10,000 staged parts in the background. Returns at once, with the batch to watch.

    With `dry_run` nothing is changed: the response lists what would be created, updated (field by field) or left
    unchanged, what is blocked and why, and the cost.
    """
    key = idempotency_key(key_header, body.idempotency_key, request)
    _ = hub.shop.access  # without a store there is nothing to accept
    listed = body.part_numbers is not None or body.part_numbers_text is not None
    if body.plan_id is not None:
        if listed or body.from_batch is not None or body.dry_run:
            raise BadInput("A plan already names its parts: send plan_id alone. Nothing was changed.", code="two_lists")
        return _approved(hub, body.plan_id, principal.owner, response)
    name = line(body.name) or None
    asked = PublishRequest(part_numbers=(), owner=principal.owner, idempotency_key=key, plan=body.dry_run, source=name)
    found: PartList | None = None
    if body.from_batch is None:
        found = clean_list(
            body.part_numbers,
            body.part_numbers_text,
            most=hub.settings.max_bulk_publish_size,
            choice=ColumnMapping(column=body.column, accept_flagged=body.accept_flagged),
        )
        asked = replace(asked, part_numbers=found.part_numbers)
    elif listed:
        raise BadInput("Send either a list or from_batch, not both. Nothing was changed.", code="two_lists")
    else:
        asked = replace(asked, found_by=body.from_batch)
    accepted, fresh = _accepted(hub, asked)
    _located(accepted, response)
    answer = BulkPublishResponse(**told(accepted, found).model_dump(), dry_run=body.dry_run)
    if body.dry_run:
        response.status_code = 200
        answer.plan_id = answer.batch_id
        answer.plan = hub.database.run(lambda work: plan_of(work, accepted.batch, forecast=fresh, prefix=prefix()))
        answer.message = answer.plan.message
    return answer


def _accepted(hub: Hub, asked: PublishRequest) -> tuple[Accepted, PlanForecast | None]:
    """The batch of a request, and the forecast of a new plan. A repeated request needs neither search nor store."""
    known = hub.intake.known(asked)
    if known is not None:
        return known, None
    if asked.found_by is not None:
        asked = replace(asked, part_numbers=_found(hub, asked.found_by))
    if not asked.plan:
        return hub.intake.publish(asked), None
    return plans_of.make_at_once(hub, asked)


def _found(hub: Hub, search: UUID) -> list[str]:
    """The SKUs that a search found and that can be published."""

    def step(work: Work) -> tuple[Batch | None, list[str]]:
        return batches.get(work, search), publish_items.publishable_of(work, search)

    batch, found = hub.database.run(step)
    if batch is None:
        raise NotFound("No such run. GET /api/batches lists all runs.", code="batch_not_found")
    if batch.batch_type is not BatchType.SEARCH:
        raise BadInput("from_batch must be a search; this is a publish run. Nothing was changed.", code="no_search")
    if batch.outcome is None:
        raise Conflict(
            "This search is still running. Wait until it has finished, or cancel it, then publish. "
            "Nothing was changed.",
            code="batch_running",
        )
    if batch.items_gone_at is not None:
        raise Conflict(
            f"The parts of this search were deleted on {batch.items_gone_at:%Y-%m-%d}. Nothing was changed. "
            "Send the part numbers, or search for them again.",
            code="items_removed",
        )
    if not found:
        raise BadInput("This search found nothing that can be published.", code="nothing_to_publish")
    most = hub.settings.max_bulk_publish_size
    if len(found) > most:
        raise BadInput(
            f"This search found {len(found):,} parts, but one publish run takes at most {most:,} "
            "(MAX_BULK_PUBLISH_SIZE). Nothing was changed. Raise the setting, or send the parts in several lists.",
            code="too_many_parts",
        )
    return found


def _located(accepted: Accepted, response: Response) -> None:
    response.headers["Location"] = f"/api/batches/{accepted.batch.id}"
    if not accepted.is_new:
        response.status_code = 200
        response.headers["Idempotent-Replayed"] = "true"


def _approved(hub: Hub, plan_id: UUID, actor: str, response: Response) -> BulkPublishResponse:
    batch = plans_of.approve(hub, plan_id, actor=actor)
    response.headers["Location"] = f"/api/batches/{batch.id}"
    return BulkPublishResponse(**told(Accepted(batch, is_new=True)).model_dump(), plan_id=str(plan_id))


@router.get("/plans/{plan_id}")
def get_plan(plan_id: UUID, hub: TheHub, _principal: Reader) -> PlanResponse:
    """A plan: its counts and its first parts of each kind."""
    return hub.database.run(lambda work: plan_of(work, plans_of.existing(work, plan_id), prefix=prefix()))


@router.get("/plans/{plan_id}/items", response_model=PlanItems, responses=AS_FILE)
def list_plan_items(
    plan_id: UUID,
    hub: TheHub,
    _principal: Reader,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[int, Query(ge=0, le=10_000_000, description="Continue after this position.")] = 0,
    action: Literal["create", "update", "restock", "unchanged", "blocked", "conflict"] | None = None,
    format: Annotated[  # noqa: A002 - its name in the address
        Literal["json", "csv", "xlsx"] | None, Query(description="csv, xlsx: the whole plan as a file.")
    ] = None,
) -> PlanItems | StreamingResponse | FileResponse:
    """The parts of a plan in the order in which they were submitted, with the old and new value of each change."""
    if format is not None and format != "json":
        hub.database.run(lambda work: plans_of.existing(work, plan_id))
        return download(exports.plan(hub.database, plan_id), format, name=f"plan-{plan_id}")

    def step(work: Work) -> list[PlanItem]:
        plans_of.existing(work, plan_id)
        return plans.page(work, plan_id, limit=limit, after=after, action=action)

    found = hub.database.run(step)
    # A part with several variants has several rows on one page: a page is `limit` parts.
    full = len({row.position for row in found}) == limit
    return PlanItems(items=found, next_after=found[-1].position if full else None)


@router.post("/plans/{plan_id}/approve", status_code=202, responses=may(409, 502))
def approve_plan(plan_id: UUID, hub: TheHub, principal: Publisher, response: Response) -> BulkPublishResponse:
    """Run a plan exactly as shown. If anything has changed since, 409 lists the changes, and nothing is sent."""
    return _approved(hub, plan_id, principal.owner, response)


@router.delete("/plans/{plan_id}", responses=may(409))
def discard_plan(plan_id: UUID, hub: TheHub, principal: Publisher) -> PlanDiscarded:
    """Discard a plan that waits for approval."""
    plans_of.discard(hub, plan_id, actor=principal.owner)
    return PlanDiscarded(message="Plan discarded. Nothing was sent.", plan_id=plan_id)
