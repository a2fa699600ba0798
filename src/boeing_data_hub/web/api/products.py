"""/api/products: staged products, the raw answers behind them, and products in the store."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from boeing_data_hub.boeing import raw_answers
from boeing_data_hub.catalogue import staging
from boeing_data_hub.catalogue.holding import hold_of
from boeing_data_hub.catalogue.pricing import why
from boeing_data_hub.catalogue.staged_part import NO_OVERRIDE
from boeing_data_hub.catalogue.stock import figure_of
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import NotFound
from boeing_data_hub.shopify import current_store, part_history, publish_changes, sold_pieces
from boeing_data_hub.shopify import products as published
from boeing_data_hub.web.access import Admin, Publisher, Reader, TheHub
from boeing_data_hub.web.api.shopify import HandData, change_by_hand
from boeing_data_hub.web.api.staged_product import (
    OfferedStock,
    OverrideResponse,
    PublishedProductDetail,
    PublishedProductResponse,
    PublishedProducts,
    StagedProductDetail,
    StagedProducts,
    override_of,
    staged_of,
)
from boeing_data_hub.web.limits import STORABLE

router = APIRouter(prefix="/api/products", tags=["products"])


def _as_stored(number: str) -> str:
    """A part number in the spelling of stored ones. Postgres stores no NUL, so a text with one matches nothing."""
    return number.strip().upper().replace("\0", "\ufffd")


@router.get("/staging")
def list_staged(
    hub: TheHub,
    _principal: Reader,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    after: Annotated[str, Query(max_length=100, pattern=STORABLE, description="Continue after this SKU.")] = "",
    status: Literal["fetched", "blocked", "needs_review", "published"] | None = None,
    search: Annotated[
        str | None,
        Query(max_length=50, pattern=STORABLE, description="The beginning of the SKU; dashes and case are ignored."),
    ] = None,
    batch_id: UUID | None = None,
) -> StagedProducts:
    """Staged products in SKU order, or those of one batch."""
    rules = hub.prices

    def step(work: Work) -> StagedProducts:
        if batch_id is not None:
            skus = staging.skus_of_batch(work, batch_id, limit=limit, offset=offset)
            products = staging.get_many(work, skus)
            total = staging.count_of_batch(work, batch_id)
        else:
            products = staging.page(work, limit=limit, after=after, offset=offset, status=status, search=search)
            total = staging.count(work, status=status, search=search)
        return StagedProducts(
            products=[staged_of(product, rules) for product in products],
            total=total,
            limit=limit,
            offset=offset,
            next_after=products[-1].sku if batch_id is None and len(products) == limit else None,
        )

    return hub.database.run(step)


@router.get("/staging/{sku:path}")
def get_staged(sku: str, hub: TheHub, _principal: Reader) -> StagedProductDetail:
    """One staged product with its stock by location, its overrides, and what makes its price and stock."""
    wanted = _as_stored(sku)
    found = hub.database.run(lambda work: staging.get(work, wanted))
    if found is None:
        raise NotFound(f"No product {sku[:50]!r} was found. Search for it first.", code="product_not_found")
    policy = hub.shop.listing_policy
    shown, priced = staged_of(found, policy.prices), why(found, policy.prices)
    held = hold_of(found, policy.hold_rules)
    return StagedProductDetail(
        **{each.name: getattr(shown, each.name) for each in fields(shown)},
        hand_data=override_of(wanted, found.override) if found.override != NO_OVERRIDE else None,
        price_by=priced.rule,
        price_steps=list(priced.steps),
        hold=held.sentence if held is not None else None,
        offered=OfferedStock.of(figure_of(found, policy)),
    )


@router.patch("/staging/{sku:path}", response_model_exclude_unset=True)
def set_overrides(sku: str, body: HandData, hub: TheHub, principal: Publisher) -> OverrideResponse:
    """Set overrides of a part: trace, expiration date, notes, condition, certificate, price, excluded.

    Fields that are not sent keep their values; null clears one. Applies from the next publish.
    """
    wanted = _as_stored(sku)
    if hub.database.run(lambda work: staging.get(work, wanted)) is None:
        raise NotFound(f"No product {sku[:50]!r} was found. Search for it first.", code="product_not_found")
    return change_by_hand(hub, wanted, body, principal.owner)


@router.get("/published")
def list_published(
    hub: TheHub,
    _principal: Reader,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[str, Query(max_length=255, pattern=STORABLE, description="Continue after this SKU.")] = "",
    state: Literal["live", "archived"] | None = None,
    search: Annotated[
        str | None,
        Query(max_length=50, pattern=STORABLE, description="The beginning of the SKU; dashes and case are ignored."),
    ] = None,
) -> PublishedProducts:
    """Products in the store, in SKU order, as the hub last published them."""

    def step(work: Work) -> PublishedProducts:
        found = published.page(work, limit=limit, after=after, state=state, search=search)
        return PublishedProducts(
            products=[PublishedProductResponse.model_validate(product) for product in found],
            total=published.count(work, state=state, search=search),
            limit=limit,
            next_after=found[-1].sku if len(found) == limit else None,
        )

    return hub.database.run(step)


@router.get("/published/{key:path}")
def get_published(key: str, hub: TheHub, _principal: Reader) -> PublishedProductDetail:
    """One published product, by SKU or by one of Shopify's ids, with the history of its changes in the store."""
    wanted = key.replace("\0", "\ufffd")

    def step(work: Work) -> PublishedProductDetail | None:
        found = published.find(work, wanted) or published.find(work, _as_stored(wanted))
        if found is None:
            return None
        shown = PublishedProductResponse.model_validate(found)
        return PublishedProductDetail(**dict(shown), history=publish_changes.of_sku(work, found.sku))

    found = hub.database.run(step)
    if found is None:
        raise NotFound(f"No product {key[:50]!r} was published.", code="product_not_found")
    return found


