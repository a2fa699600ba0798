"""How parts are shown and sold: the policy behind every listing, and how it comes from the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from boeing_data_hub.catalogue.drift_policy import DEFAULT_DRIFT, DriftPolicy, drift_policy
from boeing_data_hub.catalogue.holding import HoldRule
from boeing_data_hub.catalogue.listings import PRIMARY_LOCATION
from boeing_data_hub.catalogue.pricing import GUIDE_RULES, PriceRules
from boeing_data_hub.catalogue.rules_in_force import last_rule, stock_rules
from boeing_data_hub.catalogue.stock_rules import ALL_STOCK, StockRules
from boeing_data_hub.catalogue.vanished_policy import DEFAULT_VANISHED, VanishedPolicy, vanished_policy
from boeing_data_hub.settings.selling import Selling

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


def listing_policy(settings: Selling) -> ListingPolicy:
    """The policy behind every listing."""
    return ListingPolicy(
        prices=last_rule(settings),
        vendor=settings.hub_vendor,
        product_type=settings.hub_product_type,
        category=settings.hub_category,
        tags=settings.hub_tags,
        origin_tag=settings.hub_origin_tag,
        namespace=settings.hub_metafield_namespace,
        custom_id_namespace=settings.hub_custom_id_namespace,
        custom_id_key=settings.hub_custom_id_key,
        condition=settings.hub_condition,
        cert=settings.hub_cert,
        trace_choices=settings.hub_trace_choices,
        unit_choices=settings.hub_unit_choices,
        location_map=settings.shopify_location_map,
        default_location=settings.shopify_default_location_name,
        sells_unmapped=settings.shopify_unmapped_locations == "sell_from_default",
        stock_rules=stock_rules(settings),
        inventory_location_codes=settings.shopify_inventory_location_codes,
        send_lead_time=settings.hub_send_lead_time,
        part_metafields=settings.hub_part_metafields,
        hold_rules=tuple(HoldRule(**rule.model_dump()) for rule in settings.hub_hold_rules),
        look_alikes=settings.hub_look_alikes,
        on_metafield_refusal=settings.hub_metafield_refusal,
        status=settings.hub_product_status,
        currency=settings.hub_currency,
        drift=drift_policy(settings),
        vanished=vanished_policy(settings),
    )
