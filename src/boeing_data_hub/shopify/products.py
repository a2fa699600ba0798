"""Our products in the store, one row for each SKU: what was last published, and what the store has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec

from boeing_data_hub.catalogue.staging import pattern, search_key
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify.publications import Confirmed, StoreProduct

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True)
class ProductName:
    """A product of ours by its SKU and title."""

    sku: str
    title: str | None
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedProduct:
    """A product of ours as the hub last published it, for people and clients.

    Attributes:
        state: `live`, `archived` (by an undo), `missing` (deleted in the store), or `intended` (being sent).
        form: the listing as last published; None while it is unknown.
        stock: pieces by store location as last set, without later sales.
        left_out: values that the store rejected, each with its `field` and `reason`.
        image_code: why the picture is the placeholder; None if it is the part's own.
        media_state, media_error: the state of the picture in the store, see `StoreProduct`.
        differences: how the store differed when it was checked, at `looked_at`.
    """

    shop: str
    sku: str
    handle: str | None
    title: str | None
    price: Decimal | None
    state: str
    product_id: str | None
    variant_id: str | None
    inventory_item_id: str | None
    form: Mapping[str, Any] | None
    stock: Mapping[str, int]
    left_out: Sequence[Mapping[str, str]]
    on_channel: bool
    image_url: str | None
    image_code: str | None
    media_state: str | None
    media_error: str | None
    differences: Sequence[Mapping[str, Any]] | None
    looked_at: datetime | None
    batch_id: UUID | None
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime


def known(work: Work, shop: str, skus: Sequence[str]) -> dict[str, StoreProduct]:
    """The rows of these SKUs in this store."""
    rows = work.rows(_SQL["known"], [shop, list(skus)])
    return {row["sku"]: StoreProduct.from_row(row) for row in rows}


def unchanged(work: Work, shop: str, rows: Mapping[str, StoreProduct]) -> set[str]:
    """The SKUs of rows that the hub has not changed since they were read, locked until the commit: only for these is
    the observation of the store still valid.
    """
    work.do(_SQL["lock"], [shop, sorted(rows)])
    now = known(work, shop, list(rows))
    ageless = {sku: replace(row, image_age=None, looked_age=None) for sku, row in now.items()}
    return {sku for sku, row in rows.items() if replace(row, image_age=None, looked_age=None) == ageless.get(sku)}


def confirm(work: Work, shop: str, confirmed: Sequence[Confirmed]) -> None:
    """Save what the store has now, in the order of the SKUs, so that two writers cannot wait for each other."""
    ordered = sorted(confirmed, key=lambda one: one.sku)
    records = [
        {
            "sku": one.sku,
            "search_key": search_key(one.sku),
            "state": one.state,
            "custom_id": one.form["custom_id"],
            "handle": one.form["handle"],
            "title": one.form["title"],
            "price": one.form["price"],
            "product_id": one.product_id,
            "variant_id": one.variant_id,
            "inventory_item_id": one.inventory_item_id,
            "form": one.form,
            "listing_hash": one.listing_hash,
            "stock_hash": one.stock_hash,
            "stock": one.stock,
            "kept": one.kept,
            "left_out": one.left_out,
            "on_channel": one.on_channel,
            "image": one.image,
            "intent": one.intent.as_json() if one.intent else None,
            "batch_id": one.batch_id,
            "store_updated_at": one.store_updated_at,
        }
        for one in ordered
    ]
    text = msgspec.json.encode(records).decode()
    work.do(_SQL["confirm"], [shop, text])


def lose(work: Work, shop: str, skus: Sequence[str]) -> None:
    """Forget the known ids: the store has no such product, and it must be searched for by its custom id."""
    work.do(
        _SQL["lose"],
        [shop, list(skus)],
    )


def mark_missing(work: Work, shop: str, skus: Sequence[str]) -> None:
    """Their products are no longer in the store. What was published stays known until a publish decides."""
    work.do(_SQL["mark_missing"], [shop, list(skus)])


def note_look(work: Work, shop: str, looked: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Save the differences that a check of the store showed, by SKU; an empty list if there are none."""
    if not looked:
        return
    records = [{"sku": sku, "differences": list(found) or None} for sku, found in sorted(looked.items())]
    work.do(
        _SQL["note_look"],
        [msgspec.json.encode(records).decode(), shop],
    )


def to_compare(work: Work, shop: str, *, taken_at: datetime, after: str, limit: int) -> dict[str, StoreProduct]:
    """Published products in SKU order after `after`, of which a snapshot taken then still shows what is true."""
    values = {"shop": shop, "taken": taken_at, "after": after, "limit": limit}
    return known(work, shop, [row["sku"] for row in work.rows(_SQL["to_compare"], values)])


def note_compared(
    work: Work, shop: str, found: Mapping[str, Sequence[Mapping[str, Any]]], *, taken_at: datetime
) -> set[str]:
    """Save the differences that a snapshot showed. Returns the SKUs of products that were still as they were then."""
    records = [{"sku": sku, "differences": list(each) or None} for sku, each in sorted(found.items())]
    values = {"found": msgspec.json.encode(records).decode(), "shop": shop, "taken": taken_at}
    return {row["sku"] for row in work.rows(_SQL["note_compared"], values)}


def pictures_ready(work: Work, shop: str, skus: Sequence[str]) -> None:
    """Save that the store has these parts' pictures."""
    if skus:
        work.do(
            _SQL["pictures_ready"],
            [shop, list(skus)],
        )


def adopt(work: Work, shop: str, *, sku: str, custom_id: str, handle: str, title: str) -> None:
    """Take over a product that a person linked: it is ours from now on, with an unknown listing."""
    work.do(
        _SQL["adopt"],
        [shop, sku, custom_id, search_key(sku), handle, title],
    )


def page(
    work: Work, *, limit: int, after: str = "", state: str | None = None, search: str | None = None
) -> list[PublishedProduct]:
    """Products that are or were in the current store, in SKU order after `after`; `search` as in staging."""
    return work.records(
        PublishedProduct, _SQL["page"], {"after": after, "state": state, "key": pattern(search), "limit": limit}
    )


def beginning(work: Work, search: str, *, limit: int) -> list[ProductName]:
    """Products that are or were in the current store, by the order of their search keys; `search` as in staging."""
    return work.records(ProductName, _SQL["beginning"], [pattern(search), limit])


def count(work: Work, *, state: str | None = None, search: str | None = None) -> int:
    """How many products match."""
    return work.value(_SQL["count"], {"state": state, "key": pattern(search)})


def find(work: Work, key: str) -> PublishedProduct | None:
    """The current store's product of a SKU, or of one of its product ids."""
    return work.record(PublishedProduct, _SQL["find"], {"key": key, "ids": [key, f"gid://shopify/Product/{key}"]})


def ids_in_store(work: Work, skus: Sequence[str]) -> dict[str, str]:
    """The product ids of those of these SKUs that have a product in the current store, by SKU."""
    return {row["sku"]: row["product_id"] for row in work.rows(_SQL["ids_in_store"], [list(skus)])}


def count_live(work: Work, *, most: int) -> int:
    """How many products are live in the current store, counted up to `most`."""
    return work.value(_SQL["count_live"], [most])


def last_published_at(work: Work) -> datetime | None:
    """When something was last published; None if never."""
    return work.value(_SQL["last_published_at"])