_SOLD_DAYS: Final = 366  # days with sales in one response


class PartMoment(BaseModel):
    """What was so from `at` on, until the moment before it in the list. Null is unknown or absent."""

    at: datetime
    list_price: Decimal | None
    net_price: Decimal | None
    currency: str | None
    our_price: Decimal | None
    margin: float | None
    stock: int | None


class PartSold(BaseModel):
    """Pieces of a part sold in the store on a day (UTC)."""

    day: date
    pieces: int


class PartHistory(BaseModel):
    """How prices, stock and margin of a part moved, and what was sold of it, newest first."""

    sku: str
    moments: list[PartMoment]
    sold_30_days: int
    sold: list[PartSold]
    total: int
    limit: int
    offset: int


@router.get("/history/{sku:path}")
def get_history(
    sku: str,
    hub: TheHub,
    _principal: Reader,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> PartHistory:
    """How Boeing's prices and stock, our published price and the margin of a part moved, and the pieces sold by day,
    newest first.
    """
    wanted = _as_stored(sku)

    def step(work: Work) -> tuple[list[part_history.Moment], sold_pieces.Sales]:
        sales = sold_pieces.of_part(work, current_store.read(work), wanted, limit=_SOLD_DAYS)
        return part_history.of_part(work, wanted, currency=hub.settings.hub_currency), sales

    moments, sales = hub.database.run(step)
    if not moments:
        raise NotFound(f"No product {sku[:50]!r} was found. Search for it first.", code="product_not_found")
    newest = list(reversed(moments))[offset : offset + limit]
    found = [PartMoment.model_validate(one, from_attributes=True) for one in newest]
    sold = [PartSold.model_validate(one, from_attributes=True) for one in sales.days]
    return PartHistory(
        sku=wanted,
        moments=found,
        sold_30_days=sales.recent,
        sold=sold,
        total=len(moments),
        limit=limit,
        offset=offset,
    )


class RawAnswer(BaseModel):
    """An answer of Boeing, as it was received."""

    raw_data: Any
    search_query: str
    fetched_at: datetime


@router.get("/raw-data/{part_number:path}")
def get_raw_answer(part_number: str, hub: TheHub, _principal: Reader) -> RawAnswer:
    """Boeing's latest answer for a part, unchanged."""
    found = hub.database.run(lambda work: raw_answers.newest_for(work, _as_stored(part_number)))
    if found is None:
        raise NotFound(f"Boeing has not been asked for {part_number[:50]!r} yet.", code="no_raw_data")
    return RawAnswer(raw_data=found.raw_payload, search_query=found.search_query, fetched_at=found.fetched_at)


class NormalizingAgain(BaseModel):
    """How many stored answers are normalized again, in the background."""

    message: str
    answers: int


@router.post("/staging/normalize", status_code=202)
def normalize_again(hub: TheHub, _principal: Admin) -> NormalizingAgain:
    """Normalize all stored answers again by the rules in force. Costs no Boeing call."""
    answers = hub.normalize_again()
    return NormalizingAgain(message=f"{answers:,} stored answers are being normalized again.", answers=answers)
