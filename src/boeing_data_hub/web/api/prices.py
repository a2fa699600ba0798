"""/api/prices: price lists, what they would change, and which is in force."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import StreamingResponse

from boeing_data_hub.app import Hub
from boeing_data_hub.batches.requests import PublishRequest
from boeing_data_hub.catalogue import price_files, price_lists, staging
from boeing_data_hub.catalogue.price_lists import Activation, PriceList, said
from boeing_data_hub.catalogue.price_rules import PriceRule
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import HubError
from boeing_data_hub.values.counted import counted
from boeing_data_hub.web import plans as plans_of
from boeing_data_hub.web import prices
from boeing_data_hub.web.access import Admin, Publisher, Reader, TheHub
from boeing_data_hub.web.api.price_models import (
    ActivateBody,
    ActivatedResponse,
    ActivationResponse,
    LastRule,
    PreviewResponse,
    PriceListBody,
    PriceListResponse,
    PriceListWithRules,
    PricePlanResponse,
    PricesResponse,
    ProgressLine,
    RuleFields,
)
from boeing_data_hub.web.downloads import AS_FILE, download
from boeing_data_hub.web.problems import may

router = APIRouter(prefix="/api/prices", tags=["prices"])

Version = Annotated[int, Path(ge=0, le=2**31 - 1, description="0: settings only, without a price list.")]


def _list(one: PriceList) -> PriceListResponse:
    return PriceListResponse(**asdict(one))


@router.get("/lists")
def list_price_lists(
    hub: TheHub,
    _principal: Reader,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Continue before this version.")] = None,
) -> PricesResponse:
    """Price lists, newest first, with the active one and the history of activations."""

    def step(work: Work) -> tuple[list[PriceList], int | None, list[Activation]]:
        found = price_lists.listed(work, limit=limit, before=before)
        return found, price_lists.in_force(work), price_lists.activations(work, limit=20)

    found, active, activations = hub.database.run(step)
    last = hub.prices
    return PricesResponse(
        active_version=active,
        last_rule=LastRule(basis=last.basis, markup=last.markup),
        lists=[_list(one) for one in found],
        activations=[ActivationResponse(**asdict(one)) for one in activations],
    )


@router.post("/lists", status_code=201)
def create_price_list(body: PriceListBody, hub: TheHub, principal: Publisher) -> PriceListWithRules:
    """Save rules as a draft. It changes no prices until it is activated."""
    rules = body.read()

    def step(work: Work) -> int:
        return price_lists.create(work, rules, name=body.name.strip(), actor=principal.owner)

    return _with_rules(hub, hub.database.run(step, patience=5))


@router.get("/lists/{version}")
def get_price_list(version: Version, hub: TheHub, _principal: Reader) -> PriceListWithRules:
    """A price list with its rules."""
    return _with_rules(hub, version)


def _with_rules(hub: Hub, version: int) -> PriceListWithRules:
    def step(work: Work) -> tuple[PriceList, tuple[PriceRule, ...]]:
        return price_lists.get(work, version), price_lists.rules_of(work, version)

    found, rules = hub.database.run(step)
    return PriceListWithRules(**asdict(found), rules=[RuleFields(**price_files.given(rule)) for rule in rules])


@router.put("/lists/{version}", responses=may(409))
def edit_price_list(version: Version, body: PriceListBody, hub: TheHub, principal: Publisher) -> PriceListWithRules:
    """Replace the rules of a draft. A list that has ever been active can't be edited."""
    rules = body.read()

    def step(work: Work) -> None:
        price_lists.edit(work, version, rules, name=body.name.strip(), actor=principal.owner)

    hub.database.run(step, patience=5)
    return _with_rules(hub, version)


@router.delete("/lists/{version}", status_code=204, responses=may(409))
def delete_price_list(version: Version, hub: TheHub, principal: Publisher) -> None:
    """Delete a draft."""
    hub.database.run(lambda work: price_lists.remove(work, version, actor=principal.owner), patience=5)


