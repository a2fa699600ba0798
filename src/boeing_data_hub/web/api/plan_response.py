"""A plan as the API shows it. `batches/plan_view.py` fills it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from boeing_data_hub.health.batch_status import Eta
from boeing_data_hub.shopify.planned import PlanItem
from boeing_data_hub.values.states import BatchStatus
from boeing_data_hub.web.api.bulk import BulkOperationResponse


class PlanCounts(BaseModel):
    """SKUs by action."""

    create: int
    update: int
    restock: int
    unchanged: int
    blocked: int
    conflict: int


class DailyLimit(BaseModel):
    """How the store's daily limit on new variants affects a plan."""

    variants_now: int
    limited_from: int
    new_a_day: int
    limited: int
    days: int
    message: str


class PriceMove(BaseModel):
    """A price that a plan changes."""

    sku: str
    old: str
    new: str
    percent: str


class PlanTotals(BaseModel):
    """Sums over a plan. Amounts are text."""

    currency: str
    new_products: int
    new_pieces: int
    new_value: str
    new_cost: str
    new_margin: str | None
    prices_up: int
    prices_down: int
    median_percent: str | None
    largest: list[PriceMove]
    held: int = Field(default=0, description="Changes that guards hold back for review.")


class PlanForecast(BaseModel):
    """The cost and duration of a plan."""

    way: Literal["direct", "bulk"]
    points: int
    seconds: Eta
    restore_rate: float
    rate_known: bool
    bulk_pace_known: bool | None
    daily_limit: DailyLimit | None
    message: str
    channel_note: str | None = None
    totals: PlanTotals | None = None


class PlanResponse(BaseModel):
    """A plan: its counts, its first parts of each kind, and what it costs."""

    plan_id: UUID
    status: BatchStatus
    counts: PlanCounts
    create: list[PlanItem]
    update: list[PlanItem]
    restock: list[PlanItem]
    unchanged: list[PlanItem]
    blocked: list[PlanItem]
    conflict: list[PlanItem]
    truncated: bool = Field(description="True if there are more than 100 parts of a kind; `/items` has them all.")
    items_url: str
    forecast: PlanForecast | None = Field(description="Only in the answer to the dry run; it is outdated later.")
    totals: PlanTotals | None
    message: str
    created_at: datetime


class PlanItems(BaseModel):
    """One page of a plan."""

    items: list[PlanItem]
    next_after: int | None = Field(description="Send it as `after` for the next page; null at the end.")


class PlanDiscarded(BaseModel):
    """The plan is gone."""

    message: str
    plan_id: UUID


class BulkPublishResponse(BulkOperationResponse):
    """The batch of a request, or the plan of a dry run."""

    dry_run: bool = False
    plan_id: str | None = None
    plan: PlanResponse | None = Field(default=None, description="Of a dry run.")
