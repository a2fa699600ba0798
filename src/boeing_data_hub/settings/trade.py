"""Settings: prices, and what every part states."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings


class Trade(BaseSettings):
    """How our price comes from Boeing's, and what every part states."""

    price_basis: Literal["list_then_net", "net_then_list", "list", "net"] = Field(
        default="list_then_net", description="Which Boeing price ours is based on."
    )
    price_markup: Decimal = Field(default=Decimal("1.10"), gt=0, le=100, description="Our price = base x this factor.")
    hub_currency: str = Field(default="USD", min_length=3, max_length=3, description="Currency of the store.")
    hub_vendor: str = Field(default="BDI", description="Vendor of every product.")
    hub_manufacturer: str = Field(default="Boeing", description="Manufacturer where Boeing names no supplier.")
    hub_condition: str = Field(default="NE", description="Condition of every part (NE = new).")
    hub_cert: str = Field(default="FAA 8130-3", description="Certificate that comes with every Boeing part.")
    hub_lead_time_days: int = Field(default=3, ge=0, description="Estimated lead time in days.")
