"""Reads what the store has of known products, before anything is decided or sent.

One query reads a hundred products, for about a point each. Stock levels are only read if the total of all locations
differs from the one we last set.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from threading import Event

import structlog

from boeing_data_hub import telemetry
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import HubError, Reject
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.shopify import lookups, observing, products, sales, sold_pieces
from boeing_data_hub.shopify.journey import Advanced, Loaded, NotDone, Reconciled, advanced_all
from boeing_data_hub.shopify.observed import Observed, Seen
from boeing_data_hub.shopify.outcomes import affects_every_call, failed
from boeing_data_hub.shopify.publications import StoreFacts, StoreProduct
from boeing_data_hub.shopify.row_lease import Saves
from boeing_data_hub.shopify.store_products import SURVEYED_AT_ONCE
from boeing_data_hub.shopify.storefront import Storefront

log = structlog.get_logger(__name__)


class Observation:
    """Reads our products in the store.

    Args:
        storefront: reads the store.
        threads: for several queries at a time.
        rules: how often a part is tried.
    """

    def __init__(self, storefront: Storefront, threads: Executor, rules: RetryPolicy) -> None:
        self._storefront = storefront
        self._threads = threads
        self._rules = rules

    @property
    def counts_sales(self) -> bool:
        """Whether pieces that are missing in the store were sold; by policy, they may be a mistake to be corrected."""
        return self._storefront.policy.drift.stock == "left"

    def look(self, parts: Mapping[str, Loaded], facts: StoreFacts, *, save: Saves | None) -> Advanced[Reconciled]:
        """Read these parts' known products in the store.

        A deleted product is no longer known: it is searched for by its custom id, and created again unless the policy
        leaves it deleted.

        Args:
            parts: of a claim.
            facts: of the store.
            save: saves what was seen, unless another worker has the parts by now; None: nothing is saved.

        Raises:
            LeaseLostError: another worker has them.
        """
        after = advanced_all(Reconciled, parts)
        fresh = self._storefront.policy.drift.seen_seconds
        known = {
            part.product.product_id: part
            for part in after.values()
            if part.product and is_known(part) and not _was_seen(part.product, fresh)
        }
        if not known:
            return Advanced(after)
        try:
            seen = self._read([product_id for product_id in known if product_id is not None])
        except Reject as refused:  # changes are still sent, but no part counts as unchanged
            log.warning("the store's products could not be read", code=refused.code)
            return Advanced({**after, **{part.sku: replace(part, error=refused) for part in known.values()}})
        except HubError as error:
            after |= {part.sku: failed(part, error, self._rules, nothing_sent=True) for part in known.values()}
            return Advanced(after, error if affects_every_call(error) else None)
        stopped = Event()

        pieces: dict[str, Mapping[str, int] | None] = {}

        def compare(product_id: str) -> Reconciled:
            part = known[product_id]
            compared, pieces[part.sku] = self._compared(part, seen[product_id], facts, stopped)
            return compared

        compared = list(self._threads.map(telemetry.carried(compare), seen))
        if save is not None:
            rows = {part.sku: part.product for part in known.values() if part.product is not None}
            save(self._kept(facts.shop, compared, rows, pieces))
        after |= {part.sku: part for part in compared}
        stops = (part.error for part in compared if part.error is not None and affects_every_call(part.error))
        return Advanced(after, next(stops, None))

    def differing(
        self, rows: Mapping[str, StoreProduct], facts: StoreFacts, *, changed: Collection[str] = ()
    ) -> dict[str, Seen]:
        """How the store differs from what we last set, for each of these rows, by SKU. Saves nothing.

        Args:
            rows: by SKU.
            facts: of the store.
            changed: SKUs that have changed just now: each is read by its id, for some points, because the search does
                not know the latest changes yet.

        Raises:
            HubError: as `ShopifyClient.run`.
        """
        asked: dict[bool, list[str]] = {True: [], False: []}
        for sku, row in rows.items():
            if row.product_id is not None:
                asked[sku in changed].append(row.product_id)
        seen = self._read(asked[True], by_id=True) | self._read(asked[False])
        policy = self._storefront.policy.drift
        told: dict[str, Seen] = {}
        for sku, row in rows.items():
            found = seen.get(row.product_id or "")
            if row.product_id is None or row.form is None:
                continue
            if found is None:
                told[sku] = Seen((observing.deleted(policy),))
            else:
                pieces = self._pieces(row, found, facts)
                told[sku] = Seen(observing.differences(row, found, policy, pieces), pieces)
        return told

    def _read(self, product_ids: Sequence[str], *, by_id: bool = False) -> dict[str, Observed | None]:
        some = [product_ids[at : at + SURVEYED_AT_ONCE] for at in range(0, len(product_ids), SURVEYED_AT_ONCE)]
        found: dict[str, Observed | None] = {}
        seen = partial(self._storefront.seen, by_id=by_id)
        for answer in self._threads.map(telemetry.carried(seen), some):
            found |= answer
        return found

    def _compared(
        self, part: Reconciled, found: Observed | None, facts: StoreFacts, stopped: Event
    ) -> tuple[Reconciled, Mapping[str, int] | None]:
        """The part as the store has it, and its pieces there by our names of locations; None: unknown."""
        product, policy = part.product, self._storefront.policy.drift
        assert product is not None  # noqa: S101 - see `is_known`
        if found is None and not policy.recreate:
            outcome = NotDone("blocked", "deleted_in_store", observing.LEFT_DELETED)
            return replace(part, differing=(observing.deleted(policy),), outcome=outcome), None
        if found is None:
            remarks = (*part.remarks, observing.RECREATED)
            gone, differing = observing.gone(product), (observing.deleted(policy),)
            return replace(part, product=gone, differing=differing, remarks=remarks), None
        try:
            pieces = None if stopped.is_set() else self._pieces(product, found, facts)
        except HubError as error:
            if affects_every_call(error):
                stopped.set()
            return failed(part, error, self._rules, nothing_sent=True), None
        differing = observing.differences(product, found, policy, pieces)
        return replace(part, seen=found, differing=differing, product=observing.as_there(product, differing)), pieces

    def _kept(
        self,
        shop: str,
        compared: Sequence[Reconciled],
        rows: Mapping[str, StoreProduct],
        pieces: Mapping[str, Mapping[str, int] | None],
    ) -> Callable[[Work], None]:
        """A step that saves what was seen, with differences and pictures, and forgets the ids of lost products.

        Pieces count as sold unless another worker has read the product since, or the hub has changed it.
        """
        looked = {part.sku: part.differing for part in compared if part.seen is not None or part.differing}
        ready = [part.sku for part in compared if part.product and part.seen and _is_ready(part.product, part.seen)]
        lost = [part.sku for part in compared if part.product is not None and part.product.product_id is None]
        moved = {
            sku: there
            for sku, there in pieces.items()
            if there is not None and sales.moved(rows[sku].stock, rows[sku].counted, there)
        }
        counts = self.counts_sales

        def step(work: Work) -> None:
            if moved:
                same = products.unchanged(work, shop, {sku: rows[sku] for sku in moved})
                sold_pieces.seen(work, shop, {sku: moved[sku] for sku in same}, counts=counts)
            products.note_look(work, shop, {sku: [each.as_json() for each in found] for sku, found in looked.items()})
            products.pictures_ready(work, shop, ready)
            if lost:
                products.lose(work, shop, lost)
                lookups.forget(work, shop, lost)

        return step

    def _pieces(self, product: StoreProduct, seen: Observed, facts: StoreFacts) -> Mapping[str, int] | None:
        """Its pieces in the store by our names of locations; None where they cannot be compared."""
        as_set = observing.stock_as_set(product, seen)
        if as_set is None or seen.inventory_item_id is None:
            return None
        if as_set:
            return product.stock
        levels = self._storefront.levels(seen.inventory_item_id)
        return None if levels is None else observing.by_name(product, levels, facts.location_ids)


def is_known(part: Loaded) -> bool:
    """True if the part is about a product that we know to be in the store, and not in the middle of changing it."""
    product = part.product
    return (
        product is not None
        and product.published is not None
        and product.intent is None
        and part.outcome is None
        and part.item.undo_of is None
        and not part.item.cancelled
        and part.earlier is None
        and part.staged is not None
    )


def _was_seen(product: StoreProduct, within: float) -> bool:
    """True if a recent check showed no difference, and no picture is being watched."""
    seen = product.looked_age is not None and product.looked_age < within
    return seen and not product.differences and product.media_state is None


def _is_ready(product: StoreProduct, seen: Observed) -> bool:
    return product.media_state is not None and observing.picture_ready(product, seen)
