"""What the store has under a SKU, as a search or a look-up showed it."""

from __future__ import annotations

from dataclasses import dataclass

from boeing_data_hub.shopify.look_alikes import Alike
from boeing_data_hub.shopify.publications import ProductIds


@dataclass(frozen=True, slots=True)
class OtherProduct:
    """A product in the store that is not ours and has a part's SKU."""

    product_id: str
    title: str
    vendor: str


@dataclass(frozen=True, slots=True)
class StoreContents:
    """What the store has under a SKU.

    Attributes:
        ours: the product with our custom id; None if there is none.
        others: products without it.
        resembling: look-alikes with other SKUs; None if none were searched for.
    """

    ours: ProductIds | None = None
    others: tuple[OtherProduct, ...] = ()
    resembling: tuple[Alike, ...] | None = None
