"""/api/store/adoptions: plans that adopt the products of an existing store."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify import adoption_rows, adoptions
from boeing_data_hub.shopify.adoption import Adoption, AdoptionGroup, AdoptionRow
from boeing_data_hub.shopify.adoption_rows import RowFilter
from boeing_data_hub.web import exports
from boeing_data_hub.web.access import Publisher, Reader, TheHub
from boeing_data_hub.web.api.adoption_responses import (
    AdoptionDetail,
    AdoptionGroupResponse,
    AdoptionProduct,
    AdoptionProducts,
    AdoptionResponse,
    AdoptionsResponse,
    Chosen,
)
from boeing_data_hub.web.bodies import Body, Count, Flag
from boeing_data_hub.web.downloads import AS_FILE, Kind, download
from boeing_data_hub.web.limits import STORABLE
from boeing_data_hub.web.problems import may

router = APIRouter(prefix="/api/store/adoptions", tags=["store"])

Confidence = Literal["linked", "certain", "doubtful", "unmatched"]
State = Literal["planned", "sending", "done", "linked", "changed", "refused", "undoing", "undone", "left"]
Name = Annotated[str | None, Query(max_length=30, pattern="^[a-z_]*$")]


class Choosing(Body):
    """A choice for one product, or for all that match."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"choice": "adopt", "rule": "title", "doubt": "weak_rule"}]},
    )

    choice: Literal["adopt", "archive", "leave"] = Field(
        description="adopt: the hub manages the product. archive: a copy of an adopted product is archived. leave: it "
        "stays as it is."
    )
    product_id: str | None = Field(default=None, max_length=100, pattern=STORABLE, description="Only this product.")
    part: str | None = Field(
        default=None, max_length=255, pattern=STORABLE, description="Which of its candidates this product is."
    )
    confidence: Confidence | None = None
    rule: str | None = Field(default=None, max_length=30, description="All that were found by this rule.")
    doubt: str | None = Field(default=None, max_length=30, description="All with this doubt; empty: without one.")


class Approval(Body):
    """Approves a plan."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"expected": 1840}]})

    expected: Count = Field(description="`chosen`, as you were shown it. If it has changed, nothing happens.")
    complete_skus: Flag = Field(
        default=False, description="The next publish also completes SKUs that were cut. By default they stay."
    )


@router.get("")
def list_adoptions(
    hub: TheHub, _principal: Reader, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> AdoptionsResponse:
    """Plans, newest first."""
    found = hub.database.run(lambda work: adoption_rows.latest(work, limit=limit))
    return AdoptionsResponse(adoptions=[_shown(one) for one in found])


def _shown(adoption: Adoption) -> AdoptionResponse:
    return AdoptionResponse.model_validate(adoption)


@router.post("", status_code=202, responses=may(409))
def start_adoption(hub: TheHub, principal: Publisher) -> AdoptionResponse:
    """Read the whole store and match its products to your parts, in the background. Changes nothing in the store."""
    adoption = hub.shop.adoptions.start(actor=principal.owner)
    hub.intake.wake_publishing()
    return _shown(adoption)


@router.get("/{adoption_id}")
def get_adoption(adoption_id: UUID, hub: TheHub, _principal: Reader) -> AdoptionDetail:
    """A plan: its products by rule and doubt with examples of each, what is chosen, and how far it is carried out."""

    def step(work: Work) -> AdoptionDetail:
        adoption = adoptions.found(work, adoption_id)
        states = adoption_rows.states(work, adoption_id)
        return AdoptionDetail(
            **dict(_shown(adoption)),
            chosen=states.get("planned", 0) + states.get("sending", 0),
            states=states,
            groups=[_with_examples(work, adoption_id, group) for group in adoption_rows.groups(work, adoption_id)],
        )

    return hub.database.run(step)


def _with_examples(work: Work, adoption_id: UUID, group: AdoptionGroup) -> AdoptionGroupResponse:
    wanted = RowFilter(confidence=group.confidence, rule=group.rule or "", doubt=group.doubt or "")
    examples = adoption_rows.page(work, adoption_id, wanted, limit=3)
    return AdoptionGroupResponse(
        **asdict(group),
        reason=group.reason,
        examples=[AdoptionProduct.model_validate(row) for row in examples],
    )


@router.get("/{adoption_id}/products")
def list_adoption_products(
    adoption_id: UUID,
    hub: TheHub,
    _principal: Reader,
    confidence: Confidence | None = None,
    rule: Name = None,
    doubt: Name = None,
    state: State | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> AdoptionProducts:
    """Its products. Those of one part stand together."""
    wanted = RowFilter(confidence=confidence, rule=rule, doubt=doubt, state=state)

    def step(work: Work) -> list[AdoptionRow]:
        adoptions.found(work, adoption_id)
        return adoption_rows.page(work, adoption_id, wanted, limit=limit, after=after)

    found = hub.database.run(step)
    last = found[-1].position if len(found) == limit else None
    return AdoptionProducts(products=[AdoptionProduct.model_validate(row) for row in found], next_after=last)


@router.get("/{adoption_id}/export", response_class=Response, responses=AS_FILE)
def export_adoption(
    adoption_id: UUID, hub: TheHub, _principal: Reader, kind: Annotated[Kind, Query(alias="format")] = "csv"
) -> Response:
    """The whole plan as CSV or XLSX."""
    hub.database.run(lambda work: adoptions.found(work, adoption_id))
    return download(exports.adoption(hub.database, adoption_id), kind, name=f"adoption-{adoption_id}")


@router.post("/{adoption_id}/choices", responses=may(409))
def choose_adoptions(adoption_id: UUID, body: Choosing, hub: TheHub, principal: Publisher) -> Chosen:
    """Choose for one product, or for all that match: at most one product of each part is adopted."""
    shop = hub.shop.adoptions
    if body.product_id is not None:
        row = shop.choose_one(adoption_id, body.product_id, body.choice, part=body.part, actor=principal.owner)
        return Chosen(products=1, product=AdoptionProduct.model_validate(row))
    wanted = RowFilter(confidence=body.confidence, rule=body.rule, doubt=body.doubt)
    return Chosen(products=shop.choose(adoption_id, wanted, body.choice, actor=principal.owner), product=None)


@router.post("/{adoption_id}/approve", status_code=202, responses=may(409))
def approve_adoption(adoption_id: UUID, body: Approval, hub: TheHub, principal: Publisher) -> AdoptionResponse:
    """Carry out what was chosen, in the background. A stopped adoption goes on where it was."""
    adoption = hub.shop.adoptions.approve(
        adoption_id, expected=body.expected, complete_skus=body.complete_skus, actor=principal.owner
    )
    hub.intake.wake_publishing()
    return _shown(adoption)


@router.post("/{adoption_id}/undo", status_code=202, responses=may(409))
def undo_adoption(adoption_id: UUID, hub: TheHub, principal: Publisher) -> AdoptionResponse:
    """Remove the custom ids that it set, in the background, where nothing else has happened since."""
    adoption = hub.shop.adoptions.undo(adoption_id, actor=principal.owner)
    hub.intake.wake_publishing()
    return _shown(adoption)


@router.delete("/{adoption_id}", responses=may(409))
def cancel_adoption(adoption_id: UUID, hub: TheHub, principal: Publisher) -> AdoptionResponse:
    """Stop what is under way. What is done stays, and can go on or be undone."""
    return _shown(hub.shop.adoptions.cancel(adoption_id, actor=principal.owner))
