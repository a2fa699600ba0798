"""Whether the next publish corrects or keeps a difference between the store and what was published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from boeing_data_hub.settings.drift import Drifting

Remedy = Literal["put_right", "left"]


@dataclass(frozen=True, slots=True)
class DriftPolicy:
    """What the next publish does about changes that people made in the store (settings `HUB_DRIFT_*`).

    A value that is left stays until Boeing or the settings change the same field.

    Attributes:
        price: of the product's only variant.
        title: the product's name in the store.
        status: archived, draft, unlisted or active.
        stock: a quantity at a location that differs from the one last set; correcting it also discards sales.
        tags: a tag of ours that is missing; tags of others are always left.
        metafields: a value of ours that was changed or removed.
        seen_seconds: a part may be called unchanged if its product was seen so recently, and nothing differed.
        recreate: True if a deleted product is created again. If not, its part is reported as not for sale.
    """

    price: Remedy = "put_right"
    title: Remedy = "left"
    status: Remedy = "left"
    stock: Remedy = "left"
    tags: Remedy = "left"
    metafields: Remedy = "left"
    recreate: bool = True
    seen_seconds: float = 0.0

    @property
    def deleted(self) -> Remedy:
        """What happens to a deleted product."""
        return "put_right" if self.recreate else "left"


DEFAULT_DRIFT: Final = DriftPolicy()


def drift_policy(settings: Drifting) -> DriftPolicy:
    """What the next publish does about changes that people made in the store."""

    def remedy(choice: Literal["correct", "keep"]) -> Remedy:
        return "put_right" if choice == "correct" else "left"

    return DriftPolicy(
        price=remedy(settings.hub_drift_price),
        title=remedy(settings.hub_drift_title),
        status=remedy(settings.hub_drift_status),
        stock=remedy(settings.hub_drift_stock),
        tags=remedy(settings.hub_drift_tags),
        metafields=remedy(settings.hub_drift_metafields),
        recreate=settings.hub_drift_deleted == "create",
        seen_seconds=settings.hub_drift_seen_hours * 3600,
    )
