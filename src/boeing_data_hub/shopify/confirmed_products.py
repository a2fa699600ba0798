"""What the store has of a part after a call succeeded: ids, snapshot, picture, and other people's values. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from boeing_data_hub.catalogue.listings import Listing
from boeing_data_hub.images.product_image import Picture
from boeing_data_hub.shopify import observing
from boeing_data_hub.shopify.decisions import shown_changes
from boeing_data_hub.shopify.journey import Decided, Prepared, Send
from boeing_data_hub.shopify.publications import Confirmed, ProductIds, SentImage, StoreProduct
from boeing_data_hub.shopify.shapes import nodes, text_or_none
from boeing_data_hub.shopify.shapes import part as within
from boeing_data_hub.shopify.snapshot import form_of, hashes_of


def product_of(data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The product in a `productSet` response; None if there is none, which is a failure."""
    product = within(within(data, "productSet"), "product")
    return product if product.get("id") else None


def ids_of(product: Mapping[str, Any]) -> ProductIds:
    """The ids of product, variant and inventory item, from any of our documents."""
    nothing: Mapping[str, Any] = {}
    variant = next(iter(nodes(product, "variants")), nothing)
    item = within(variant, "inventoryItem")
    return ProductIds(
        product_id=str(product["id"]),
        variant_id=text_or_none(variant, "id"),
        inventory_item_id=text_or_none(item, "id"),
        updated_at=text_or_none(product, "updatedAt"),
    )


def succeeded(part: Prepared, ids: ProductIds) -> Confirmed:
    """What the store has after a part's `productSet` succeeded; an existing product still has its earlier stock."""
    send = part.verdict
    assert isinstance(send, Send)  # noqa: S101 - nothing else is sent
    before = part.product.published if part.product is not None else None
    base: Mapping[str, int] = {} if send.action == "created" or before is None else before.form.get("stock") or {}
    wanted = send.listing if send.action == "created" else replace(send.listing, stock=dict(base))
    product = part.product
    form = form_of(wanted)
    hashes = hashes_of(form)
    return Confirmed(
        sku=part.sku,
        batch_id=part.item.batch_id,
        state="archived" if send.listing.status == "ARCHIVED" else "live",
        product_id=ids.product_id,
        variant_id=ids.variant_id or (product.variant_id if product else None),
        inventory_item_id=ids.inventory_item_id or (product.inventory_item_id if product else None),
        form=form,
        listing_hash=hashes[0],
        stock_hash=hashes[1],
        stock=dict(send.listing.stock) if send.action == "created" else dict(product.stock if product else {}),
        kept=kept_of(part),
        left_out=send.listing.left_out,
        on_channel=product.on_channel if product is not None else False,
        image=sent_image(part.image),
        change=None
        if is_nothing(part)
        else {
            "action": send.action,
            "changes": shown_changes(send),
            "before": dict(before.form) if before is not None else None,
        },
        store_updated_at=ids.updated_at,
    )


def is_nothing(part: Prepared) -> bool:
    """True if nothing changes after all: a new URL of the same picture."""
    send = part.verdict
    return isinstance(send, Send) and part.variables is None and not send.stock


def sent_image(picture: Picture | None) -> SentImage | None:
    """The picture as the product's row stores it."""
    return None if picture is None else SentImage(url=picture.url, sha256=picture.sha256, code=picture.code)


def kept_of(part: Prepared) -> dict[str, Any]:
    """Tags and metafields that others added, so that an undo can distinguish them from ours."""
    if part.whole is None:
        if part.intent is not None and part.intent.kept:
            return dict(part.intent.kept)
        return dict(part.product.kept) if part.product is not None else {}
    ours = {(each.namespace, each.key) for each in _listing(part).metafields}
    ours.add((_listing(part).custom_id_namespace, _listing(part).custom_id_key))
    tags = {tag.lower() for tag in _listing(part).tags} | set(_earlier_tags(part.product))
    earlier = {(space, key) for space, key, *_ in _earlier_metafields(part.product)}
    return {
        "tags": [tag for tag in part.whole.get("tags") or () if str(tag).lower() not in tags],
        "metafields": [
            [each["namespace"], each["key"], each["type"], each["value"]]
            for each in nodes(part.whole, "metafields")
            if (each["namespace"], each["key"]) not in ours | earlier
        ],
        "media": max(0, len(nodes(part.whole, "media")) - 1),
        "media_ids": observing.other_media(part.product, part.whole),
    }


def _listing(part: Decided) -> Listing:
    assert isinstance(part.verdict, Send)  # noqa: S101 - lists are read for what is sent only
    return part.verdict.listing


def _earlier_tags(product: StoreProduct | None) -> list[str]:
    form = product.form if product is not None else None
    return [str(tag).lower() for tag in (form or {}).get("tags", ())]


def _earlier_metafields(product: StoreProduct | None) -> Sequence[Sequence[str]]:
    form = product.form if product is not None else None
    return (form or {}).get("metafields", ())
