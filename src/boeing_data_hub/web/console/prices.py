"""/console/prices: price lists, their preview, and which is in force."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Form, Path, Query, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.app import Hub
from boeing_data_hub.catalogue import price_files, price_lists
from boeing_data_hub.catalogue.price_lists import Activation, PriceList
from boeing_data_hub.catalogue.price_rules import PriceRule
from boeing_data_hub.db import api_keys
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import BadInput, Conflict, HubError
from boeing_data_hub.web import prices
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console import charts, publish
from boeing_data_hub.web.console.plan_jobs import PlanJobs, ThePlanJobs
from boeing_data_hub.web.console.price_previews import ThePreviewJobs
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Administrator, Publisher, Viewer, Visitor
from boeing_data_hub.web.downloads import Kind, download

router = APIRouter(prefix="/prices")

_SHOWN: Final = 100
Version = Annotated[int, Path(ge=0, le=2**31 - 1)]


@router.get("")
def show(request: Request, hub: TheHub, _visitor: Viewer) -> HTMLResponse:
    """The lists, what is in force, and what was."""

    def step(work: Work) -> tuple[list[PriceList], list[Activation], dict[str, str]]:
        return price_lists.listed(work, limit=_SHOWN), price_lists.activations(work, limit=10), api_keys.names(work)

    found, activations, names = hub.database.run(step, hurry=True)
    return page(
        request,
        "pages/prices.html",
        lists=found,
        activations=activations,
        names=names,
        rules=hub.prices,
        has_store=bool(hub.settings.shopify_store_domain.strip()),
    )


@router.get("/{version}")
def show_list(version: Version, request: Request, hub: TheHub, jobs: ThePreviewJobs, _visitor: Viewer) -> HTMLResponse:
    """A list with its rules, its preview, and the way to put it into force; 0: the settings alone."""

    def step(work: Work) -> tuple[PriceList | None, tuple[PriceRule, ...], int | None, dict[str, str]]:
        found = price_lists.get(work, version) if version else None
        return found, price_lists.rules_of(work, version), price_lists.in_force(work), api_keys.names(work)

    found, rules, active, names = hub.database.run(step, hurry=True)
    return page(
        request,
        "pages/price_list.html",
        version=version,
        found=found,
        listed=[price_files.given(rule) for rule in rules],
        last=hub.prices,
        active=active or 0,
        names=names,
        job=jobs.of(version),
        currency=hub.settings.hub_currency,
    )


@router.post("/{version}/delete", response_model=None)
def delete(version: Version, hub: TheHub, visitor: Publisher) -> Response:
    """Delete a draft."""
    hub.database.run(lambda work: price_lists.remove(work, version, actor=visitor.owner))
    return go("/console/prices", said="prices-deleted")


@router.post("/{version}/preview", response_model=None)
def preview(version: Version, hub: TheHub, jobs: ThePreviewJobs, _visitor: Publisher) -> Response:
    """Compute the preview."""
    if version:
        hub.database.run(lambda work: price_lists.get(work, version), hurry=True)  # raises NotFound
    jobs.begin(version)
    return go(f"/console/prices/{version}")


@router.get("/{version}/moves.{kind}", response_model=None)
def as_file(version: Version, kind: Kind, hub: TheHub, _visitor: Viewer) -> Response:
    """Every price that would change."""
    return download(prices.moves(hub, version or None), kind, name=f"prices-{version}")


@router.get("/{version}/histogram.svg")
def histogram(
    version: Version,
    jobs: ThePreviewJobs,
    _visitor: Viewer,
    theme: Annotated[Literal["auto", "light", "dark"], Query()] = "auto",
    narrow: bool = False,  # noqa: FBT001, FBT002 - a parameter of the address
) -> Response:
    """The moves of the last preview as bars."""
    job = jobs.of(version)
    bars = job.found.histogram if job and job.found else ()
    prices = charts.Bars("Prices", [bar.parts for bar in bars])
    return charts.answer(charts.draw_bars([bar.label for bar in bars], [prices], theme=theme, narrow=narrow))


@router.post("/{version}/activate", response_model=None)
def activate(
    version: Version,
    hub: TheHub,
    plans: ThePlanJobs,
    jobs: ThePreviewJobs,
    visitor: Administrator,
    sure: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Put the list into force, and go to the plan for the prices that differ in the store."""
    if sure != "yes":
        raise BadInput("Confirm that you have seen the preview. Nothing was changed.", code="not_confirmed")
    prices.activate(hub, version or None, actor=visitor.owner)
    jobs.forget()
    return _planned(hub, plans, visitor, unplanned="prices-active")


@router.post("/back", response_model=None)
def back(hub: TheHub, plans: ThePlanJobs, jobs: ThePreviewJobs, visitor: Administrator) -> Response:
    """Put the list into force that was in force before."""
    prices.back(hub, actor=visitor.owner)
    jobs.forget()
    return _planned(hub, plans, visitor, unplanned="prices-active")


@router.post("/plan", response_model=None)
def plan(hub: TheHub, plans: ThePlanJobs, visitor: Publisher) -> Response:
    """Plan the publishing of the prices that differ in the store."""
    return _planned(hub, plans, visitor, unplanned="prices-same")


def _planned(hub: Hub, jobs: PlanJobs, visitor: Visitor, *, unplanned: str) -> Response:
    """The plan; without a store, or if no price differs, the page of prices."""
    if not hub.settings.shopify_store_domain.strip():
        return go("/console/prices", said=unplanned)
    try:
        return publish.planned(hub, jobs, visitor, prices.differing(hub), "Changed prices")
    except Conflict:
        return go("/console/prices", said=unplanned)
    except HubError:  # the list is in force all the same
        return go("/console/prices", said="prices-not-planned")
