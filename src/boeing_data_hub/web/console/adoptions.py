"""/console/adoptions: link the products of an existing store to parts, by a plan that a person reviews and approves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.db import api_keys
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import BadInput
from boeing_data_hub.shopify import adoption_rows, adoptions, store_job_rows
from boeing_data_hub.shopify.adoption import Adoption, AdoptionGroup, AdoptionRow
from boeing_data_hub.shopify.adoption_rows import RowFilter
from boeing_data_hub.shopify.store_job import StoreJob
from boeing_data_hub.web import exports
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Publisher, Viewer
from boeing_data_hub.web.downloads import Kind, download
from boeing_data_hub.web.limits import STORABLE
from boeing_data_hub.web.store_links import admin_link

router = APIRouter(prefix="/adoptions")

_ON_A_PAGE: Final = 50
_Confidence = Literal["", "linked", "certain", "doubtful", "unmatched"]
_Name = Annotated[str, Query(max_length=30, pattern="^[a-z_]*$")]
_FormName = Annotated[str, Form(max_length=30, pattern="^[a-z_]*$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptionView:
    """What the page of a plan shows beside its products.

    Attributes:
        job: that works on it, or did last.
        groups: its products by rule and doubt, and `examples` the first of each.
        states: how many chosen products are in each state.
        chosen: how many approving would change.
        names: API keys' names by owner.
    """

    adoption: Adoption
    job: StoreJob | None
    groups: Sequence[AdoptionGroup]
    examples: Sequence[Sequence[AdoptionRow]]
    states: Mapping[str, int]
    chosen: int
    names: Mapping[str, str]


@router.get("")
def list_adoptions(request: Request, hub: TheHub, _visitor: Viewer) -> HTMLResponse:
    """Plans, newest first."""

    def step(work: Work) -> tuple[list[Adoption], Mapping[str, str]]:
        return adoption_rows.latest(work, limit=_ON_A_PAGE), api_keys.names(work)

    found, names = hub.database.run(step, hurry=True)
    return page(request, "pages/adoptions.html", adoptions=found, names=names)


@router.post("", response_model=None)
def start(hub: TheHub, visitor: Publisher) -> Response:
    """Start a plan."""
    adoption = hub.shop.adoptions.start(actor=visitor.owner)
    hub.intake.wake_publishing()
    return go(f"/console/adoptions/{adoption.id}", said="adoption-started")


@router.get("/{adoption_id}")
def show(
    adoption_id: UUID,
    request: Request,
    hub: TheHub,
    _visitor: Viewer,
    confidence: _Confidence = "",
    rule: _Name = "",
    doubt: _Name = "",
    state: _Name = "",
    part: Annotated[str, Query(max_length=255, pattern=STORABLE)] = "",
    after: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> HTMLResponse:
    """Groups with examples, and the products, filtered by the query."""
    wanted = RowFilter(
        confidence=confidence or None, rule=rule or None, doubt=doubt or None, state=state or None,
        part=part.strip().upper() or None,
    )  # fmt: skip

    def step(work: Work) -> tuple[AdoptionView, list[AdoptionRow]]:
        adoption = adoptions.found(work, adoption_id)
        groups = adoption_rows.groups(work, adoption_id)
        filters = [RowFilter(confidence=one.confidence, rule=one.rule or "", doubt=one.doubt or "") for one in groups]
        states = adoption_rows.states(work, adoption_id)
        view = AdoptionView(
            adoption=adoption,
            job=store_job_rows.get(work, adoption.job_id),
            groups=groups,
            examples=[adoption_rows.page(work, adoption_id, one, limit=3) for one in filters],
            states=states,
            chosen=states.get("planned", 0) + states.get("sending", 0),
            names=api_keys.names(work),
        )
        return view, adoption_rows.page(work, adoption_id, wanted, limit=_ON_A_PAGE + 1, after=after)

    view, rows = hub.database.run(step, hurry=True)
    shown = rows[:_ON_A_PAGE]
    return page(
        request,
        "pages/adoption.html",
        view,
        products=shown,
        filters={"confidence": confidence, "rule": rule, "doubt": doubt, "state": state, "part": part.strip()},
        first=after == 0,
        next_after=shown[-1].position if len(rows) > _ON_A_PAGE else None,
        admin=partial(admin_link, hub),
    )


@router.get("/{adoption_id}/plan.{kind}", response_model=None)
def as_file(adoption_id: UUID, kind: Kind, hub: TheHub, _visitor: Viewer) -> Response:
    """The whole plan as CSV or XLSX."""
    hub.database.run(lambda work: adoptions.found(work, adoption_id))
    return download(exports.adoption(hub.database, adoption_id), kind, name=f"adoption-{adoption_id}")


@router.post("/{adoption_id}/choose", response_model=None)
def choose(
    adoption_id: UUID,
    hub: TheHub,
    visitor: Publisher,
    choice: Annotated[Literal["adopt", "archive", "leave"], Form()],
    confidence: Annotated[_Confidence, Form()] = "",
    rule: _FormName = "",
    doubt: _FormName = "",
) -> Response:
    """Choose for all products of a group."""
    wanted = RowFilter(confidence=confidence or None, rule=rule, doubt=doubt)
    done = hub.shop.adoptions.choose(adoption_id, wanted, choice, actor=visitor.owner)
    return go(f"/console/adoptions/{adoption_id}", said="adoption-chosen" if done else "adoption-not-chosen")


@router.post("/{adoption_id}/product", response_model=None)
def choose_one(
    adoption_id: UUID,
    hub: TheHub,
    visitor: Publisher,
    product: Annotated[str, Form(max_length=100, pattern=STORABLE)],
    choice: Annotated[Literal["adopt", "archive", "leave"], Form()],
    part: Annotated[str, Form(max_length=255, pattern=STORABLE)] = "",
) -> Response:
    """Choose for one product."""
    hub.shop.adoptions.choose_one(adoption_id, product, choice, part=part or None, actor=visitor.owner)
    return go(f"/console/adoptions/{adoption_id}", said="adoption-chosen")


@router.post("/{adoption_id}/approve", response_model=None)
def approve(
    adoption_id: UUID,
    hub: TheHub,
    visitor: Publisher,
    typed: Annotated[str, Form(max_length=20)] = "",
    complete_skus: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Carry out what was chosen, once its number was typed."""
    number = typed.strip().replace(",", "")
    if not (number.isascii() and number.isdigit()):
        raise BadInput("Type the number of products to confirm. Nothing was changed.", code="not_confirmed")
    hub.shop.adoptions.approve(
        adoption_id, expected=int(number), complete_skus=complete_skus == "yes", actor=visitor.owner
    )
    hub.intake.wake_publishing()
    return go(f"/console/adoptions/{adoption_id}", said="adoption-approved")


@router.post("/{adoption_id}/{what}", response_model=None)
def end(adoption_id: UUID, what: Literal["undo", "cancel"], hub: TheHub, visitor: Publisher) -> Response:
    """Undo what was carried out, or stop what is under way."""
    if what == "undo":
        hub.shop.adoptions.undo(adoption_id, actor=visitor.owner)
        hub.intake.wake_publishing()
    else:
        hub.shop.adoptions.cancel(adoption_id, actor=visitor.owner)
    return go(f"/console/adoptions/{adoption_id}", said=f"adoption-{what}")
