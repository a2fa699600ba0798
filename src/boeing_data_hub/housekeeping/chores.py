"""What there is to do, how often, and after which term. Each chore is a function that does one small portion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from boeing_data_hub.store import audit, batches, keeping, records
from boeing_data_hub.store.keeping import Portion
from boeing_data_hub.store.work import Work

A_DAY: Final = 86_400.0
_ACTOR: Final = "housekeeping"
_EXPIRED: Final = "The hub discarded this plan: nobody approved it within {} days. Nothing was sent."


@dataclass(frozen=True, slots=True)
class Chore:
    """Something that is done now and then.

    Attributes:
        name: in `hub.chores`.
        what: is done, in a few words.
        do: one portion, from a cursor.
        every: seconds from the beginning of one round to the next.
        days: the term; None for a chore that is no removal.
        count: how many rows a removal would touch.
    """

    name: str
    what: str
    do: Callable[[Work, Any], Portion]
    every: float = A_DAY
    days: int | None = None
    count: Callable[[Work], int] | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """Days for which things are kept; 0: for ever."""

    keys: int
    answers: int
    items: int
    changes: int
    calls: int
    audit: int
    quotes: int
    plans: int


_FOR_EVER: Final = 36_500


def removals(terms: Terms) -> list[Chore]:
    """Everything that is removed, or has its term."""
    return [
        _removal("keys", "idempotency keys released", terms.keys, keeping.release_keys, keeping.count_keys),
        _removal(
            "answers", "Boeing's superseded answers", terms.answers, records.remove_answers, records.count_answers
        ),
        _removal("items", "items and plans of ended batches", terms.items, keeping.remove_items, keeping.count_items),
        _removal("changes", "what publishings changed", terms.changes, keeping.remove_changes, keeping.count_changes),
        _removal("calls", "answered calls to the store", terms.calls, records.remove_calls, records.count_calls),
        _removal("audit", "lines of the audit log", terms.audit, records.remove_audit, records.count_audit),
        _removal("quotes", "quotes, with their lines", terms.quotes, records.remove_quotes, records.count_quotes),
        _removal("plans", "plans nobody approved", terms.plans, discard_old_plan, keeping.count_plans),
        _removal(
            "expired",
            "sessions, drafts, sightings and the like",
            terms.items or _FOR_EVER,  # settled orphans and conflicts go with the items
            records.remove_expired,
            records.count_expired,
        ),
    ]


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
    """Discard one plan that has waited so long, as a person would."""
    if keeping.next_old_plan(work, days) is None:
        return Portion(0, is_last=True)
    batches.hold_ledger(work, alone=True)
    plan = keeping.next_old_plan(work, days)  # once more, now that nobody approves it at the same time
    if plan is None or not batches.cancel(work, plan, why=_EXPIRED.format(days)):
        return Portion(0, is_last=True)
    audit.record(work, actor=_ACTOR, action="plan.expire", target=str(plan), details={"days": days})
    return Portion(1)
