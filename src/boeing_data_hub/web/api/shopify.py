"""/api/shopify: publish or update one part, look up a SKU, set up the store (guide, section 1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Final, Literal
from urllib.parse import quote as escaped
from urllib.parse import unquote
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from boeing_data_hub.app import Hub
from boeing_data_hub.batches.requests import PublishRequest
from boeing_data_hub.catalogue import overrides
from boeing_data_hub.db import audit
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import BadInput, Conflict, NotFound, PauseUpstream, Reject, Retry, Unavailable
from boeing_data_hub.shopify import products
from boeing_data_hub.shopify.subscriptions import Subscriptions
from boeing_data_hub.values.part_numbers import BadPartNumber, clean
from boeing_data_hub.values.states import ItemState
from boeing_data_hub.web import store_setup
from boeing_data_hub.web.access import Admin, Publisher, Reader, TheHub
from boeing_data_hub.web.api.batch_status import Unfinished, still_running
from boeing_data_hub.web.api.staged_product import OverrideResponse, override_of
from boeing_data_hub.web.bodies import Body, Day, Flag, Number
from boeing_data_hub.web.limits import STORABLE
from boeing_data_hub.web.places import STORE_CALLS
from boeing_data_hub.web.problems import Responses, may
from boeing_data_hub.web.waiters import Waiters, unfinished
from boeing_data_hub.work import items

router = APIRouter(prefix="/api/shopify", tags=["shopify"])

Wait = Annotated[float, Query(ge=0, le=60, description="Seconds to wait for the store.")]


class PublishPart(Body):
    """One part to publish."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"part_number": "WF338109=K3"}]})

    part_number: str = Field(
        min_length=1,
        max_length=200,
        description="A part number that was searched before.",
        json_schema_extra={"format": "part-number"},
    )


_PRICE: Final[list[JsonValue]] = [
    {"type": "number", "exclusiveMinimum": 0, "maximum": 100_000_000, "multipleOf": 0.01},
    {"type": "string", "pattern": r"^(?=.*[1-9])[0-9]{1,8}(\.[0-9]{1,2})?$"},
    {"type": "null"},
]


