"""/api/reviews: changes that guards hold back, and what people decide about them."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from boeing_data_hub.batches.reviewing import Reviewing, ReviewsDecided
from boeing_data_hub.catalogue.guards import Cause
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import BadInput
from boeing_data_hub.shopify import reviews
from boeing_data_hub.shopify.reviews import CauseCount, Review, ReviewFilter
from boeing_data_hub.values.counted import counted
from boeing_data_hub.web.access import Publisher, Reader, TheHub
from boeing_data_hub.web.bodies import Body, Flag, Id
from boeing_data_hub.web.limits import LARGEST_ID, STORABLE

router = APIRouter(prefix="/api/reviews", tags=["reviews"])

State = Literal["open", "approved", "refused", "closed"]
Changed = Literal["price", "stock", "unit", "currency"]


class ReviewDecision(Body):
    """A decision on one review, or on all open ones that fit a filter."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "if": {"required": ["all_open"], "properties": {"all_open": {"const": True}}},
            "else": {
                "anyOf": [
                    {"required": [name], "properties": {name: {"not": {"type": "null"}}}}
                    for name in ("ids", "cause", "field", "batch_id", "sku_prefix")
                ]
            },
            "examples": [{"decision": "approve", "ids": [17]}, {"decision": "refuse", "cause": "price_fell"}],
        },
    )

    decision: Literal["approve", "refuse"] = Field(
        description="approve: the new value is published at once. refuse: the store keeps what it has until Boeing "
        "reports another value."
    )
    ids: Annotated[list[Id], Field(min_length=1, max_length=1000)] | None = Field(
        default=None, description="These reviews."
    )
    cause: Cause | None = Field(default=None, description="All with this cause.")
    field: Changed | None = Field(default=None, description="All of this field.")
    batch_id: UUID | None = Field(
        default=None, description="All changes for which this run was last held back: run it anyway."
    )
    sku_prefix: str | None = Field(
        default=None, min_length=1, max_length=255, pattern=STORABLE, description="All whose SKU begins with this."
    )
    all_open: Flag = Field(default=False, description="Every open review; needed when nothing else is given.")


class ReviewsResponse(BaseModel):
    """One page of reviews, and how many there are by cause."""

    reviews: list[Review]
    causes: list[CauseCount]
    next_before: int | None = Field(description="Send it as `before` for the next page; null at the end.")


class ReviewsDecidedResponse(BaseModel):
    """What was decided."""

    message: str
    decided: int
    batch_id: UUID | None = Field(description="The run that publishes what was approved.")
    remaining: int = Field(description="How many open reviews still match.")


@router.get("")
def list_reviews(
    hub: TheHub,
    _principal: Reader,
    state: Annotated[State, Query(description="closed: the data has changed since.")] = "open",
    cause: Annotated[Cause | None, Query(description="Only with this cause.")] = None,
    field: Annotated[Changed | None, Query(description="Only of this field.")] = None,
    batch_id: Annotated[UUID | None, Query(description="Only those for which this run was last held back.")] = None,
    sku_prefix: Annotated[str | None, Query(max_length=255, pattern=STORABLE)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="Continue behind this id.")] = None,
) -> ReviewsResponse:
    """Changes that guards held back, the newest first, and how many there are by cause."""
    wanted = ReviewFilter(cause=cause, field=field, batch_id=batch_id, sku_prefix=sku_prefix or None)

    def step(work: Work) -> ReviewsResponse:
        found = reviews.listed(work, wanted, state=state, limit=limit, before=before)
        return ReviewsResponse(
            reviews=found,
            causes=reviews.causes(work, wanted, state=state),
            next_before=found[-1].id if len(found) == limit else None,
        )

    return hub.database.run(step)


@router.post("/decisions")
def decide_reviews(body: ReviewDecision, hub: TheHub, principal: Publisher) -> ReviewsDecidedResponse:
    """Decide open reviews. Approved values are published at once, by a run of their own.

    One request decides at most MAX_BULK_PUBLISH_SIZE parts; `remaining` says how many reviews still fit.
    """
    wanted = ReviewFilter(
        ids=body.ids, cause=body.cause, field=body.field, batch_id=body.batch_id, sku_prefix=body.sku_prefix
    )
    if wanted == ReviewFilter() and not body.all_open:
        raise BadInput(
            "Name the reviews: by ids, cause, field, batch_id or sku_prefix; or send all_open for every open one. "
            "Nothing was changed.",
            code="no_filter",
        )
    reviewing = Reviewing(hub.database, hub.intake)
    decide = reviewing.approve if body.decision == "approve" else reviewing.refuse
    return decided_document(decide(wanted, actor=principal.owner))


def decided_document(done: ReviewsDecided) -> ReviewsDecidedResponse:
    """A decision's result in the API's form."""
    if done.batch is not None:
        message = f"{counted(done.decided, 'change')} approved. Publishing has started."
    elif done.decided:
        message = f"{counted(done.decided, 'change')} refused. Your store keeps what it has."
    else:
        message = "No open review matches. Nothing was changed."
    return ReviewsDecidedResponse(
        message=message,
        decided=done.decided,
        batch_id=done.batch.id if done.batch else None,
        remaining=done.remaining,
    )
