"""The store's cost budget: a continuously refilling bucket of points, shared by all processes.

Pure; `budget.py` keeps the state in Postgres. We keep our own account of the bucket (points granted, returned and
refilled) and correct it from the store's figures: downwards at once, upwards only by a tenth at a time, because the
store's figures are slightly old and may not include running calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

SMALLEST_BUCKET: Final = 2_000.0
"""Points in the bucket of the smallest plan, assumed until the store's first response."""

SMALLEST_RATE: Final = 100.0
"""Points per second of the smallest plan; see `SMALLEST_BUCKET`."""

PLANS: Final[Mapping[str, float]] = {
    "basic": 100.0,
    "grow": 100.0,
    "standard": 100.0,
    "advanced": 200.0,
    "plus": 1_000.0,
    "enterprise": 2_000.0,
}
"""Points per second by plan, from Shopify's documentation; the bucket holds twenty times as many."""

BUCKET_SECONDS: Final = 20.0
"""Seconds to refill an empty bucket."""

HOLDING_SECONDS: Final = 60.0
"""A holder silent for this long is considered dead, and its points spent."""

_MARGIN_SHARE = 0.02  # share of the bucket kept in reserve, for clock differences and rounding
_UPWARD_SHARE = 0.1
_PREFETCH_SHARE = 0.25  # share of the free points that one process may take in advance


@dataclass(frozen=True, slots=True)
class Holding:
    """Points granted to a process and not yet accounted for; `at` is its last report."""

    points: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Budget:
    """The account of one store's bucket.

    Attributes:
        as_of: the time of `free`.
        free: points not granted to anyone; negative if grants are ahead of the refill.
        maximum: points the bucket holds.
        restore_rate: points per second.
        known: True if the last two are the store's.
        paused_until: no grant begins before this time.
        holdings: by process name.
    """

    as_of: datetime
    free: float = SMALLEST_BUCKET
    maximum: float = SMALLEST_BUCKET
    restore_rate: float = SMALLEST_RATE
    known: bool = False
    paused_until: datetime | None = None
    holdings: Mapping[str, Holding] = field(default_factory=dict[str, Holding])

    @property
    def held(self) -> float:
        """Points granted to all processes together and not yet accounted for."""
        return sum(holding.points for holding in self.holdings.values())

    @property
    def margin(self) -> float:
        """Points kept in reserve."""
        return self.maximum * _MARGIN_SHARE

    @property
    def available(self) -> float:
        """Points in the bucket, at least 0: free ones, and granted ones not yet spent."""
        return max(0.0, self.free + self.held)


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """The store's figures of its bucket (`throttleStatus`), `age` seconds ago."""

    maximum: float
    restore_rate: float
    available: float
    age: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """A process's report to the account.

    Attributes:
        holder: its name.
        held: points it holds now: in advance, or in running calls.
        refund: granted points not needed since its last report; negative if calls cost more than expected.
        figures: the store's newest figures since the last report, if any.
    """

    holder: str
    held: float
    refund: float = 0.0
    figures: StoreFigures | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """The result of a reservation: `points` usable in `wait` seconds; 0 points: try again then."""

    points: float
    wait: float


def refill(budget: Budget, now: datetime) -> Budget:
    """The account at this time: refilled, and without the holdings of dead processes."""
    alive = {
        name: holding
        for name, holding in budget.holdings.items()
        if (now - holding.at).total_seconds() < HOLDING_SECONDS
    }
    passed = max(0.0, (now - budget.as_of).total_seconds())
    after = replace(budget, as_of=max(now, budget.as_of), holdings=alive)
    return _brimmed(after, budget.free + passed * budget.restore_rate)


def report(budget: Budget, now: datetime, sent: Report) -> Budget:
    """The account after a process's report."""
    budget = refill(budget, now)
    holdings = {**budget.holdings, sent.holder: Holding(sent.held, now)}
    if sent.held <= 0:
        del holdings[sent.holder]
    budget = _brimmed(replace(budget, holdings=holdings), budget.free + sent.refund)
    return budget if sent.figures is None else _corrected(budget, sent.figures)


def reserve(
    budget: Budget, now: datetime, holder: str, *, points: float, wanted: float, horizon: float
) -> tuple[Budget, Reservation]:
    """Grant `points`, first come, first served; up to `wanted` if plenty is free, to save later requests.

    A grant may be ahead of the refill: its holder waits for `Reservation.wait`. Cheap calls cannot starve expensive
    ones.

    Args:
        budget: the account.
        now: by the database's clock.
        holder: name of the process.
        points: maximum cost of one call, capped at a full bucket.
        wanted: what the process expects to use soon, at least `points`.
        horizon: maximum wait, in seconds.
    """
    budget = refill(budget, now)
    points = min(points, budget.maximum - budget.margin)
    usable = budget.free - budget.margin
    wait = max(0.0, (points - usable) / budget.restore_rate)
    if budget.paused_until is not None:
        wait = max(wait, (budget.paused_until - now).total_seconds())
    if wait > horizon:
        return budget, Reservation(0.0, wait - horizon)
    plenty = wait <= 0 and budget.known
    granted = max(points, min(wanted, usable * _PREFETCH_SHARE)) if plenty else points
    before = budget.holdings.get(holder)
    holding = Holding((before.points if before else 0.0) + granted, now)
    after = replace(budget, free=budget.free - granted, holdings={**budget.holdings, holder: holding})
    return after, Reservation(granted, wait)


def refused(budget: Budget, now: datetime, seconds: float) -> Budget:
    """The account after an HTTP 429 without figures: no calls for this long."""
    until = now + timedelta(seconds=seconds)
    return replace(refill(budget, now), paused_until=max(until, budget.paused_until or until))


def _brimmed(budget: Budget, free: float) -> Budget:
    # Granted points stay in the bucket until spent, so both together cannot exceed its size.
    return replace(budget, free=min(free, budget.maximum - budget.held))


def _corrected(budget: Budget, seen: StoreFigures) -> Budget:
    if seen.maximum <= 0 or seen.restore_rate <= 0:
        return budget  # no known bucket is like this, but avoid dividing by zero
    figures_changed = (seen.maximum, seen.restore_rate) != (budget.maximum, budget.restore_rate)
    # Assume that running calls are not charged yet: at worst we underestimate the bucket.
    seen_free = min(seen.available + seen.age * seen.restore_rate, seen.maximum) - budget.held
    if figures_changed or not budget.known or seen_free < budget.free:
        free = seen_free
    else:
        free = budget.free + (seen_free - budget.free) * _UPWARD_SHARE
    return _brimmed(replace(budget, maximum=seen.maximum, restore_rate=seen.restore_rate, known=True), free)
