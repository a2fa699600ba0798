"""The first step of a part: what our own rows say about it. Nothing is asked of the store."""

from __future__ import annotations

from collections.abc import Iterable

from boeing_data_hub.catalogue import staging
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify import conflict_rows, lookups, lost_calls, plans, products, publish_changes, reviews
from boeing_data_hub.shopify.journey import Loaded, UndoableChange
from boeing_data_hub.shopify.planned import Shown
from boeing_data_hub.shopify.publications import DueItem, StoreFacts
from boeing_data_hub.shopify.reconcile import SIGHTING_SECONDS


def load(work: Work, items: Iterable[DueItem], facts: StoreFacts) -> dict[str, Loaded]:
    """The parts of these items, with what our rows say about them."""
    by_sku = {sku: item for item in items for sku in item.skus}
    skus = list(by_sku)
    staged = staging.by_sku(work, skus)
    known = products.known(work, facts.shop, skus)
    seen = lookups.known(work, facts.shop, skus, younger_than=SIGHTING_SECONDS)
    accepted = conflict_rows.accepted(work, facts.shop, skus)
    answered = reviews.decided(work, facts.shop, skus)
    shown: dict[str, Shown] = {}
    for batch_id in {item.batch_id for item in by_sku.values() if item.planned}:
        own = [sku for sku, item in by_sku.items() if item.batch_id == batch_id]
        shown |= plans.digests(work, batch_id, own)
    undone: dict[str, UndoableChange] = {}
    for batch_id in {item.undo_of for item in by_sku.values() if item.undo_of is not None}:
        own = [sku for sku, item in by_sku.items() if item.undo_of == batch_id]
        undone |= publish_changes.of_batch(work, batch_id, skus=own)
    begun = [sku for sku, row in known.items() if row.batch_id == by_sku[sku].batch_id]
    done = lost_calls.done_by(work, [by_sku[sku].batch_id for sku in begun], begun) if begun else {}
    return {
        sku: Loaded(
            item,
            sku,
            staged=staged.get(sku),
            product=known.get(sku),
            in_store=seen.get(sku),
            accepted=accepted.get(sku, frozenset()),
            answered=answered.get(sku, {}),
            earlier=done.get((item.batch_id, sku)),
            plan=shown.get(sku),
            undo=undone.get(sku),
        )
        for sku, item in by_sku.items()
    }
