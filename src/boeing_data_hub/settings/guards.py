"""Settings: guards, which hold back a change of price, stock, unit or currency until a person has approved it."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field
from pydantic_settings import BaseSettings


class Guarding(BaseSettings):
    """The sizes above which a change waits for a person."""

    hub_guards: bool = Field(
        default=True,
        description="Hold back changes that look like an error in Boeing's data until a person approves them. Off: "
        "everything that Boeing answers is published.",
    )
    hub_guard_price_up: Decimal = Field(
        default=Decimal(100),
        ge=0,
        description="Hold a price that rises by more than this many percent over the published one. 0: no such guard.",
    )
    hub_guard_price_down: Decimal = Field(
        default=Decimal(40),
        ge=0,
        le=100,
        description="Hold a price that falls by more than this many percent below the published one. 0: no such guard.",
    )
    hub_guard_below_cost: bool = Field(
        default=True, description="Hold a price below Boeing's price for the part, including a manual one."
    )
    hub_guard_price_floor: Decimal = Field(
        default=Decimal(0), ge=0, description="Hold a price below this amount, in HUB_CURRENCY. 0: no such guard."
    )
    hub_guard_stock_factor: Decimal = Field(
        default=Decimal(50),
        ge=0,
        description="Hold stock that rises or falls by more than this factor, and by at least 100 pieces. Stock that "
        "falls to 0 is not held, except by the guard for runs. 0: no such guard.",
    )
    hub_guard_run_prices: Decimal = Field(
        default=Decimal(50),
        ge=0,
        le=100,
        description="Hold every price change of a run in which the prices of more than this share of the published "
        "parts, in percent, move by more than a quarter. 0: no such guard.",
    )
    hub_guard_run_sold_out: Decimal = Field(
        default=Decimal(50),
        ge=0,
        le=100,
        description="Hold every fall of stock to 0 of a run in which more than this share of the published parts that "
        "are in stock, in percent, would be sold out. 0: no such guard.",
    )
    hub_guard_run_parts: int = Field(
        default=10,
        ge=1,
        description="The guards for runs need at least this many published parts: a smaller run is judged together "
        "with the "
        "runs of the last day.",
    )
