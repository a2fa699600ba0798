"""Every setting of the sandbox, changeable while it runs through PATCH /control/settings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

# Points per second and bucket size; "unlimited" never throttles, for measuring everything else.
PLANS: dict[str, tuple[float, float]] = {
    "standard": (100.0, 2_000.0),
    "advanced": (200.0, 4_000.0),
    "plus": (1_000.0, 20_000.0),
    "enterprise": (2_000.0, 40_000.0),
    "unlimited": (1_000_000_000.0, 1_000_000_000.0),
}
PLAN_NAMES = {
    "standard": "Basic",
    "advanced": "Advanced",
    "plus": "Shopify Plus",
    "enterprise": "Commerce Components",
    "unlimited": "Shopify Plus",
}
SCOPES = (
    "write_products",
    "read_products",
    "write_inventory",
    "read_inventory",
    "read_locations",
    "write_publications",
    "read_publications",
    "write_files",
    "read_files",
)
Seconds = Annotated[float, Field(ge=0, le=86_400)]


class LocationSetting(BaseModel):
    """One location of the store."""

    model_config = ConfigDict(extra="forbid")
    name: str
    active: bool = True


_PLACES = ("Atlanta", "Chicago", "Dallas", "Los Angeles", "Miami", "New York", "Phoenix", "Seattle")


def _locations() -> list[LocationSetting]:
    return [LocationSetting(name=name) for name in _PLACES]


class Knobs(BaseModel):
    """The sandbox's settings; every one may be changed while it runs."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    plan: Literal["standard", "advanced", "plus", "enterprise", "unlimited"] = "plus"
    restore_rate: float | None = Field(default=None, gt=0, description="points per second, instead of the plan's")
    bucket_size: float | None = Field(default=None, gt=0, description="instead of the plan's")
    max_query_cost: float = Field(default=1_000, gt=0)
    throttle_status: Literal[200, 429] = 200
    tokens: list[str] = Field(default_factory=lambda: ["sandbox-token"], description="accepted access tokens")
    scopes: list[str] = Field(default_factory=lambda: list(SCOPES))
    client_id: str = "sandbox-client-id"
    client_secret: str = "sandbox-client-secret"  # noqa: S105 - made up, and told to whoever asks /control/settings
    revoke_on_rotation: bool = Field(default=False, description="another client secret ends the tokens given out")
    token_life: float = Field(default=86_399.0, gt=0, le=31_536_000, description="seconds, of granted tokens")
    connected_life: Seconds = Field(default=0.0, description="of tokens that a person approved; 0: without end")
    app_installed: bool = True
    same_organisation: bool = Field(default=True, description="app and store; else only a person's approval helps")
    approves: bool = Field(default=True, description="what a person does who is asked to approve the app")
    redirects: list[str] = Field(
        default_factory=lambda: ["http://localhost:8421/callback"], description="addresses a person is sent back to"
    )
    refuse_tokens: str = Field(default="", description="refuse every request for a token with this word")
    refuse_tokens_as: Literal["json", "html"] = Field(default="json", description="where the store knows both")
    shop_number: int = Field(default=1, ge=1, description="in the shop's own id")
    shop_name: str = "Sandbox Parts"
    shop_domain: str = "sandbox-parts.myshopify.com"
    currency: str = "USD"
    api_versions: list[str] = Field(default_factory=lambda: ["2026-10"], description="older ones fall forward")
    locations: list[LocationSetting] = Field(default_factory=_locations)
    auto_publish: bool = Field(default=False, description="new products go to the online store by themselves")
    latency: Seconds = Field(default=0.0, description="added to every GraphQL answer")
    media_delay: Seconds = Field(default=0.2, description="until an image is READY")
    media_fail_rate: float = Field(
        default=0.0, ge=0, le=1, description="share of the images that end as FAILED, some time after the answer"
    )
    fetch_images: bool = Field(default=False, description="really download images and fail those that are none")
    search_lag: Seconds = Field(default=0.0, description="until a new product is found by a search")
    daily_variant_cap: int = Field(default=1_000, ge=0)
    daily_variant_threshold: int = Field(
        default=50_000, ge=0, description="variants in the store from which the cap counts"
    )
    other_variants: int = Field(
        default=0, ge=0, description="more variants in the store, of which nothing but their number is known"
    )
    daily_cap_plans: list[str] = Field(default_factory=lambda: ["standard", "advanced"])
    stock_at_new_location: Literal["allow", "refuse"] = "allow"
    idempotency_seconds: Seconds = 86_400.0
    async_delay: Seconds = Field(default=0.1, description="of productSet and productDelete with synchronous: false")
    bulk_start_delay: Seconds = 0.05
    bulk_lines_per_second: float = Field(default=0.0, ge=0, description="0: as fast as this machine")
    bulk_concurrent: int = Field(default=5, ge=1)
    bulk_shuffle: bool = True
    bulk_child_lines: bool = Field(default=False, description="selected connections as lines with __parentId")
    bulk_cancel_delay: Seconds = 0.05
    bulk_max_bytes: int = Field(default=104_857_600, ge=1)
    bulk_results_expire: Seconds = Field(default=0.0, description="result addresses answer 403 after this; 0: never")
    webhook_retry_seconds: Seconds = Field(default=0.2, description="before the first retry; doubles up to the eighth")
    seed: int = 1

    def bucket(self) -> tuple[float, float]:
        """Restore rate in points per second, and the bucket's size in points."""
        rate, size = PLANS[self.plan]
        return self.restore_rate or rate, self.bucket_size or size
