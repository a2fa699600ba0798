"""Settings: how the next publish treats changes that people made in the store."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings

Choice = Literal["correct", "keep"]


class Drifting(BaseSettings):
    """One policy for each kind of difference between the store and what was published."""

    hub_drift_deleted: Literal["create", "leave"] = Field(
        default="create",
        description="A product that was deleted in the store: create it again, or leave it deleted and report its part "
        "as not for sale.",
    )
    hub_drift_price: Choice = Field(
        default="correct",
        description="A price that was changed in the store: correct it with the next publish, or keep it until our "
        "price changes.",
    )
    hub_drift_title: Choice = Field(
        default="keep", description="The same for a title. Kept, because people rewrite titles for shoppers."
    )
    hub_drift_status: Choice = Field(
        default="keep",
        description="The same for a product that was archived, unlisted or set to draft. Kept, because somebody "
        "decided not to sell it.",
    )
    hub_drift_stock: Choice = Field(
        default="keep",
        description="The same for pieces at a location. Kept, because most differences are sales: to correct them "
        "offers sold pieces again.",
    )
    hub_drift_check_hours: float = Field(
        default=0.0,
        ge=0,
        description="Hours between two checks of everything published for changes made in the store. Each costs about "
        "1.2 points a product, so 0, only on request, is the default; 24 checks once a day.",
    )
