"""Leftover products: what a part that failed for good left in the store is deleted, however long it takes."""

from __future__ import annotations

from typing import Final

import structlog

from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.errors import HubError, PauseUpstream, Retry
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.shopify import leftover_products, outcomes
from boeing_data_hub.shopify.failures import UserErrors
from boeing_data_hub.shopify.leftover_products import Orphan
from boeing_data_hub.shopify.publications import StoreFacts
from boeing_data_hub.shopify.repeatable_calls import AsksStore
from boeing_data_hub.shopify.row_lease import Taken, Taking
from boeing_data_hub.shopify.storefront import Storefront
from boeing_data_hub.work.leases import LeaseLostError

log = structlog.get_logger(__name__)

_RETRY: Final = RetryPolicy(first=2.0, longest=3600.0)  # without an end: the hub must not leave the product behind


class Compensation:
    """Deletes leftover products, one at a time, under the lease of their SKU: a newer publishing of the part wins."""

    def __init__(
        self,
        *,
        database: Database,
        client: AsksStore,
        storefront: Storefront,
        taking: Taking,
    ) -> None:
        self._database = database
        self._client = client
        self._storefront = storefront
        self._taking = taking

    def work(self, facts: StoreFacts) -> bool:
        """Delete one leftover product that is due. False when none is due.

        Raises:
            Retry: the store cannot be reached.
            PauseUpstream: the store refuses every call.
            LeaseLostError: the lease expired meanwhile: another worker has the SKU now, and nothing was written.
        """
        with self._taking.next(
            lambda work: leftover_products.next_due(work, facts.shop), held_as=lambda orphan: orphan.sku
        ) as taken:
            if taken is None:
                return False
            orphan = taken.row
            deleted: list[str] = []
            try:
                self._delete(taken, deleted)
                taken.save(lambda work: leftover_products.gone(work, facts.shop, orphan))
                log.info("deleted a leftover product", sku=orphan.sku)
            except LeaseLostError:
                # The delete went out while the lease was held and was answered late: the part may have been published
                # again as this very product, so what the rows say of it is no longer true.
                self._database.run(lambda work: leftover_products.deleted(work, facts.shop, deleted), patience=60)
                raise
            except HubError as error:
                wait, message = _RETRY.wait(orphan.attempts + 1), error.message
                taken.save(lambda work: leftover_products.postpone(work, orphan.id, seconds=wait, error=message))
                log.warning(
                    "could not delete a leftover product", sku=orphan.sku, code=error.code, attempts=orphan.attempts
                )
                if outcomes.affects_every_call(error) and isinstance(error, Retry | PauseUpstream):
                    raise
        return True

    def _delete(self, taken: Taken[Orphan], deleted: list[str]) -> None:
        """Delete it by its id, and any product with its custom id: the call that created it may have ended late.

        Args:
            taken: the leftover product.
            deleted: the ids of the products that were deleted are appended to it.
        """
        orphan = taken.row
        ids = [orphan.product_id] if orphan.product_id else []
        found = self._storefront.find(orphan.sku)
        if found is not None and found["product_id"] not in ids:
            ids.append(found["product_id"])
        for product_id in ids:
            try:
                self._client.run("product_delete", {"input": {"id": product_id}}, keep_going=taken.is_ours)
                deleted.append(product_id)
            except UserErrors as refused:
                if not any("does not exist" in each.message for each in refused.errors):
                    raise
