"""Settings: sync, which asks Boeing in rate-limit slots that no batch uses and publishes what has changed."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings

_HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")


def _hours(value: str) -> str:
    if value and not _HOURS.fullmatch(value):
        raise ValueError("must be two times such as 20:00-06:00")
    return value


class Syncing(BaseSettings):
    """Whether sync runs, when, and how many calls it makes."""

    hub_sync: bool = Field(
        default=False,
        description="Ask Boeing in slots that no search uses, and publish what has changed. Off, because it uses every "
        "idle call of the account.",
    )
    hub_sync_parts: Literal["published", "staged"] = Field(
        default="published",
        description="Which parts are kept up to date: those that are live in the store, or all staged ones. Only "
        "live ones "
        "are published again.",
    )
    hub_sync_hours: Annotated[str, AfterValidator(_hours)] = Field(
        default="",
        description="Hours in which sync may ask, such as 20:00-06:00, in HUB_DIGEST_TIME_ZONE. Empty: always.",
    )
    hub_sync_free_share: float = Field(
        default=0.0,
        ge=0,
        le=0.95,
        description="Share of Boeing's calls that sync leaves unused, so that a search finds a slot at once.",
    )
    hub_sync_longest_age: int = Field(
        default=7 * 86_400,
        ge=0,
        description="Maximum age of an answer, in seconds: parts that reach it are asked first, whatever their "
        "value. 0: no "
        "maximum.",
    )
    hub_sync_review_seconds: float = Field(
        default=900.0,
        ge=1,
        description="Seconds between two rounds through the catalog, in which sync finds new parts and weighs all of "
        "them "
        "again.",
    )
