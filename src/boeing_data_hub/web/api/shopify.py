"""/api/shopify: one part at a time, and setting up the store (guide, section 1; the earlier routes)."""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import BadInput, Conflict, NotFound, Reject, Retry, StopTheLine, Unavailable
from boeing_data_hub.hub import Hub
from boeing_data_hub.intake.requests import PublishRequest
from boeing_data_hub.model.part_numbers import BadPartNumber, clean
from boeing_data_hub.model.states import ItemState
from boeing_data_hub.reporting.live import status_document
from boeing_data_hub.store import audit, batches, hand_data, items, products
from boeing_data_hub.store.work import Work
from boeing_data_hub.web import store_setup
from boeing_data_hub.web.access import Admin, Publisher, Reader, TheHub
from boeing_data_hub.web.limits import STORABLE

router = APIRouter(prefix="/api/shopify", tags=["shopify"])

_LOOK_EVERY = 0.1
Wait = Annotated[float, Query(ge=0, le=60, description="Seconds to wait for the store.")]


class PublishPart(BaseModel):
    """One part to publish."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"part_number": "WF338109=K3"}]})

    part_number: str = Field(min_length=1, max_length=200, description="A staged part number.")


class HandData(BaseModel):
    """What people keep of a part by hand; it goes before Boeing's word. A field that is null is cleared."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"price_override": "473.01", "notes": None, "condition": "NE"}]}
    )

    trace: str | None = Field(
        default=None, max_length=2000, pattern=STORABLE, description="Address of the trace document."
    )
    expiration_date: date | None = None
    notes: str | None = Field(default=None, max_length=5000, pattern=STORABLE)
    condition: str | None = Field(default=None, max_length=3, pattern=STORABLE)
    cert: str | None = Field(default=None, max_length=100, pattern=STORABLE)
    price_override: Decimal | None = Field(
        default=None, gt=0, le=100_000_000, decimal_places=2, description="Our price, markup included."
    )
    excluded: bool | None = Field(default=None, description="True: never publish this part.")


@router.post("/publish", responses={202: {"description": "Not published yet: the batch to watch."}})
def publish_part(
    body: PublishPart, hub: TheHub, principal: Publisher, response: Response, wait: Wait = 25.0
) -> dict[str, Any]:
    """Publish one staged part, and wait for it. When it takes longer than `wait`, 202 with the batch to watch."""
    _ = hub.shop.access
    try:
        part = clean(body.part_number)
    except BadPartNumber as bad:
        raise BadInput(f"{bad} Nothing was published.", code="bad_part_numbers") from None
    return _published(hub, part, principal.owner, response, wait)


def _published(hub: Hub, part: str, owner: str, response: Response, wait: float) -> dict[str, Any]:
    batch = hub.intake.publish(PublishRequest(part_numbers=[part], owner=owner)).batch
    deadline = monotonic() + wait
    while True:
        now = hub.database.run(lambda work: batches.get(work, batch.id)) or batch
        if now.outcome is not None:
            break
        if monotonic() >= deadline:
            response.status_code = 202
            response.headers["Location"] = f"/api/batches/{batch.id}"
            status = hub.database.run(lambda work, now=now: status_document(now, hub.live.situation(work)))
            return {**status, "success": None, "batch_id": str(batch.id)}
        time.sleep(_LOOK_EVERY)
    item = hub.database.run(lambda work: items.page(work, batch.id, limit=1))[0]
    if item.state is ItemState.CANCELLED:
        raise Conflict(
            "Somebody has cancelled this publishing, so nothing was sent.",
            code="cancelled",
            details={"batch_id": str(batch.id)},
        )
    if item.error_code is not None:
        raise BadInput(
            item.error or "The part could not be published.", code=item.error_code, details={"batch_id": str(batch.id)}
        )
    found = hub.database.run(lambda work: [products.find(work, sku) for sku in item.skus])
    ids = [row["product_id"] for row in found if row]
    return {
        "success": True,
        "shopifyProductId": ids[0] if ids else None,
        "shopifyProductIds": ids,
        "outcome": item.outcome,
        "remark": item.reason,
        "batch_id": str(batch.id),
    }


@router.put("/products/{product_id:path}", responses={202: {"description": "Not updated yet: the batch to watch."}})
def update_product(
    product_id: str,
    hub: TheHub,
    principal: Publisher,
    response: Response,
    body: HandData | None = None,
    wait: Wait = 25.0,
) -> dict[str, Any]:
    """Change what is kept of a published part by hand, and bring the product up to date with that and its staged data.

    Fields that are not sent stay as they are; without any the product is only brought up to date.
    """
    key = unquote(product_id).replace("\0", "\ufffd")
    row = hub.database.run(lambda work: products.find(work, key))
    if row is None:
        raise NotFound("No product of ours has this id. Nothing was changed.", code="product_not_found")
    change_by_hand(hub, row["sku"], body or HandData(), principal.owner)
    return _published(hub, row["sku"], principal.owner, response, wait)


def change_by_hand(hub: Hub, sku: str, body: HandData, actor: str) -> dict[str, Any]:
    """Set what was sent; everything that changed goes into the audit log, old and new."""
    sent = {name: getattr(body, name) for name in body.model_fields_set}
    if sent.get("price_override") is not None:
        sent["price_override"] = round(sent["price_override"], 2)  # 12.5 is told as it will be kept, 12.50

    def step(work: Work) -> dict[str, Any]:
        if sent:
            changed = hand_data.save(work, sku, sent, actor=actor)
            details = {name: {"old": _plain(old), "new": _plain(new)} for name, (old, new) in changed.items()}
            if details:
                audit.record(work, actor=actor, action="part.edit", target=sku, details=details)
        return hand_data.get(work, sku) or {"sku": sku}

    return hub.database.run(step)


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | str) else str(value)


@router.get("/check")
def check(
    hub: TheHub,
    _principal: Reader,
    sku: Annotated[str, Query(min_length=1, max_length=255, pattern=STORABLE, description="The full part number.")],
) -> dict[str, Any]:
    """Whether the store has a product with exactly this SKU: ours, or somebody else's."""
    wanted = sku.strip().upper()
    if not wanted:
        raise BadInput("The SKU is empty.", code="empty_sku")
    try:
        hub.shop.storefront.facts()
        seen = hub.shop.storefront.survey([wanted])[wanted]
    except (Retry, Reject, StopTheLine) as error:
        raise Unavailable(f"The store cannot be asked. {error.message}", code=error.code, retry_after=10) from None
    ours = seen.ours["product_id"] if seen.ours else None
    if ours is None:
        known = hub.database.run(lambda work: products.find(work, wanted))
        found = hub.shop.storefront.find(wanted) if known else None  # a search lags behind; the store itself does not
        ours = found["product_id"] if found else None
    other = seen.others[0]["product_id"] if seen.others else None
    return {
        "sku": wanted,
        "shopifyProductId": ours or other,
        "ours": ours is not None,
        "others": [dict(one) for one in seen.others],
    }


@router.post("/metafields/setup")
def set_up(hub: TheHub, principal: Admin) -> dict[str, Any]:
    """Make the metafield definitions the store lacks, that of our custom ids first. Safe to repeat."""
    return {"success": True, **store_setup.set_up(hub, actor=principal.owner)}
