"""How parts are shown and sold, from the settings."""

from __future__ import annotations

from boeing_data_hub.catalogue.drift_policy import drift_policy
from boeing_data_hub.catalogue.holding import HoldRule
from boeing_data_hub.catalogue.listings import ListingPolicy
from boeing_data_hub.catalogue.rules_in_force import last_rule, stock_rules
from boeing_data_hub.catalogue.vanished_policy import vanished_policy
from boeing_data_hub.settings import Settings


def listing_policy(settings: Settings) -> ListingPolicy:
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
