"""Compares a snapshot of the store with what was published, a few hundred products per step.

A product that the hub has changed since the snapshot was taken is skipped, because the snapshot does not show the
change. One
that is missing from the snapshot is read once more before it counts as deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.shopify import observing, products, sold_pieces
from boeing_data_hub.shopify import store_snapshot_rows as snapshot_rows
from boeing_data_hub.shopify.observed import Observed, Seen
from boeing_data_hub.shopify.publications import StoreFacts, StoreProduct
from boeing_data_hub.shopify.row_lease import Taken
from boeing_data_hub.shopify.store_products import SURVEYED_AT_ONCE
from boeing_data_hub.shopify.store_snapshot import SnapshotProduct, StoreSnapshot
from boeing_data_hub.shopify.storefront import Storefront

_AT_ONCE: Final = 500


class Comparison:
    """Compares.

    Args:
        database: the rows.
        storefront: looks for products that a snapshot lacks.
    """

    def __init__(self, database: Database, storefront: Storefront) -> None:
        self._database = database
        self._storefront = storefront

    def step(self, taken: Taken[StoreSnapshot], facts: StoreFacts, taken_at: datetime) -> bool:
        """Compare the next products. False if all are compared.

        Raises:
            HubError: as `ShopifyClient.run`.
            LeaseLostError: another worker has the snapshot now.
        """
        snapshot = taken.row

        def load(work: Work) -> tuple[dict[str, StoreProduct], dict[str, SnapshotProduct]]:
            rows = products.to_compare(work, facts.shop, taken_at=taken_at, after=snapshot.reached, limit=_AT_ONCE)
            wanted = [row.product_id for row in rows.values() if row.product_id is not None]
            return rows, snapshot_rows.by_id(work, snapshot.id, wanted)

        rows, there = self._database.run(load, patience=20)
        if not rows:
            return False
        found = self._compared(rows, there, facts)

        def save(work: Work) -> None:
            told = {sku: [one.as_json() for one in each.differences] for sku, each in found.items()}
            kept = products.note_compared(work, facts.shop, told, taken_at=taken_at)
            pieces = {sku: each for sku in kept if (each := found[sku].pieces) is not None}
            counts = self._storefront.policy.drift.stock == "left"
            sold_pieces.seen(work, facts.shop, pieces, counts=counts)
            gone = [sku for sku in kept if any(one.field == "deleted" for one in found[sku].differences)]
            products.mark_missing(work, facts.shop, gone)
            differing = sum(bool(found[sku].differences) for sku in kept)
            snapshot_rows.advance(work, snapshot, reached=max(rows), compared=len(kept), differing=differing)

        taken.save(save)
        return True

    def _compared(
        self, rows: Mapping[str, StoreProduct], there: Mapping[str, SnapshotProduct], facts: StoreFacts
    ) -> dict[str, Seen]:
        policy = self._storefront.policy.drift
        missing = [each.product_id for each in rows.values() if each.product_id and each.product_id not in there]
        again: dict[str, Observed | None] = {}
        for start in range(0, len(missing), SURVEYED_AT_ONCE):
            again |= self._storefront.seen(missing[start : start + SURVEYED_AT_ONCE], by_id=True)
        told: dict[str, Seen] = {}
        for sku, row in rows.items():
            product = there.get(row.product_id or "")
            if product is not None:
                pieces = _pieces(row, product, facts)
                told[sku] = Seen(observing.differences(row, product.observed, policy, pieces), pieces)
            elif (seen := again.get(row.product_id or "")) is not None:
                told[sku] = Seen(observing.differences(row, seen, policy))
            else:
                told[sku] = Seen((observing.deleted(policy),))
        return told


def _pieces(row: StoreProduct, product: SnapshotProduct, facts: StoreFacts) -> Mapping[str, int] | None:
    """Pieces by our names of locations; None where more than one variant makes the sum meaningless."""
    if len(product.variants) != 1:
        return None
    return observing.by_name(row, product.variants[0].levels, facts.location_ids)
