"""Reads the products that webhooks name, so that a change by hand is known within seconds, without a full check.

What counts is what the store has at the time of the read. So late, repeated and reordered webhooks do no harm, and many
webhooks about one product cause one read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, Literal

import structlog

from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import HubError, PauseUpstream, RateLimited
from boeing_data_hub.shopify import products, sold_pieces, webhook_rows
from boeing_data_hub.shopify.observation import Observation
from boeing_data_hub.shopify.outcomes import affects_every_call
from boeing_data_hub.shopify.publications import StoreFacts, StoreProduct
from boeing_data_hub.shopify.store_products import SURVEYED_AT_ONCE
from boeing_data_hub.shopify.storefront import Storefront
from boeing_data_hub.shopify.webhook_rows import DueWebhook
from boeing_data_hub.shopify.webhooks import UNINSTALLED

log = structlog.get_logger(__name__)

_TAKEN: Final = 2_000  # webhooks at once: a burst about one product is settled by one read
_HELD: Final = 300.0  # seconds after which those of a worker that was killed are taken again
_PATIENCE: Final = 60.0  # seconds that webhooks wait while parts are published
_BUSY: Final = 25  # products read then: one call, so that publishing hardly slows down
_OWN: Final = 20.0  # seconds until those that seem to be about the hub's own writes are read, all in one query
_SENT: Final = 5.0  # seconds until a product that the hub itself is changing is read again
_FAILED: Final = 30.0


class WebhookReads:
    """Turns received webhooks into reads of the store.

    Args:
        database: the rows.
        observation: reads products.
        storefront: caches facts of the store.
    """

    def __init__(self, *, database: Database, observation: Observation, storefront: Storefront) -> None:
        self._database = database
        self._observation = observation
        self._storefront = storefront

    def note_store(self) -> None:
        """Act on webhooks about the app's access and the store's locations: its facts are read again.

        Raises:
            PauseUpstream: `app_uninstalled`: the store says that the app was removed from it.
        """
        due = self._database.run(webhook_rows.about_store, patience=20)
        if not due:
            return
        self._storefront.forget()
        self._database.run(lambda work: webhook_rows.finish(work, list(due)), patience=20)
        if UNINSTALLED in due.values():
            raise PauseUpstream(
                "Shopify reported that the app was uninstalled from the store. Nothing is lost; publishing waits. "
                "Install the app again (Dev Dashboard > the app > Install), then run `bdh store setup`.",
                code="app_uninstalled",
            )

    def work(self, facts: StoreFacts, *, busy: bool) -> bool:
        """Read up to a hundred products that webhooks name. False when no webhook is due.

        Args:
            facts: of the store.
            busy: parts are waiting, so only webhooks that have waited long get a turn.

        Raises:
            HubError: an error that concerns every call to the store.
        """
        waited = _PATIENCE if busy else 0.0
        taken = self._database.run(
            lambda work: webhook_rows.take(work, facts.shop, waited=waited, held=_HELD, most=_TAKEN), patience=20
        )
        if not taken:
            return False
        skus = sorted({webhook.sku for webhook in taken if webhook.sku is not None})
        rows = self._database.run(lambda work: products.known(work, facts.shop, skus), patience=20)
        of_sku: dict[str, list[str]] = {}
        changed: set[str] = set()
        settled: list[str] = []
        waiting: list[str] = []
        for webhook in taken:
            row = rows.get(webhook.sku or "")
            need = "none" if webhook.sku is None or row is None else read_needed(webhook, row, facts)
            if webhook.sku is None or need == "none":
                settled.append(webhook.webhook_id)
            elif need == "later" and webhook.age < _OWN:
                waiting.append(webhook.webhook_id)
            else:
                of_sku.setdefault(webhook.sku, []).append(webhook.webhook_id)
                changed |= {webhook.sku} if need == "now" else set()
        self._database.run(lambda work: webhook_rows.put_off(work, waiting, wait=_OWN), patience=60)
        self._look(facts, of_sku, changed, settled, most=_BUSY if busy else SURVEYED_AT_ONCE)
        return True

    def _look(
        self,
        facts: StoreFacts,
        of_sku: Mapping[str, list[str]],
        changed: Collection[str],
        settled_before: list[str],
        *,
        most: int,
    ) -> None:
        """Read products. Those that have changed just now are read by id, as the search may not know it yet."""
        chosen = sorted(of_sku, key=lambda sku: sku not in changed)[:most]
        rows = self._database.run(lambda work: products.known(work, facts.shop, chosen), patience=20)
        quiet = {sku: row for sku, row in rows.items() if row.intent is None}
        try:
            told = self._observation.differing(quiet, facts, changed=changed)
        except HubError as error:
            all_ids = [*settled_before, *(each for ids in of_sku.values() for each in ids)]
            wait = 1.0 if isinstance(error, RateLimited) else _FAILED
            self._database.run(lambda work: webhook_rows.put_off(work, all_ids, wait=wait), patience=60)
            log.warning("products named by webhooks could not be read", code=error.code)
            if affects_every_call(error):
                raise
            return

        def step(work: Work) -> None:
            settled = products.unchanged(work, facts.shop, quiet)
            seen = {sku: found for sku, found in told.items() if sku in settled}
            sold_pieces.seen(
                work,
                facts.shop,
                {sku: found.pieces for sku, found in seen.items() if found.pieces is not None},
                counts=self._observation.counts_sales,
            )
            now = {sku: found.differences for sku, found in seen.items()}
            products.note_look(work, facts.shop, {sku: [one.as_json() for one in each] for sku, each in now.items()})
            gone = [sku for sku, each in now.items() if any(one.field == "deleted" for one in each)]
            products.mark_missing(work, facts.shop, gone)
            webhook_rows.finish(work, [*settled_before, *(each for sku in settled for each in of_sku[sku])])
            again = [each for sku in chosen if sku not in settled for each in of_sku[sku]]
            webhook_rows.put_off(work, again, wait=_SENT)
            rest = [each for sku, ids in of_sku.items() if sku not in chosen for each in ids]
            webhook_rows.put_off(work, rest, wait=0.0)

        self._database.run(step, patience=60)


def read_needed(webhook: DueWebhook, product: StoreProduct, facts: StoreFacts) -> Literal["now", "later", "none"]:
    """True if a webhook says more than the hub knows from its own last write. A product that changed no later than
    that write was most likely changed by it, so its read can wait for others. It is not skipped: the store's times
    have no fractions, and a person may have changed it just before.
    """
    if product.intent is not None or webhook.topic == "products/delete":
        return "now"
    if webhook.topic == "products/update":
        written = product.store_updated_at
        is_later = written is None or webhook.changed_at is None or webhook.changed_at > written
        return "now" if is_later else "later"
    if webhook.location_id is None or webhook.available is None or product.differences or product.counted:
        return "now"
    here = {
        name: pieces for name, pieces in product.stock.items() if facts.location_ids.get(name) == webhook.location_id
    }
    return "none" if here and sum(here.values()) == webhook.available else "now"
