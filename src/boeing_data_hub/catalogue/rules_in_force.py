"""The last price rule, and the rules of normalization and of stock, from the settings."""

from __future__ import annotations

from boeing_data_hub.catalogue.pricing import PriceRules
from boeing_data_hub.catalogue.staged_part import NormalizationRules
from boeing_data_hub.catalogue.stock_rules import StockRules, folded
from boeing_data_hub.settings.selling import Selling


def last_rule(settings: Selling) -> PriceRules:
    """The price rule for parts that no rule of a price list is for."""
    return PriceRules(settings.price_basis, settings.price_markup)


def normalization_rules(settings: Selling, prices: PriceRules) -> NormalizationRules:
    """The values that normalization states for every part, and the rules it screens by.

    Args:
        settings: of this process.
        prices: the price rules of the listing policy.
    """
    return NormalizationRules(
        prices=prices,
        vendor=settings.hub_vendor,
        condition=settings.hub_condition,
        cert=settings.hub_cert,
        estimated_lead_time_days=settings.hub_lead_time_days,
        default_manufacturer=settings.hub_manufacturer,
        currency=settings.hub_currency,
        mapped_locations=frozenset(settings.shopify_location_map) if settings.screens_locations else None,
        locations_not_sold=stock_rules(settings).not_sold,
    )


def stock_rules(settings: Selling) -> StockRules:
    """How much of Boeing's stock is offered."""
    return StockRules(
        reserve_pieces=settings.hub_stock_reserve,
        reserve_percent=settings.hub_stock_reserve_percent,
        show_most=settings.hub_stock_show_most or None,
        not_sold=frozenset(folded(name) for name in settings.hub_locations_not_sold),
        lead_days={folded(name): days for name, days in settings.hub_location_lead_days.items()},
    )
