"""Claims whose worker fell silent: their parts are free again, and one that kills every worker is set aside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from boeing_data_hub.model.publications import ItemMoves
from boeing_data_hub.store import batches, intents, orphans, products, publishing
from boeing_data_hub.store.work import Work

WORKER_LOST: Final = (
    "Every worker that published this part stopped, each time. It was given up, so that the others can go on. Look "
    "into the workers' logs, then retry it."
)


def lost_lease(work: Work, skus: Sequence[str], *, most: int) -> None:
    """Account for parts whose worker died under them: what was sent is found out by the next claim.

    One that kills its worker again and again, alone in the end, must not do so for ever: after `most` deaths it fails,
    and whatever it may have left in the store is taken out.
    """
    own = [sku for sku in skus if not sku.startswith("run:")]
    poison = publishing.lost(work, own, most=most)
    for shop, sku in intents.never_seen(work, [sku for item in poison for sku in item.skus]):
        orphans.add(work, shop, sku=sku, product_id=None, reason=WORKER_LOST, batch_id=poison[0].batch_id)
        products.lose(work, shop, [sku])
    moves = ItemMoves()
    moves.failed.extend((item.batch_id, item.position, None, "worker_lost", WORKER_LOST) for item in poison)
    batches.move_counts(work, publishing.settle(work, moves))
