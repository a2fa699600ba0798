"""What a person can choose to be notified of: single conditions of the registry, and groups of events. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from boeing_data_hub.health import conditions
from boeing_data_hub.health.conditions import Condition

URGENT: Final = "urgent"
ATTENTION: Final = "attention"
DIGEST: Final = "digest"
MY_RUNS: Final = "my_runs"
RUNS: Final = "runs"

GROUPS: Final[Mapping[str, str]] = {
    URGENT: "Everything urgent: pauses that need a person, missing workers, stalled work",
    ATTENTION: "Everything that waits for a decision, once a day each",
    DIGEST: "The daily digest",
    MY_RUNS: "A run that you started has ended",
    RUNS: "Any run that a person started has ended",
}
"""The groups, each with its meaning."""

_PAUSES: Final[Mapping[str, str]] = {"boeing": "boeing_paused", "shopify": "store_paused"}
_AT_WORK: Final = (conditions.NO_WORKER, conditions.NO_PROGRESS, conditions.HELD_LONG, conditions.LEFTOVERS_STAY)
_WAITING: Final = (
    conditions.CONFLICTS,
    conditions.LEFTOVERS,
    conditions.PLANS,
    conditions.ADOPTION,
    conditions.IN_DOUBT,
    conditions.REVIEWS,
    conditions.HELD_CHANGES,
    conditions.NOT_COMPARED,
)
WAITING: Final = frozenset(kind.code for kind in _WAITING)
"""Codes of conditions that wait for a person."""

SINGLE: Final[Mapping[str, str]] = {
    "boeing_paused": "calls to Boeing are paused automatically",
    "store_paused": "calls to the store are paused automatically",
    **{kind.code: kind.meaning for kind in (*_AT_WORK, *_WAITING)},
}
"""Single events, each with when it happens."""

EVERY: Final[Mapping[str, str]] = {**GROUPS, **SINGLE}
"""All names that a target can list, with their meaning."""


def event_of(condition: Condition) -> str:
    """The name under which a condition is chosen: its code, or one name for all automatic pauses of an upstream."""
    if condition.code in SINGLE:
        return condition.code
    return _PAUSES.get(condition.about, condition.code)


def wants(chosen: Collection[str], condition: Condition) -> bool:
    """True if somebody who chose these events is notified of the condition."""
    if condition.urgent and URGENT in chosen:
        return True
    event = event_of(condition)
    return event in chosen or (ATTENTION in chosen and event in WAITING)


def needs_counts(chosen: Collection[str]) -> bool:
    """True if one of these events is found only by counting what waits for a person."""
    return ATTENTION in chosen or not WAITING.isdisjoint(chosen)
