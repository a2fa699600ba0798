"""Products that came into the store for a part that then failed for good are taken out again, however long it takes."""

from __future__ import annotations

from typing import Final

import structlog

from boeing_data_hub.errors import HubError, Retry, StopTheLine
from boeing_data_hub.model.publications import Orphan, StoreFacts
from boeing_data_hub.publishing import outcomes
from boeing_data_hub.publishing.patience import AsksStore
from boeing_data_hub.publishing.storefront import Storefront
from boeing_data_hub.publishing.taking import Taking
from boeing_data_hub.shopify.failures import UserErrors
from boeing_data_hub.store import orphans
from boeing_data_hub.store.work import Database

log = structlog.get_logger(__name__)

_LONGEST_WAIT: Final = 3600.0


class Compensation:
    """Deletes orphans, one at a time, under the lease of their SKU: a newer publishing of the part wins."""

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
        """Take care of one orphan that is due. False when none is.

        Raises:
            Retry: the store cannot be reached by anybody.
            StopTheLine: it refuses everybody.
        """
        with self._taking.next(
            lambda work: orphans.next_due(work, facts.shop), held_as=lambda orphan: orphan.sku
        ) as taken:
            if taken is None:
                return False
            orphan = taken.row
            try:
                self._delete(orphan)
                self._database.run(lambda work: orphans.gone(work, facts.shop, orphan), patience=60)
                log.info("an orphan is gone from the store", sku=orphan.sku)
            except HubError as error:
                self._postpone(orphan, error)
                log.warning("an orphan could not be deleted", sku=orphan.sku, code=error.code, attempts=orphan.attempts)
                if outcomes.stops_the_line(error) and isinstance(error, Retry | StopTheLine):
                    raise
        return True

    def _postpone(self, orphan: Orphan, error: HubError) -> None:
        wait = min(_LONGEST_WAIT, 2.0 * 2 ** min(orphan.attempts, 12))
        self._database.run(
            lambda work: orphans.postpone(work, orphan.id, seconds=wait, error=error.message), patience=60
        )

    def _delete(self, orphan: Orphan) -> None:
        """Delete it by its id, and whatever carries the custom id: the call that made it may have ended late."""
        ids = [orphan.product_id] if orphan.product_id else []
        found = self._storefront.find(orphan.sku)
        if found is not None and found["product_id"] not in ids:
            ids.append(found["product_id"])
        for product_id in ids:
            try:
                self._client.run("product_delete", {"input": {"id": product_id}})
            except UserErrors as refused:
                if not any("does not exist" in each.message for each in refused.errors):
                    raise
