"""Leftover products: what a part that failed for good left in the store is deleted, however long it takes."""

from __future__ import annotations

from typing import Final

import structlog

from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.errors import HubError
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.shopify import leftover_products
from boeing_data_hub.shopify.effects import EffectKind, Effects
from boeing_data_hub.shopify.failures import UserErrors
from boeing_data_hub.shopify.leftover_products import Orphan
from boeing_data_hub.shopify.publications import StoreFacts
from boeing_data_hub.shopify.repeatable_calls import AsksStore
from boeing_data_hub.shopify.row_lease import Taken
from boeing_data_hub.shopify.storefront import Storefront
from boeing_data_hub.work.leases import LeaseLostError

log = structlog.get_logger(__name__)

_RETRY: Final = RetryPolicy(first=2.0, longest=3600.0)  # without an end: the hub must not leave the product behind


class Leftovers:
    """Deletes leftover products, one at a time, under the lease of their SKU: a newer publishing of the part wins.

    Args:
        database: the rows.
        client: calls the store.
        storefront: reads the store.
        effects: the loop.
    """

    def __init__(self, *, database: Database, client: AsksStore, storefront: Storefront, effects: Effects) -> None:
        self._database = database
        self._client = client
        self._storefront = storefront
        self._effects = effects
        self._kind: EffectKind[Orphan] = EffectKind(
            name="a leftover product",
            next_due=lambda work, facts: leftover_products.next_due(work, facts.shop),
            held_as=lambda row: row.sku,
            carry_out=self._carry_out,
            retry=lambda _row: _RETRY,
            put_off=lambda work, _facts, row, later: leftover_products.put_off(
                work, row.id, wait=later.wait, attempts=later.attempts, error=later.note
            ),
        )

    def work(self, facts: StoreFacts) -> bool:
        """Delete one leftover product that is due. Returns and raises as `Effects.take_one`."""
        return self._effects.take_one(self._kind, facts)

    def _carry_out(self, taken: Taken[Orphan], facts: StoreFacts) -> None:
        row = taken.row
        deleted: list[str] = []
        try:
            self._delete(taken, deleted)
            taken.save(lambda work: leftover_products.gone(work, facts.shop, row))
        except (LeaseLostError, HubError):
            # A delete that went out while the lease was held may be answered late: if the part was published again as
            # this very product meanwhile, what the rows say of it is no longer true.
            if deleted:
                self._database.run(lambda work: leftover_products.deleted(work, facts.shop, deleted), patience=60)
            raise
        log.info("deleted a leftover product", sku=row.sku)

    def _delete(self, taken: Taken[Orphan], deleted: list[str]) -> None:
        """Delete it by its id, and any product with its custom id: the call that created it may have ended late.

        Args:
            taken: the leftover product.
            deleted: the ids of the products that were deleted are appended to it.
        """
        row = taken.row
        ids = [row.product_id] if row.product_id else []
        found = self._storefront.find(row.sku)
        if found is not None and found.product_id not in ids:
            ids.append(found.product_id)
        for product_id in ids:
            taken.prove()
            try:
                self._client.run("product_delete", {"input": {"id": product_id}}, keep_going=taken.is_ours)
                deleted.append(product_id)
            except UserErrors as refused:
                if not any("does not exist" in each.message for each in refused.errors):
                    raise
