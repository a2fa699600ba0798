"""What needs a person: SKUs the store has from somebody else, and products of ours that could not be taken out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from boeing_data_hub.errors import Reject, Retry, StopTheLine, Unavailable
from boeing_data_hub.shopify.failures import OutcomeUnknown
from boeing_data_hub.store import orphans, sightings
from boeing_data_hub.web.access import Publisher, Reader, TheHub
from boeing_data_hub.web.limits import STORABLE

router = APIRouter(prefix="/api", tags=["attention"])


class Decision(BaseModel):
    """What a person has decided."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"decision": "leave"}]})

    decision: Literal["adopt", "leave"] = Field(
        description="adopt: the product is ours from now on, and the next publishing brings it up to date. "
        "leave: it stays somebody else's, and the part is not published."
    )


@router.get("/conflicts")
def list_conflicts(
    hub: TheHub,
    _principal: Reader,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[str, Query(max_length=255, pattern=STORABLE, description="Continue behind this SKU.")] = "",
    state: Annotated[Literal["open", "decided"], Query(description="Those that wait, or those decided.")] = "open",
) -> dict[str, Any]:
    """Parts whose SKU or address the store has from somebody else, each waiting for one decision."""
    found = hub.database.run(lambda work: sightings.conflicts(work, is_open=state == "open", limit=limit, after=after))
    return {"conflicts": found, "next_after": found[-1]["sku"] if len(found) == limit else None}


@router.post("/conflicts/{sku:path}")
def decide_conflict(sku: str, body: Decision, hub: TheHub, principal: Publisher) -> dict[str, Any]:
    """Decide a conflict. To adopt gives the product our custom id; the next publishing changes the rest of it."""
    wanted = sku.strip().upper().replace("\0", "\ufffd")
    try:
        told = hub.shop.attention.decide(wanted, body.decision, actor=principal.owner)
    except OutcomeUnknown as lost:
        raise Unavailable(lost.message, code=lost.code) from None
    except (Retry, Reject, StopTheLine) as error:
        raise Unavailable(f"The store did not take it. {error.message} Nothing was changed.", code=error.code) from None
    return {"message": told, "sku": wanted, "decision": body.decision}


@router.get("/orphans")
def list_orphans(
    hub: TheHub,
    _principal: Reader,
    state: Literal["due", "gone", "kept"] = "due",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """Products of ours that are to leave the store, with why, and how often it was tried."""
    return {"orphans": hub.database.run(lambda work: orphans.listed(work, state=state, limit=limit))}


@router.post("/orphans/{orphan_id}/{what}")
def decide_orphan(orphan_id: int, what: Literal["retry", "keep"], hub: TheHub, principal: Publisher) -> dict[str, Any]:
    """Try again at once to take it out, or let it stay."""
    told = hub.shop.attention.decide_orphan(orphan_id, what, actor=principal.owner)
    hub.intake.wake_publishing()
    return {"message": told, "id": orphan_id}
