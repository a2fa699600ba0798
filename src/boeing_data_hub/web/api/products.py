"""The catalogues: what Boeing offers, normalized, with the raw answers behind it; and what is in the store."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from boeing_data_hub.errors import NotFound
from boeing_data_hub.reporting.catalogue import product_document
from boeing_data_hub.store import hand_data, raw, staging
from boeing_data_hub.store import products as published
from boeing_data_hub.store.work import Work
from boeing_data_hub.web.access import Admin, Publisher, Reader, TheHub
from boeing_data_hub.web.api.shopify import HandData, change_by_hand
from boeing_data_hub.web.limits import STORABLE

router = APIRouter(prefix="/api/products", tags=["products"])


def _as_stored(number: str) -> str:
    """A part number as it is looked up. Postgres holds no NUL, so nothing there is called like a text with one."""
    return number.strip().upper().replace("\0", "\ufffd")


@router.get("/staging")
def list_staged(
    hub: TheHub,
    _principal: Reader,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    after: Annotated[
        str, Query(max_length=100, pattern=STORABLE, description="Continue behind this SKU: fast at any depth.")
    ] = "",
    status: Literal["fetched", "blocked", "needs_review", "published"] | None = None,
    search: Annotated[
        str | None, Query(max_length=50, pattern=STORABLE, description="SKU from its start; dashes and case ignored.")
    ] = None,
    batch_id: UUID | None = None,
) -> dict[str, Any]:
    """Staged products in SKU order, or those of one batch."""

    def step(work: Work) -> dict[str, Any]:
        if batch_id is not None:
            skus = staging.skus_of_batch(work, batch_id, limit=limit, offset=offset)
            products = staging.get_many(work, skus)
            total = staging.count_of_batch(work, batch_id)
        else:
            products = staging.page(work, limit=limit, after=after, offset=offset, status=status, search=search)
            total = staging.count(work, status=status, search=search)
        return {
            "products": [product_document(product) for product in products],
            "total": total,
            "limit": limit,
            "offset": offset,
            "next_after": products[-1]["sku"] if batch_id is None and len(products) == limit else None,
        }

    return hub.database.run(step)


@router.get("/staging/{sku:path}")
def get_staged(sku: str, hub: TheHub, _principal: Reader) -> dict[str, Any]:
    """One staged product with its stock by location, and what people keep of it by hand."""
    wanted = _as_stored(sku)
    found, by_hand = hub.database.run(lambda work: (staging.get(work, wanted), hand_data.get(work, wanted)))
    if found is None:
        raise NotFound(f"No product {sku[:50]!r} is staged. Search for it first.", code="product_not_found")
    return {**product_document(found), "hand_data": product_document(by_hand) if by_hand else None}


@router.patch("/staging/{sku:path}")
def edit_by_hand(sku: str, body: HandData, hub: TheHub, principal: Publisher) -> dict[str, Any]:
    """Set what is kept of a part by hand: trace, expiration date, notes, condition, cert, price, excluded.

    Fields that are not sent stay; null clears one. It counts from the next publishing on.
    """
    wanted = _as_stored(sku)
    if hub.database.run(lambda work: staging.get(work, wanted)) is None:
        raise NotFound(f"No product {sku[:50]!r} is staged. Search for it first.", code="product_not_found")
    return product_document(change_by_hand(hub, wanted, body, principal.owner))


@router.get("/published")
def list_published(
    hub: TheHub,
    _principal: Reader,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[str, Query(max_length=255, pattern=STORABLE, description="Continue behind this SKU.")] = "",
    state: Literal["live", "archived"] | None = None,
    search: Annotated[
        str | None, Query(max_length=50, pattern=STORABLE, description="SKU from its start; dashes and case ignored.")
    ] = None,
) -> dict[str, Any]:
    """Products that are in the store, in SKU order, as we last published them."""

    def step(work: Work) -> dict[str, Any]:
        found = published.page(work, limit=limit, after=after, state=state, search=search)
        return {
            "products": [product_document(product) for product in found],
            "total": published.count(work, state=state, search=search),
            "limit": limit,
            "next_after": found[-1]["sku"] if len(found) == limit else None,
        }

    return hub.database.run(step)


@router.get("/published/{key:path}")
def get_published(key: str, hub: TheHub, _principal: Reader) -> dict[str, Any]:
    """One published product, by SKU or by one of the store's ids, with what was ever changed in the store about it."""
    wanted = key.replace("\0", "\ufffd")

    def step(work: Work) -> dict[str, Any] | None:
        found = published.find(work, wanted) or published.find(work, _as_stored(wanted))
        return found and {**found, "history": published.changes_of_sku(work, found["sku"])}

    found = hub.database.run(step)
    if found is None:
        raise NotFound(f"No product {key[:50]!r} was published.", code="product_not_found")
    return product_document(found)


@router.get("/raw-data/{part_number:path}")
def get_raw(part_number: str, hub: TheHub, _principal: Reader) -> dict[str, Any]:
    """What Boeing last answered for a part, as it came."""
    found = hub.database.run(lambda work: raw.newest_for(work, _as_stored(part_number)))
    if found is None:
        raise NotFound(f"Boeing has not been asked for {part_number[:50]!r} yet.", code="no_raw_data")
    return {
        "raw_data": found["raw_payload"],
        "search_query": found["search_query"],
        "fetched_at": found["fetched_at"],
    }


@router.post("/staging/normalize", status_code=202)
def normalize_again(hub: TheHub, _principal: Admin) -> dict[str, Any]:
    """Normalize all kept answers again with the rules now in force. Costs no Boeing call."""
    answers = hub.normalize_again()
    return {"message": f"{answers:,} kept answers are being normalized again.", "answers": answers}