class HandData(Body):
    """Overrides of a part, which take precedence over Boeing's data. A field that is null is cleared."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"price_override": "473.01", "notes": None, "condition": "NE"}]}
    )

    trace: str | None = Field(
        default=None, max_length=2000, pattern=STORABLE, description="Address of the trace document."
    )
    expiration_date: Day | None = None
    notes: str | None = Field(default=None, max_length=5000, pattern=STORABLE)
    condition: str | None = Field(default=None, max_length=3, pattern=STORABLE)
    cert: str | None = Field(default=None, max_length=100, pattern=STORABLE)
    price_override: Number | None = Field(
        default=None,
        gt=0,
        le=100_000_000,
        decimal_places=2,
        description="Final price, markup included.",
        json_schema_extra={"anyOf": _PRICE},
    )
    excluded: Flag | None = Field(default=None, description="True: never publish this part.")


class PublishedPart(BaseModel):
    """The result of publishing one part (guide, section 1)."""

    success: Literal[True]
    shopifyProductId: str | None  # noqa: N815 - the guide's name
    shopifyProductIds: list[str | None]  # noqa: N815 - same
    outcome: str | None
    remark: str | None
    batch_id: UUID


class KnownProduct(BaseModel, from_attributes=True):
    """What was last published of a part."""

    sku: str
    product_id: str | None
    state: str
    published_at: datetime | None


class UnfinishedPublish(Unfinished):
    """The batch of a part that is not published yet."""

    known: KnownProduct | None
    success: None


class StoreProductFound(BaseModel):
    """Another product in the store."""

    model_config = ConfigDict(extra="allow")

    product_id: str
    title: str | None = None
    vendor: str | None = None


class SkuInStore(BaseModel):
    """The product in the store with a SKU."""

    sku: str
    shopifyProductId: str | None  # noqa: N815 - the guide's name
    ours: bool = Field(description="The hub manages it.")
    others: list[StoreProductFound]


class StoreSetUp(BaseModel):
    """The metafield definitions of the store, each as `namespace.key`, and the subscriptions."""

    success: bool
    created: Sequence[str]
    existing: Sequence[str]
    differing: Sequence[str] = Field(description="They exist with another type.")
    webhooks: Subscriptions


_PUBLISHED: Final[Responses] = {
    202: {"model": UnfinishedPublish, "description": "Not published yet: the run to watch."},
    **may(409, 502),
}


@router.post("/publish", response_model=PublishedPart, responses=_PUBLISHED)
def publish_part(
    body: PublishPart, request: Request, hub: TheHub, principal: Publisher, wait: Wait = 25.0
) -> PublishedPart | Response:
    """Publish one staged part, and wait for the result. After `wait` seconds: 202 with the batch to watch."""
    _ = hub.shop.access
    try:
        part = clean(body.part_number)
    except BadPartNumber as bad:
        raise BadInput(f"{bad} Nothing was published.", code="bad_part_numbers") from None
    return _published(hub, part, principal.owner, wait, request.app.state.waiters)


def _published(hub: Hub, part: str, owner: str, wait: float, waiters: Waiters) -> PublishedPart | Response:
    batch = hub.intake.publish(PublishRequest(part_numbers=[part], owner=owner)).batch
    now = waiters.wait_for(hub, batch, seconds=wait, has_ended=lambda one: one.outcome is not None)
    if now.outcome is None:
        known = hub.database.run(lambda work: products.find(work, part))
        before = KnownProduct.model_validate(known) if known else None
        result = f"/api/products/published/{escaped(part, safe='')}"
        return still_running(unfinished(UnfinishedPublish, hub, now, known=before, look_at=result, success=None))
    item = hub.database.run(lambda work: items.page(work, batch.id, limit=1))[0]
    if item.state is ItemState.CANCELLED:
        raise Conflict(
            "This publish run was cancelled, so nothing was sent.",
            code="cancelled",
            details={"batch_id": str(batch.id)},
        )
    if item.error_code is not None and item.state is not ItemState.PUBLISHED:
        raise BadInput(
            item.error or "The part could not be published.", code=item.error_code, details={"batch_id": str(batch.id)}
        )
    found = hub.database.run(lambda work: [products.find(work, sku) for sku in item.skus])
    ids = [product.product_id for product in found if product]
    return PublishedPart(
        success=True,
        shopifyProductId=ids[0] if ids else None,
        shopifyProductIds=ids,
        outcome=item.outcome,
        remark=item.reason,
        batch_id=batch.id,
    )


@router.put("/products/{product_id:path}", response_model=PublishedPart, responses=_PUBLISHED)
def update_product(
    product_id: str,
    request: Request,
    hub: TheHub,
    principal: Publisher,
    body: HandData | None = None,
    wait: Wait = 25.0,
) -> PublishedPart | Response:
    """Set overrides of a published part, and update its product in the store.

    Fields that are not sent keep their values; without any, the product is only updated.
    """
    key = unquote(product_id).replace("\0", "\ufffd")
    product = hub.database.run(lambda work: products.find(work, key))
    if product is None:
        raise NotFound("The hub manages no product with this id. Nothing was changed.", code="product_not_found")
    change_by_hand(hub, product.sku, body or HandData(), principal.owner)
    return _published(hub, product.sku, principal.owner, wait, request.app.state.waiters)


def change_by_hand(hub: Hub, sku: str, body: HandData, actor: str) -> OverrideResponse:
    """Set the overrides that were sent. Changes go into the audit log with their old and new values."""
    sent = {name: getattr(body, name) for name in body.model_fields_set}
    if sent.get("price_override") is not None:
        sent["price_override"] = round(sent["price_override"], 2)  # the response shows 12.50 for 12.5, as it is stored

    def step(work: Work) -> OverrideResponse:
        if sent:
            changed = overrides.save(work, sku, sent, actor=actor)
            details = {one.field: {"old": _plain(one.old), "new": _plain(one.new)} for one in changed}
            if details:
                audit.record(work, actor=actor, action="part.edit", target=sku, details=details)
        kept = overrides.get(work, sku)
        return override_of(sku, kept) if kept else OverrideResponse(sku=sku)

    return hub.database.run(step)


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | str) else str(value)


@router.get("/check", responses=may(409, 502))
def check_sku(
    hub: TheHub,
    _principal: Reader,
    sku: Annotated[str, Query(min_length=1, max_length=255, pattern=STORABLE, description="The full part number.")],
) -> SkuInStore:
    """The product in the store with exactly this SKU, and whether the hub manages it."""
    wanted = sku.strip().upper()
    if not wanted:
        raise BadInput("The SKU is empty.", code="empty_sku")
    try:
        with STORE_CALLS.one():
            hub.shop.storefront.facts()
            seen = hub.shop.storefront.survey([wanted])[wanted]
            ours = seen.ours.product_id if seen.ours else None
            if ours is None and hub.database.run(lambda work: products.find(work, wanted)):
                found = hub.shop.storefront.find(wanted)  # a search lags behind; the store itself does not
                ours = found.product_id if found else None
    except (Retry, Reject, PauseUpstream) as error:
        raise Unavailable(f"The store is not available. {error.message}", code=error.code, retry_after=10) from None
    other = seen.others[0].product_id if seen.others else None
    return SkuInStore(
        sku=wanted,
        shopifyProductId=ours or other,
        ours=ours is not None,
        others=[StoreProductFound.model_validate(one, from_attributes=True) for one in seen.others],
    )


@router.post("/metafields/setup", responses=may(409, 502))
def set_up_store(hub: TheHub, principal: Admin) -> StoreSetUp:
    """Create the metafield definitions and webhook subscriptions the store lacks.

    `success` is false where a definition exists with another type.
    """
    told = store_setup.set_up(hub, actor=principal.owner)
    return StoreSetUp(success=not told.definitions.differing, webhooks=told.webhooks, **asdict(told.definitions))
