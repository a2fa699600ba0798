"""What publishing a part now would change in the store, from our own rows, without a call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from boeing_data_hub.catalogue import staging
from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.catalogue.listings import Change
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.settings.guards import Guarding
from boeing_data_hub.shopify import current_store, decisions, products, reviews
from boeing_data_hub.shopify.journey import Hold, Reconciled
from boeing_data_hub.shopify.publications import DueItem, StoreFacts


@dataclass(frozen=True, slots=True)
class Difference:
    """What publishing would do with a part.

    Attributes:
        action: create, update, restock, unchanged, blocked or conflict, as in a plan. `create` is a guess: only a
            plan looks whether another product in the store has the SKU.
        changes: the fields that differ.
        code: why it is not published, for machines.
        sentence: the same for people, or what guards hold back.
    """

    action: str
    changes: tuple[Change, ...] = ()
    code: str | None = None
    sentence: str | None = None

    @property
    def differs(self) -> bool:
        """True if the store differs from what is wanted."""
        return self.action in {"update", "restock"}


def of_parts(work: Work, skus: Sequence[str], policy: ListingPolicy, guards: Guarding) -> dict[str, Difference]:
    """The difference of each of these parts, without what guards hold back; parts that are not staged are left out."""
    shop = current_store.read(work) or ""
    staged = staging.by_sku(work, skus)
    known = products.known(work, shop, skus)
    decided = reviews.decided(work, shop, skus)
    facts = StoreFacts(shop=shop)
    found: dict[str, Difference] = {}
    for sku, row in staged.items():
        item = DueItem(batch_id=UUID(int=0), position=0, part_number=sku, skus=(sku,), attempts=0)
        part = Reconciled(item, sku, staged=row, product=known.get(sku), answered=decided.get(sku, {}))
        verdict = decisions.decide(part, policy, guards, facts)
        hold = verdict if isinstance(verdict, Hold) else None
        held = " ".join(decisions.told(one, part.answered) for one in verdict.held)
        found[sku] = Difference(
            decisions.action_of(verdict),
            decisions.shown_changes(verdict),
            hold.code if hold else None,
            hold.sentence if hold else held or None,
        )
    return found
