"""Starts the comparison of the whole store once a day; workers carry it out like one that a person starts."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify import current_store, products, store_snapshot_rows

ACTOR: Final = "housekeeping"


def start(work: Work, *, due_since: datetime) -> bool:
    """Start a comparison of the current store. False if there was one since it fell due, or nothing is published.

    Args:
        work: the transaction.
        due_since: the latest moment at which one was due, whether or not a worker ran then.
    """
    shop = current_store.read(work)
    newest = store_snapshot_rows.newest(work)
    if shop is None or (newest is not None and newest.created_at >= due_since):
        return False
    if not products.count_live(work, most=1):
        return False
    return store_snapshot_rows.add(work, shop=shop, actor=ACTOR) is not None
