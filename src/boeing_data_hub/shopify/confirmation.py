"""What the store is known to have now, written to each of the five tables that it concerns."""

from __future__ import annotations

from collections.abc import Sequence

from boeing_data_hub.catalogue import staging
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify import leftover_products, products, publish_changes, sold_pieces
from boeing_data_hub.shopify.publications import Confirmed


def write_down(work: Work, shop: str, confirmed: Sequence[Confirmed]) -> None:
    """Save products, add to the history of changes, count sold pieces, keep what was to be deleted, mark staged parts.

    A product of which a deletion is due stays: a publish run uses it again.
    """
    if not confirmed:
        return
    # Before the new stock replaces the one that sales are counted from, and in its transaction: so once for each sale.
    sold_pieces.replaced(work, shop, {one.sku: one.found for one in confirmed if one.found})
    products.confirm(work, shop, confirmed)
    publish_changes.record(work, shop, confirmed)
    leftover_products.keep_of(work, shop, [one.sku for one in confirmed])
    staging.mark_published(work, [one.sku for one in confirmed if one.state == "live"])
    staging.mark_fetched(work, [one.sku for one in confirmed if one.state == "archived"])
