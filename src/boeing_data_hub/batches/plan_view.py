"""A plan as it is shown: the number of parts by action, examples of each, and the estimate."""

from __future__ import annotations

from typing import Any, Final

from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify import plans
from boeing_data_hub.work.batch import Batch

ACTIONS: Final = ("create", "update", "restock", "unchanged", "blocked", "conflict")
_SHOWN: Final = 100  # parts of each kind in one response; the pages show all


def plan_document(
    work: Work, batch: Batch, *, forecast: dict[str, Any] | None = None, prefix: str = ""
) -> dict[str, Any]:
    """The plan of a run.

    Args:
        work: the transaction.
        batch: the run that the plan belongs to.
        forecast: the estimate made with the plan; None when the plan is shown later, because it is outdated then.
        prefix: the path that every URL begins with.
    """
    counted = plans.counts(work, batch.id)
    counts = {action: counted.get(action, 0) for action in ACTIONS}
    shown = {action: plans.page(work, batch.id, limit=_SHOWN, action=action) for action in ACTIONS if counts[action]}
    return {
        "plan_id": str(batch.id),
        "status": batch.status,
        "counts": counts,
        **{action: shown.get(action, []) for action in ACTIONS},
        "truncated": any(count > _SHOWN for count in counts.values()),
        "items_url": f"{prefix}/api/plans/{batch.id}/items",
        "forecast": forecast,
        "totals": (forecast or batch.options.get("forecast") or {}).get("totals"),
        "message": _message(counts, forecast),
        "created_at": batch.created_at,
    }


def _message(counts: dict[str, int], forecast: dict[str, Any] | None) -> str:
    named = {
        "create": "to create", "update": "to update", "restock": "to restock", "unchanged": "unchanged",
        "blocked": "not for sale", "conflict": "in conflict",
    }  # fmt: skip
    said = ", ".join(f"{counts[action]:,} {word}" for action, word in named.items() if counts[action])
    if forecast is None:
        return f"Plan: {said}."
    daily = forecast["daily_limit"]
    channel = forecast.get("channel_note") if counts["create"] else None
    more = "".join(f" {each}" for each in (daily["message"] if daily else None, channel) if each)
    return f"Plan: {said}. {forecast['message']}{more} Nothing has been changed yet."
