"""A plan as people are told it: how many of each kind, examples of each, and what it will take."""

from __future__ import annotations

from typing import Any, Final

from boeing_data_hub.model.batches import Batch
from boeing_data_hub.store import plans
from boeing_data_hub.store.work import Work

ACTIONS: Final = ("create", "update", "restock", "unchanged", "blocked", "conflict")
_SHOWN: Final = 100  # parts of each kind in one answer; the pages have all


def plan_document(work: Work, batch: Batch, *, forecast: dict[str, Any] | None = None) -> dict[str, Any]:
    """The plan of a batch.

    Args:
        work: the transaction.
        batch: that the plan is of.
        forecast: made with the plan; None where it is looked at later, for it would not be true any more.
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
        "items_url": f"/api/plans/{batch.id}/items",
        "forecast": forecast,
        "message": _message(counts, forecast),
        "created_at": batch.created_at,
    }


def _message(counts: dict[str, int], forecast: dict[str, Any] | None) -> str:
    named = {
        "create": "created", "update": "updated", "restock": "restocked", "unchanged": "unchanged",
        "blocked": "blocked", "conflict": "in conflict",
    }  # fmt: skip
    said = ", ".join(f"{counts[action]:,} {word}" for action, word in named.items() if counts[action])
    if forecast is None:
        return f"Plan: {said}."
    daily = forecast["daily_limit"]
    return f"Plan: {said}. {forecast['message']}{' ' + daily['message'] if daily else ''} Nothing was changed."
