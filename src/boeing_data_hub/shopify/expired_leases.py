"""Expired leases: their parts are due again, and a part that crashes every worker is set aside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify import intents, leftover_products, products, publish_items
from boeing_data_hub.shopify.adopting import HELD
from boeing_data_hub.shopify.item_moves import failed
from boeing_data_hub.work import batches

WORKER_LOST: Final = (
    "Every worker that tried to publish this part stopped, so it was set aside. Check the workers' logs, then retry it."
)


def lost_lease(work: Work, skus: Sequence[str], *, most: int) -> None:
    """Account for parts whose worker crashed; the next claim finds out what was sent.

    A part that crashes `most` workers, finally alone, fails, and what it may have left in the store is removed.
    """
    if HELD in skus:
        return
    own = [sku for sku in skus if not sku.startswith(("run:", "job:"))]
    poison = publish_items.lost(work, own, most=most)
    for one in intents.never_seen(work, [sku for item in poison for sku in item.skus]):
        leftover_products.add(
            work, one.shop, sku=one.sku, product_id=None, reason=WORKER_LOST, batch_id=poison[0].batch_id
        )
        products.lose(work, one.shop, [one.sku])
    moves = [failed(item, "worker_lost", WORKER_LOST) for item in poison]
    batches.move_counts(work, publish_items.settle(work, moves))
