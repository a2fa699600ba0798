"""Settings: which of Boeing's stock is offered, and how much of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings

from boeing_data_hub.settings.parsing import DayMap, PlaceNames, WordMap


class Stocking(BaseSettings):
    """How the stock that the store offers comes from Boeing's."""

    shopify_location_map: WordMap = Field(
        default_factory=dict,
        description='Boeing location to store location, as JSON: {"Dallas Central": "Dallas"}. '
        "Stock at other locations is sold only if SHOPIFY_UNMAPPED_LOCATIONS says so.",
    )
    shopify_unmapped_locations: Literal["do_not_sell", "sell_from_default"] = Field(
        default="do_not_sell",
        description="What happens to stock at Boeing locations that are not in SHOPIFY_LOCATION_MAP (all of them if "
        "it is empty). sell_from_default: it is sold as stock of SHOPIFY_DEFAULT_LOCATION_NAME. do_not_sell: "
        "neither the store nor a quote offers it. Without a store and a map, parts are staged all the same.",
    )
    hub_locations_not_sold: PlaceNames = Field(
        default=(),
        description="Boeing locations whose stock is never offered, whatever the map says, as a JSON list: "
        '["Germany CSC"]; or separated by |, because names contain commas.',
    )
    hub_stock_reserve: int = Field(
        default=0, ge=0, le=1_000_000, description="Pieces of each part that are never offered."
    )
    hub_stock_reserve_percent: Decimal = Field(
        default=Decimal(0),
        ge=0,
        le=100,
        description="Percent of each part's stock that is never offered, rounded up to whole pieces. Of the two "
        "reserves, the larger counts.",
    )
    hub_stock_show_most: int = Field(
        default=0, ge=0, le=1_000_000, description="No part offers more pieces than this in total; 0: no limit."
    )
    hub_location_lead_days: DayMap = Field(
        default_factory=dict,
        description='Boeing location to lead time in days, as JSON: {"Germany CSC": 14}. Others: HUB_LEAD_TIME_DAYS.',
    )
