"""The chores: what is done at intervals, how often, and with which retention. A chore is a function that does one
portion.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from boeing_data_hub.batches import retention
from boeing_data_hub.batches.retention import Portion
from boeing_data_hub.db import audit
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.health import record_retention as rr
from boeing_data_hub.settings import Settings
from boeing_data_hub.work import batches

A_DAY: Final = 86_400.0
AN_HOUR: Final = 3_600.0
_ACTOR: Final = "housekeeping"
_EXPIRED: Final = "This plan was discarded because it was not approved within {} days. Nothing was sent."


@dataclass(frozen=True, slots=True)
class Chore:
    """A recurring job.

    Attributes:
        name: in `hub.chores`.
        what: a short description.
        do: does one portion, starting from a cursor.
        every: seconds between the starts of two rounds.
        days: the retention; None for a chore that removes nothing.
        count: counts the rows that a removal would touch.
    """

    name: str
    what: str
    do: Callable[[Work, Any], Portion]
    every: float = A_DAY
    days: int | None = None
    count: Callable[[Work], int] | None = None


_FOR_EVER: Final = 36_500


def removals(settings: Settings) -> list[Chore]:
    """The chores that delete data after its retention (the settings `HUB_KEEP_..._DAYS`)."""
    s = settings
    keep_expired = s.hub_keep_items_days or _FOR_EVER  # resolved leftovers and conflicts are kept as long as items
    return [
        _removal("keys", "used idempotency keys", s.hub_keep_keys_days, retention.release_keys, retention.count_keys),
        _removal("answers", "older Boeing responses", _keep_answers_days(s), rr.remove_answers, rr.count_answers),
        _removal(
            "items",
            "parts and plans of finished runs",
            s.hub_keep_items_days,
            retention.remove_items,
            retention.count_items,
        ),
        _removal(
            "changes",
            "undo data of publish runs",
            s.hub_keep_changes_days,
            retention.remove_changes,
            retention.count_changes,
        ),
        _removal("calls", "Shopify call log", s.hub_keep_calls_days, rr.remove_calls, rr.count_calls),
        _removal("audit", "audit log", s.hub_keep_audit_days, rr.remove_audit, rr.count_audit),
        _removal("quotes", "quotes", s.hub_keep_quotes_days, rr.remove_quotes, rr.count_quotes),
        _removal("history", "price and stock history", s.hub_keep_history_days, rr.remove_history, rr.count_history),
        _removal("plans", "unapproved plans", s.hub_keep_plans_days, discard_old_plan, retention.count_plans),
        _removal("expired", "sessions, drafts, caches", keep_expired, rr.remove_expired, rr.count_expired),
    ]


def _keep_answers_days(settings: Settings) -> int:
    """The chore that deletes answers; never one that may still be reused."""
    reusable = -(-settings.hub_reuse_fresh_for // 86_400) + 1
    return max(settings.hub_keep_answers_days, reusable) if settings.hub_keep_answers_days else 0


def _removal(
    name: str, what: str, days: int, remove: Callable[[Work, int, Any], Portion], count: Callable[[Work, int], int]
) -> Chore:
    return Chore(
        name,
        what,
        lambda work, cursor: remove(work, days, cursor) if days else Portion(0, is_last=True),
        days=days,
        count=lambda work: count(work, days) if days else 0,
    )


def discard_old_plan(work: Work, days: int, _cursor: Any) -> Portion:
    """Discard one plan that has waited for `days` days, as a person would."""
    if retention.next_old_plan(work, days) is None:
        return Portion(0, is_last=True)
    batches.hold_ledger(work, alone=True)
    plan = retention.next_old_plan(work, days)  # checked again under the lock, so that it cannot be approved meanwhile
    if plan is None or not batches.cancel(work, plan, why=_EXPIRED.format(days)):
        return Portion(0, is_last=True)
    audit.record(work, actor=_ACTOR, action="plan.expire", target=str(plan), details={"days": days})
    return Portion(1)
