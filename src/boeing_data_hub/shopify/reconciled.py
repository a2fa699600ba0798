"""What the store has of a part for which nothing was sent: an earlier call succeeded without an answer, or the product
is up to date. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from boeing_data_hub.shopify.diff import compare
from boeing_data_hub.shopify.journey import Loaded
from boeing_data_hub.shopify.publications import Confirmed, Intent, StoreProduct
from boeing_data_hub.shopify.snapshot import listing_hash, listing_of, stock_hash


def created(product: StoreProduct, intent: Intent, *, on_channel: bool) -> Confirmed:
    """What the store has after a creation without an answer turned out to have succeeded.

    Args:
        product: with the ids that were found.
        intent: what was sent.
        on_channel: the sales channel takes new products by itself.
    """
    assert product.product_id is not None  # noqa: S101 - it was found
    wanted = listing_of(intent.form)
    return Confirmed(
        sku=product.sku,
        batch_id=intent.batch_id,
        state="live",
        product_id=product.product_id,
        variant_id=product.variant_id,
        inventory_item_id=product.inventory_item_id,
        form=dict(intent.form),
        listing_hash=listing_hash(wanted),
        stock_hash=stock_hash(wanted),
        stock=dict(intent.stock),
        kept=intent.kept,
        left_out=intent.left_out,
        on_channel=on_channel,
        image=intent.image,
        change={"action": "created", "changes": [], "before": None},
    )


def carried_out(product: StoreProduct, intent: Intent, form: Mapping[str, Any], stock: Mapping[str, int]) -> Confirmed:
    """What the store has after an update without an answer turned out to have succeeded.

    Args:
        product: as known before.
        intent: what was sent.
        form: the listing in the store now.
        stock: pieces by location as set now.
    """
    assert product.product_id is not None  # noqa: S101 - only what is known is updated
    listing = listing_of(form)
    before = dict(product.form) if product.form is not None else None
    changes = compare(listing, product.published)
    return Confirmed(
        sku=product.sku,
        batch_id=intent.batch_id,
        state="archived" if listing.status == "ARCHIVED" else "live",
        product_id=product.product_id,
        variant_id=product.variant_id,
        inventory_item_id=product.inventory_item_id,
        form=form,
        listing_hash=listing_hash(listing),
        stock_hash=stock_hash(listing),
        stock=stock,
        kept=product.kept,
        left_out=product.left_out,
        on_channel=product.on_channel,
        change={"action": "updated", "changes": [*changes.changes, *changes.stock], "before": before},
    )


def unchanged(part: Loaded) -> Confirmed | None:
    """What is known of a part that is up to date; None if nothing is."""
    product = part.product
    if product is None or product.form is None or product.product_id is None:
        return None
    return Confirmed(
        sku=part.sku,
        batch_id=product.batch_id or part.item.batch_id,
        state=product.state,
        product_id=product.product_id,
        variant_id=product.variant_id,
        inventory_item_id=product.inventory_item_id,
        form=product.form,
        listing_hash=product.listing_hash or "",
        stock_hash=product.stock_hash or "",
        stock=product.stock,
        kept=product.kept,
        left_out=product.left_out,
        on_channel=product.on_channel,
    )


def as_learned(product: StoreProduct, learnt: Confirmed) -> StoreProduct:
    """Our row, with what was learned of the product."""
    image = learnt.image
    return replace(
        product,
        state=learnt.state,
        form=learnt.form,
        listing_hash=learnt.listing_hash,
        stock_hash=learnt.stock_hash,
        stock=learnt.stock,
        kept=learnt.kept,
        left_out=learnt.left_out,
        on_channel=learnt.on_channel,
        image_sha256=image.sha256 if image else product.image_sha256,
        image_url=image.url if image else product.image_url,
        image_code=image.code if image else product.image_code,
        image_media_id=None if image else product.image_media_id,
        intent=learnt.intent,
        batch_id=learnt.batch_id,
    )


def needs_looking(part: Loaded) -> bool:
    """True if the store must be asked by custom id: the outcome of a call is unknown, or the result of a bulk operation
    lacks the inventory item.
    """
    product = part.product
    if product is None:
        return False
    lacks_item = product.published is not None and product.inventory_item_id is None
    return product.product_id is None or lacks_item or may_be_overwritten(part)


def may_be_overwritten(part: Loaded) -> bool:
    """True if a creation without an answer may have reached the store after the product was published by another
    worker: it sets every field, and the stock, so that nothing of what we know of the product is certain.
    """
    product = part.product
    return (
        part.item.undo_of is None
        and product is not None
        and product.published is not None
        and product.intent is not None
        and product.intent.action == "created"
    )


def to_be_ended(part: Loaded) -> bool:
    """True if its batch was cancelled while an update of this batch is in doubt."""
    product = part.product
    return (
        part.item.cancelled
        and part.outcome is None
        and product is not None
        and product.published is not None
        and product.intent is not None
        and product.intent.action == "updated"
        and product.intent.batch_id == part.item.batch_id
    )


def call_pending(part: Loaded) -> UUID | None:
    """The key of the inventory call of the part's product that has no answer yet."""
    product = part.product
    if part.outcome is not None or product is None or product.form is None or product.intent is None:
        return None
    return product.intent.stock_call


def says_otherwise(intent: Intent, product: StoreProduct) -> bool:
    """True if the intent changes more than stock, so that the product's fields are in doubt."""
    form = product.form or {}
    return any(value != form.get(name) for name, value in intent.form.items() if name != "stock")
