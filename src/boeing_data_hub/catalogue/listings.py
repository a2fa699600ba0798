"""A part as it should be in the store, and what was last published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

PRIMARY_LOCATION: Final = ""
"""Stands in `Listing.stock` for the store's own first location, where no setting names another."""


@dataclass(frozen=True, slots=True)
class Metafield:
    """A metafield of the product, with the store's name of its type."""

    namespace: str
    key: str
    type: str
    value: str


@dataclass(frozen=True, slots=True)
class Weight:
    """A weight; the unit is the store's: GRAMS, KILOGRAMS, OUNCES or POUNDS."""

    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A value that the listing omits, and the reason, for people."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What we want in the store for one SKU: one product with one variant.

    Attributes:
        custom_id: the identity in `custom_id_namespace`.`custom_id_key`; stable for a SKU.
        handle: the address of the product's page. We set it, because the store would number handles that are taken.
        sku: full part number with its variant suffix.
        price: in whole cents, as is `cost`; both in the policy's currency.
        country_of_origin: two letters.
        hs_code: 6 to 13 digits.
        metafields: all of ours except the custom id, in a fixed order.
        stock: pieces by store location, including every mapped one.
        image_source: the address of the supplier's image, not of our copy.
        left_out: not published, but reported.
    """

    custom_id: str
    custom_id_namespace: str
    custom_id_key: str
    handle: str
    title: str
    sku: str
    description_html: str
    vendor: str
    product_type: str
    category: str
    tags: tuple[str, ...]
    status: str
    price: Decimal
    cost: Decimal | None
    weight: Weight | None
    country_of_origin: str | None
    hs_code: str | None
    metafields: tuple[Metafield, ...]
    stock: Mapping[str, int]
    image_source: str | None
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Blocked:
    """A part that is not published: a reason code, and a sentence for people."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What we last published of one SKU.

    Attributes:
        form: the listing as `publishing.forms.form_of` wrote it, stock included.
        product_id: one of the store's ids; they are None until the store has answered the first publish.
    """

    form: Mapping[str, Any]
    listing_hash: str
    stock_hash: str
    product_id: str | None
    variant_id: str | None = None
    inventory_item_id: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs; a metafield is named `metafields.<key>`, stock `stock.<location>`. None: no value."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about one listing. `restock` updates stock only; `update` may change stock, too.

    Attributes:
        changes: the fields that differ, except stock; empty for `create`.
        stock: the locations whose quantity differs.
    """

    action: Literal["create", "update", "restock", "unchanged"]
    changes: tuple[Change, ...] = ()
    stock: tuple[Change, ...] = ()
