"""One of our products as the store has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from boeing_data_hub.catalogue.drift_policy import Remedy

METAFIELDS: Final = "metafields."
"""Begins the name of a difference in a metafield."""


@dataclass(frozen=True, slots=True)
class SeenMedia:
    """A picture of a product; `status` is UPLOADED, PROCESSING, READY or FAILED."""

    id: str
    alt: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A product as the store has it.

    Attributes:
        custom_id: ours; None if a person removed it.
        variants: how many it has, counted up to two.
        sku: of its first variant, as are the next two fields.
        price: in the store's notation.
        quantity: pieces available, summed over the store's locations.
        media: its first ten pictures.
        tags: all, whoever set them.
        metafields: ours, by `namespace.key`; None if they were not read.
    """

    product_id: str
    title: str
    status: str
    custom_id: str | None
    variants: int
    sku: str | None
    price: str | None
    quantity: int | None
    variant_id: str | None
    inventory_item_id: str | None
    media: tuple[SeenMedia, ...] = ()
    tags: tuple[str, ...] = ()
    metafields: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One value in the store that differs from the one we last set.

    Attributes:
        field: `price`, `title`, `sku`, `custom_id`, `status`, `variants`, `picture`, `deleted`, `tags`,
            `metafields.<key>`, or `stock.<location>`.
        ours: as we last set it.
        there: as the store has it.
        policy: `put_right` by the next publish of the part, or `left` as it is.
    """

    field: str
    ours: Any
    there: Any
    policy: Remedy

    def as_json(self) -> dict[str, Any]:
        """As the product's row stores it."""
        return {"field": self.field, "ours": self.ours, "there": self.there, "policy": self.policy}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a read of the store showed of a product.

    Attributes:
        differences: from what we last set.
        pieces: by our names of the store's locations; None: unknown.
    """

    differences: tuple[Difference, ...]
    pieces: Mapping[str, int] | None = None
