"""What publishing a part now would change in the store, from our own rows alone: no call is made for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from boeing_data_hub.clock import now
from boeing_data_hub.model.listings import ListingPolicy
from boeing_data_hub.model.publications import DueItem, StoreFacts
from boeing_data_hub.publishing import decisions
from boeing_data_hub.publishing.jobs import Hold, Job
from boeing_data_hub.store import hand_data, products
from boeing_data_hub.store.work import Work


@dataclass(frozen=True, slots=True)
class Difference:
    """What publishing would do with a part.

    Attributes:
        action: create, update, restock, unchanged, blocked or conflict, as a plan has it. `create` is said without a
            look into the store: only a plan finds out whether somebody else has the SKU there.
        changes: each `field`, `old`, `new`.
        sentence: why it is not published.
    """

    action: str
    changes: tuple[dict[str, Any], ...] = ()
    code: str | None = None
    sentence: str | None = None

    @property
    def differs(self) -> bool:
        """Whether the store has something else than it is to have."""
        return self.action in {"update", "restock"}


def of_parts(work: Work, skus: Sequence[str], policy: ListingPolicy) -> dict[str, Difference]:
    """The difference of each of these parts; those that are not staged are left out."""
    shop = products.current_shop(work) or ""
    staged = hand_data.for_publishing(work, skus)
    known = products.known(work, shop, skus)
    facts = StoreFacts(shop=shop)
    moment = now()
    found: dict[str, Difference] = {}
    for sku, row in staged.items():
        item = DueItem(batch_id=UUID(int=0), position=0, part_number=sku, skus=(sku,), attempts=0)
        verdict = decisions.decide(Job(item=item, sku=sku, staged=row, product=known.get(sku)), policy, facts, moment)
        hold = verdict if isinstance(verdict, Hold) else None
        found[sku] = Difference(
            decisions.action_of(verdict),
            tuple(decisions.shown_changes(verdict)),
            hold.code if hold else None,
            hold.sentence if hold else None,
        )
    return found
