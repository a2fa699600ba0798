"""Settings: how the next publish treats changes that people made in the store."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings

_LENGTH: int = len("02:30")


def _time_or_never(value: str) -> str:
    if value:
        if len(value) != _LENGTH:
            raise ValueError("must be a time such as 02:30, or empty")
        time.fromisoformat(value)
    return value


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
        description="The same for a product that was archived, unlisted or set to draft. Kept, because someone "
        "decided not "
        "to sell it.",
    )
    hub_drift_stock: Choice = Field(
        default="keep",
        description="The same for pieces at a location. Kept, because most differences are sales: correcting them "
        "would "
        "offer sold pieces again.",
    )
    hub_drift_tags: Choice = Field(
        default="keep",
        description="The same for tags of the hub that are missing. Tags that others added are never removed.",
    )
    hub_drift_metafields: Choice = Field(
        default="keep", description="The same for metafields of the hub that were changed or removed."
    )
    hub_drift_snapshot_at: Annotated[str, AfterValidator(_time_or_never)] = Field(
        default="02:30",
        description="When the whole store is compared with what was published, once a day, in HUB_DIGEST_TIME_ZONE. It "
        "costs about 25 points whatever the size of the store. Empty: only on request.",
    )
    hub_drift_seen_hours: float = Field(
        default=0.0,
        ge=0,
        le=168,
        description="Hours for which a part can count as unchanged because of the last comparison or webhook, without "
        "reading its product again. 0: every run reads the products of all its parts, for about a point each.",
    )
