"""A part as it should be in the store, the policy behind it, and what was last published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, Literal

from boeing_data_hub.catalogue.drift_policy import DEFAULT_DRIFT, DriftPolicy
from boeing_data_hub.catalogue.holding import HoldRule
from boeing_data_hub.catalogue.pricing import GUIDE_RULES, PriceRules
from boeing_data_hub.catalogue.stock_rules import ALL_STOCK, StockRules
from boeing_data_hub.catalogue.vanished_policy import DEFAULT_VANISHED, VanishedPolicy

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
    """How parts are shown and sold, from the settings of the same names.

    Attributes:
        prices: how our price comes from Boeing's.
        tags: on every product; with `origin_tag`, `origin-<country>` is added.
        namespace: of the metafields that shoppers see.
        custom_id_namespace: with `custom_id_key`, the metafield that identifies our products in the store.
        condition: used if the staged row has none, as is `cert`.
        trace_choices: certificates that the store's definition allows, case-sensitive.
        unit_choices: units of measure that it allows.
        location_map: Boeing location to store location.
        default_location: has the stock that Boeing names no location for; empty: the store's first one.
        sells_unmapped: True if stock at locations outside `location_map` is sold, from `default_location`.
        stock_rules: which locations never sell, and how much is kept back or shown at most.
        inventory_location_codes: Boeing or store location to the three characters of a shelf area, e.g. `1D1`.
        part_metafields: keys of the metafields of `shopify/part_metafields.py` that products show.
        hold_rules: classes of parts that are held back.
        look_alikes: True if products that look like a part are reported before it is first published.
        drift: what happens to changes that people made in the store.
        vanished: what happens to published parts that Boeing no longer sells.
        on_metafield_refusal: whether a part fails, or is published without the metafield, if the store rejects one.
    """

    prices: PriceRules = GUIDE_RULES
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
    sells_unmapped: bool = False
    stock_rules: StockRules = ALL_STOCK
    inventory_location_codes: Mapping[str, str] = field(default_factory=_nothing)
    send_lead_time: bool = False
    part_metafields: tuple[str, ...] = ()
    hold_rules: tuple[HoldRule, ...] = ()
    look_alikes: bool = True
    on_metafield_refusal: RefusalPolicy = "fail"
    status: Literal["ACTIVE", "DRAFT"] = "ACTIVE"
    currency: str = "USD"
    drift: DriftPolicy = DEFAULT_DRIFT
    vanished: VanishedPolicy = DEFAULT_VANISHED


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
