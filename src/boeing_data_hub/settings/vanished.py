"""Settings: what happens in the store to published parts that Boeing no longer sells."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings

Step = Literal["leave", "keep", "unlist", "draft", "archive"]


class Vanishing(BaseSettings):
    """One step for each cause. All but `leave` also set the stock to 0, and are undone when the part returns."""

    hub_vanished_not_found: Step = Field(
        default="keep",
        description="A published part that Boeing no longer knows. leave: nothing changes; keep: stock 0; unlist, "
        "draft, archive: stock 0, and the product gets this status.",
    )
    hub_vanished_no_stock: Step = Field(default="keep", description="The same for a part without stock at Boeing.")
    hub_vanished_no_price: Step = Field(
        default="leave", description="The same for a part without a price. Left, because prices often come back."
    )
    hub_vanished_only_unmapped: Step = Field(
        default="keep", description="The same for a part whose stock is only at locations you do not sell from."
    )
    hub_vanished_archive_days: float = Field(
        default=0.0,
        ge=0,
        description="Days after which such a part is archived, whatever its step, unless that is leave. 0: never.",
    )
    hub_vanished_tag: str = Field(
        default="",
        max_length=255,
        description="Tag that such products have as long as their parts are gone. Empty: none.",
    )
