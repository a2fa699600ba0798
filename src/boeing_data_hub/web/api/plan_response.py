"""A plan as the API shows it: the number of parts by action, examples of each, and the estimate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import BaseModel, Field

from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify import plans
from boeing_data_hub.shopify.forecast import PlanForecast
from boeing_data_hub.shopify.plan_totals import PlanTotals
from boeing_data_hub.shopify.planned import ACTIONS, PlanItem
from boeing_data_hub.values.states import BatchStatus
from boeing_data_hub.web.api.bulk import BulkOperationResponse
from boeing_data_hub.work.batch import Batch

_SHOWN: Final = 100  # parts of each kind in one response; the pages show all
_NAMED: Final = {
    "create": "to create", "update": "to update", "restock": "to restock", "unchanged": "unchanged",
    "blocked": "not for sale", "conflict": "in conflict",
}  # fmt: skip


class PlanCounts(BaseModel):
    """SKUs by action."""

    create: int
    update: int
    restock: int
    unchanged: int
    blocked: int
    conflict: int


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


def plan_of(work: Work, batch: Batch, *, forecast: PlanForecast | None = None, prefix: str = "") -> PlanResponse:
    """The plan of a run.

    Args:
        work: the transaction.
        batch: the run that the plan belongs to.
        forecast: the estimate made with the plan; None when the plan is shown later, because it is outdated then.
        prefix: the path that every URL begins with.
    """
    counted = plans.counts(work, batch.id)
    counts = {action: counted.get(action, 0) for action in ACTIONS}
    shown = {
        action: plans.page(work, batch.id, limit=_SHOWN, action=action) if counts[action] else [] for action in ACTIONS
    }
    known = forecast or plans.forecast_of(batch)
    return PlanResponse(
        plan_id=batch.id,
        status=batch.status,
        counts=PlanCounts(**counts),
        **shown,
        truncated=any(count > _SHOWN for count in counts.values()),
        items_url=f"{prefix}/api/plans/{batch.id}/items",
        forecast=forecast,
        totals=known.totals if known else None,
        message=_message(counts, forecast),
        created_at=batch.created_at,
    )


def _message(counts: Mapping[str, int], forecast: PlanForecast | None) -> str:
    said = ", ".join(f"{counts[action]:,} {word}" for action, word in _NAMED.items() if counts[action])
    if forecast is None:
        return f"Plan: {said}."
    channel = forecast.channel_note if counts["create"] else None
    more = "".join(f" {each}" for each in (forecast.daily_limit and forecast.daily_limit.message, channel) if each)
    return f"Plan: {said}. {forecast.message}{more} Nothing has been changed yet."
