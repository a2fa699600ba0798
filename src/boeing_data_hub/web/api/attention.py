"""/api/conflicts and /api/orphans: products of the store in conflict with parts, and leftover products."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from boeing_data_hub.errors import PauseUpstream, Reject, Retry, Unavailable
from boeing_data_hub.shopify import conflict_rows, leftover_products
from boeing_data_hub.shopify.conflict_rows import StoreConflict
from boeing_data_hub.shopify.failures import OutcomeUnknown
from boeing_data_hub.shopify.leftover_products import Orphan
from boeing_data_hub.shopify.store_job import Decision as StoreDecision
from boeing_data_hub.web.access import Publisher, Reader, TheHub
from boeing_data_hub.web.bodies import Body
from boeing_data_hub.web.limits import LARGEST_ID, STORABLE
from boeing_data_hub.web.places import STORE_CALLS
from boeing_data_hub.web.problems import may

router = APIRouter(prefix="/api", tags=["attention"])


class Decision(Body):
    """A decision on a conflict."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"decision": "leave"}]})

    decision: StoreDecision = Field(
        description="adopt: the hub manages the product from now on and updates it at the next publish. "
        "leave: the product is "
        "left unchanged, and the part is not published. publish_new: the part is published as a new product beside "
        "the look-alike."
    )


class ConflictsResponse(BaseModel):
    """One page of conflicts."""

    conflicts: list[StoreConflict]
    next_after: str | None = Field(description="Send it as `after` for the next page; null at the end.")


class ConflictDecided(BaseModel):
    """What happens next."""

    message: str
    sku: str
    decision: StoreDecision


class OrphansResponse(BaseModel):
    """Leftover products."""

    orphans: list[Orphan]


class OrphanDecided(BaseModel):
    """What happens next."""

    message: str
    id: int


@router.get("/conflicts")
def list_conflicts(
    hub: TheHub,
    _principal: Reader,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[str, Query(max_length=255, pattern=STORABLE, description="Continue after this SKU.")] = "",
    state: Annotated[Literal["open", "decided"], Query(description="Those that wait, or those decided.")] = "open",
) -> ConflictsResponse:
    """Parts that another product in the store conflicts with, each waiting for a decision."""
    found = hub.database.run(lambda work: conflict_rows.listed(work, is_open=state == "open", limit=limit, after=after))
    return ConflictsResponse(conflicts=found, next_after=found[-1].sku if len(found) == limit else None)


@router.post("/conflicts/{sku:path}", responses=may(409, 502))
def decide_conflict(sku: str, body: Decision, hub: TheHub, principal: Publisher) -> ConflictDecided:
    """Decide a conflict. Adopting sets the hub's custom id on the product; the next publish updates the rest."""
    wanted = sku.strip().upper().replace("\0", "\ufffd")
    try:
        with STORE_CALLS.one():
            told = hub.shop.attention.decide(wanted, body.decision, actor=principal.owner)
    except OutcomeUnknown as lost:
        raise Unavailable(lost.message, code=lost.code) from None
    except (Retry, Reject, PauseUpstream) as error:
        raise Unavailable(
            f"Shopify rejected the request. {error.message} Nothing was changed.", code=error.code
        ) from None
    return ConflictDecided(message=told, sku=wanted, decision=body.decision)


@router.get("/orphans")
def list_orphans(
    hub: TheHub,
    _principal: Reader,
    state: Literal["due", "gone", "kept"] = "due",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> OrphansResponse:
    """Leftover products that the hub is removing from the store, with the reason and the number of attempts."""
    found = hub.database.run(lambda work: leftover_products.listed(work, state=state, limit=limit))
    return OrphansResponse(orphans=found)


@router.post("/orphans/{orphan_id}/{what}")
def decide_orphan(
    orphan_id: Annotated[int, Path(ge=0, le=LARGEST_ID)],
    what: Literal["retry", "keep"],
    hub: TheHub,
    principal: Publisher,
) -> OrphanDecided:
    """Retry removing a leftover product now, or keep it."""
    told = hub.shop.attention.decide_orphan(orphan_id, what, actor=principal.owner)
    hub.intake.wake_publishing()
    return OrphanDecided(message=told, id=orphan_id)
