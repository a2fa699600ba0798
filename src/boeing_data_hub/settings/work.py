"""Settings: sizes, concurrency and intervals of the work."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings

from boeing_data_hub.values.freezes import freezes_of


def _freezes(value: str) -> str:
    freezes_of(value)
    return value


class Work(BaseSettings):
    """Batch sizes, concurrency, intervals and timeouts."""

    # Sizes and concurrency (guide, section 7).
    max_bulk_search_size: int = Field(
        default=50_000, ge=1, description="Maximum number of parts in one search request, as in the guide."
    )
    max_bulk_publish_size: int = Field(
        default=10_000, ge=1, description="Maximum number of parts in one publish request, as in the guide."
    )
    hub_freeze: Annotated[str, AfterValidator(_freezes)] = Field(
        default="",
        description="Weekly windows in which boeing, publishing or sync is paused, in HUB_DIGEST_TIME_ZONE: "
        "Fri 16:00-Mon 06:00 publishing; several are separated by semicolons.",
    )
    celery_extraction_concurrency: int = Field(
        default=2,
        ge=1,
        le=64,
        description="Boeing calls at a time per worker, in threads. Two keep a pace of 20/m while a call takes up "
        "to 6 s.",
    )
    celery_normalization_concurrency: int = Field(
        default=4,
        ge=1,
        le=64,
        description="Normalizations at a time per worker, in threads. Four, because they wait for Postgres.",
    )
    celery_shopify_concurrency: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Claims that a worker publishes at a time, in threads. One, because each makes HUB_PUBLISH_CALLS "
        "calls "
        "at a time.",
    )
    celery_default_concurrency: int = Field(
        default=2,
        ge=1,
        le=64,
        description="Sweeps and the like at a time per worker, in threads. Two, so that a slow one does "
        "not block the others.",
    )

    # Intervals and timeouts.
    hub_reuse_fresh_for: int = Field(
        default=3600,
        ge=0,
        description="Seconds for which a Boeing answer is used again instead of asking, so that a list searched "
        "twice costs no calls. 0: never.",
    )
    hub_confirm_missing: bool = Field(
        default=False,
        description="Ask again, in a separate call, for a part that Boeing left out, before it counts as not found. "
        "Costs "
        "one call per missing part.",
    )
    hub_max_attempts: int = Field(
        default=5,
        ge=1,
        le=20,
        description="Failed calls after which a call is split. With five, the waits between them bridge an outage of "
        "half a "
        "minute.",
    )
    hub_retry_seconds: float = Field(
        default=2.0, gt=0, le=60, description="Seconds before a failed call is retried; doubles, up to a minute."
    )
    hub_lease_seconds: int = Field(
        default=15,
        ge=3,
        le=600,
        description="Seconds after its last heartbeat until a worker's work is freed. A worker sends a heartbeat every "
        "three seconds, so four may be lost.",
    )
    hub_sweep_seconds: float = Field(
        default=2.0,
        ge=0.2,
        le=60,
        description="Seconds between two sweeps. A lost wake-up delays work by no more than this.",
    )
    hub_worker_silent_after: int = Field(
        default=20,
        ge=5,
        description="Seconds without a heartbeat after which a worker counts as stopped. A little more than a lease, "
        "because a worker that holds one is running.",
    )
    hub_stuck_after: int = Field(
        default=300,
        ge=30,
        description="Seconds without progress after which due work that nothing external holds up counts as stalled.",
    )
