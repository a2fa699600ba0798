"""What is in the store of a part that nothing was sent for just now: an earlier call turned out to have been carried
out, or all is as it should be. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boeing_data_hub.model.publications import Confirmed, Intent, StoreProduct
from boeing_data_hub.publishing.decisions import changes_as_json
from boeing_data_hub.publishing.difference import compare
from boeing_data_hub.publishing.forms import listing_hash, listing_of, stock_hash
from boeing_data_hub.publishing.jobs import Job


def created(product: StoreProduct, intent: Intent, *, on_channel: bool) -> Confirmed:
    """What is in the store after a product of ours was found that we had not heard of since we sent it.

    Args:
        product: with the ids it was found under.
        intent: what was sent.
        on_channel: products come onto the sales channel by themselves.
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
    """What is in the store after an update of whose answer we had not heard turned out to have been carried out.

    Args:
        product: as known before.
        intent: what was sent.
        form: the listing that is there now.
        stock: pieces as they are set now.
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
        change={"action": "updated", "changes": changes_as_json(changes.changes, changes.stock), "before": before},
    )


def unchanged(job: Job) -> Confirmed | None:
    """What is known of a part that is as it should be, for what may follow."""
    product = job.product
    if product is None or product.form is None or product.product_id is None:
        return None
    return Confirmed(
        sku=job.sku,
        batch_id=product.batch_id or job.item.batch_id,
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
