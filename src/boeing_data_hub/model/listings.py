"""What one part is to be in the store, by which policy, and what we last made of it there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, Literal

PRIMARY_LOCATION: Final = ""
"""Stands in `Listing.stock` for the store's own first location, where no setting names another."""

RefusalPolicy = Literal["fail", "leave_out"]

_CHOICES_OF_TRACE: Final = (
    "EASA Form 1",
    "FAA 8130-3",
    "Brazil Form SEGV00 003",
    "OEM Cert",
    "121/129/145 Trace",
    "Transport Canada Form 1",
    "C of C",
    "CAA UK",
)


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingPolicy:
    """How parts are shown and sold, handed in by the composition root (settings of the same names).

    Attributes:
        tags: on every product; with `origin_tag`, `origin-<country>` is added.
        namespace: of the metafields that shoppers see.
        custom_id_namespace: with `custom_id_key`, where the store keeps the identity we find our products by.
        condition: stated where the staged row says nothing, as is `cert`.
        trace_choices: certificates that the store's own definition allows, spelt exactly.
        unit_choices: units of measure that it allows.
        location_map: Boeing location to store location; empty: all stock goes to `default_location`.
        default_location: takes the stock Boeing names no location for; empty means the store's first one.
        inventory_location_codes: Boeing or store location to the three characters of a shelf area, e.g. `1D1`.
        on_metafield_refusal: whether a part whose metafield the store refuses fails, or goes without that metafield.
    """

    vendor: str = "BDI"
    product_type: str = "Aircraft Parts & Accessories"
    category: str = "gid://shopify/TaxonomyCategory/vp-1-1"
    tags: tuple[str, ...] = ("boeing", "aerospace", "Aircraft Parts & Accessories")
    origin_tag: bool = True
    namespace: str = "custom"
    custom_id_namespace: str = "boeing_data_hub"
    custom_id_key: str = "part_key"
    condition: str = "NE"
    cert: str = "FAA 8130-3"
    trace_choices: tuple[str, ...] = _CHOICES_OF_TRACE
    unit_choices: tuple[str, ...] = ("EA", "Inches", "Pound", "Pack (1PK = 25EA)")
    location_map: Mapping[str, str] = field(default_factory=_nothing)
    default_location: str = PRIMARY_LOCATION
    inventory_location_codes: Mapping[str, str] = field(default_factory=_nothing)
    send_lead_time: bool = False
    on_metafield_refusal: RefusalPolicy = "fail"
    status: Literal["ACTIVE", "DRAFT"] = "ACTIVE"
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class Metafield:
    """One fact beside the product, with the store's name of its type."""

    namespace: str
    key: str
    type: str
    value: str


@dataclass(frozen=True, slots=True)
class Weight:
    """A weight; the unit is the store's word: GRAMS, KILOGRAMS, OUNCES or POUNDS."""

    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A value the listing goes without, and a sentence for the person who may want it there."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What we want in the store for one SKU: one product with one variant.

    Attributes:
        custom_id: the identity in `custom_id_namespace`.`custom_id_key`; the same SKU always has the same one.
        handle: the address of the product's page; never made by the store, which counts up numbers it finds taken.
        sku: full part number with its variant suffix.
        price: in whole cents, as is `cost`; both in the policy's currency.
        country_of_origin: two letters.
        hs_code: 6 to 13 digits.
        metafields: all of ours without the custom id, in a fixed order.
        stock: pieces by store location, every mapped location named.
        image_source: where the supplier's image is, not where ours will be.
        left_out: no part of what is published, but to be told.
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
    """A part that is not published, with the word for machines and a sentence for a person."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What we last published of one SKU.

    Attributes:
        form: the listing as `publishing.forms.form_of` wrote it, stock included.
        product_id: the store's ids; None while a first publish is still unanswered.
    """

    form: Mapping[str, Any]
    listing_hash: str
    stock_hash: str
    product_id: str | None
    variant_id: str | None = None
    inventory_item_id: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs; a metafield is named `metafields.<key>`, stock `stock.<location>`. None is absent."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done about one listing. `restock` is an update of nothing but stock; `update` may restock, too.

    Attributes:
        changes: the fields that differ, stock not among them; empty for `create`.
        stock: the locations whose pieces differ.
    """

    action: Literal["create", "update", "restock", "unchanged"]
    changes: tuple[Change, ...] = ()
    stock: tuple[Change, ...] = ()