@router.get(
    "/lists/{version}/preview",
    response_model=PreviewResponse,
    responses={200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}},
)
def preview_price_list(
    version: Version,
    hub: TheHub,
    _principal: Reader,
    progress: Annotated[  # noqa: FBT002 - a parameter of the address
        bool, Query(description="Answer in lines of JSON: `done` so far, about `total`; then `preview`.")
    ] = False,
) -> PreviewResponse | StreamingResponse:
    """What activating a list would change. Calls neither Boeing nor the store, and changes nothing."""
    hub.database.run(lambda work: hub.prices_in_force.of_version(work, version or None))  # raises NotFound
    if progress:
        return StreamingResponse(_lines(hub, version or None), media_type="application/x-ndjson")
    return PreviewResponse.of(prices.previewed(hub, version or None))


def _lines(hub: Hub, version: int | None) -> Iterator[str]:
    total = hub.database.run(staging.about_how_many)
    computing = prices.preview(hub, version)
    while True:
        try:
            done = next(computing)
        except StopIteration as end:
            yield f"{PreviewResponse.of(end.value).model_dump_json()}\n"
            return
        yield f"{ProgressLine(done=done, total=max(done, total)).model_dump_json()}\n"


@router.get("/lists/{version}/moves", response_class=Response, responses=AS_FILE)
def export_price_moves(
    version: Version,
    hub: TheHub,
    _principal: Reader,
    format: Annotated[Literal["csv", "xlsx"], Query()] = "csv",  # noqa: A002 - its name in the address
) -> Response:
    """Every price that would change, as a file."""
    return download(prices.moves(hub, version or None), format, name=f"prices-{version}")


@router.post("/lists/{version}/activate", responses=may(409))
def activate_price_list(
    version: Version, hub: TheHub, principal: Admin, body: ActivateBody | None = None
) -> ActivatedResponse:
    """Activate a list, and plan the publishing of prices that differ in the store.

    Every price is by this list from now on. The store changes only when the plan is approved, or by other publish and
    sync runs; guards hold back what looks like an error.
    """
    before = prices.activate(hub, version or None, actor=principal.owner)
    return _activated(hub, version or None, before, principal.owner, wants_plan=(body or ActivateBody()).plan)


@router.post("/back", responses=may(409))
def go_back_to_earlier_prices(hub: TheHub, principal: Admin, body: ActivateBody | None = None) -> ActivatedResponse:
    """Activate the list that was active before the current one."""
    before = hub.database.run(price_lists.in_force)
    version = prices.back(hub, actor=principal.owner)
    return _activated(hub, version, before, principal.owner, wants_plan=(body or ActivateBody()).plan)


def _activated(hub: Hub, version: int | None, before: int | None, actor: str, *, wants_plan: bool) -> ActivatedResponse:
    answer = ActivatedResponse(message=f"{said(version)} is now active.", version=version, before=before)
    if not wants_plan:
        return answer
    try:
        plan = _plan(hub, actor)
    except HubError as error:  # the list is active anyway
        return answer.model_copy(update={"plan_problem": error.message})
    return answer.model_copy(update={"message": f"{answer.message} {plan.message}", "plan_id": plan.plan_id})


@router.post("/plan", status_code=201, responses=may(409))
def plan_differing_prices(hub: TheHub, principal: Publisher) -> PricePlanResponse:
    """Plan the publishing of the products whose price in the store differs from ours. Nothing is sent."""
    return _plan(hub, principal.owner)


def _plan(hub: Hub, actor: str) -> PricePlanResponse:
    parts, most = prices.differing(hub), hub.settings.max_bulk_publish_size
    asked = PublishRequest(part_numbers=parts[:most], owner=actor, plan=True, source="Changed prices")
    accepted, _ = plans_of.make_at_once(hub, asked)
    planned = min(len(parts), most)
    more = " More products differ than one plan can hold: create another plan after this one."
    if len(parts) <= most:
        more = ""
    return PricePlanResponse(
        message=f"The plan for {counted(planned, 'product')} is waiting for approval.{more}",
        plan_id=str(accepted.batch.id),
        parts=planned,
        more=len(parts) > most,
    )
