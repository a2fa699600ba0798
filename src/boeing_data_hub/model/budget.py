"""The store's cost budget: a bucket of points that refills all the time, shared by every process of ours.

Pure. `budget.py` keeps the state in Postgres. We hold our own account of the bucket (what was granted, given back and
refilled) and correct it by what the store says of itself. A correction downwards is believed at once. Upwards only by a
tenth at a time: a figure from the store is a little old, and calls under way may or may not be in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

SMALLEST_BUCKET: Final = 2_000.0
"""Points in the bucket of the smallest plan: assumed until the store has answered once, and never after."""

SMALLEST_RATE: Final = 100.0
"""Points a second of the smallest plan; see `SMALLEST_BUCKET`."""

PLANS: Final[Mapping[str, float]] = {
    "basic": 100.0,
    "grow": 100.0,
    "standard": 100.0,
    "advanced": 200.0,
    "plus": 1_000.0,
    "enterprise": 2_000.0,
}
"""Points a second by plan, as the store's documentation has them; its bucket holds twenty times as many."""

BUCKET_SECONDS: Final = 20.0
"""Seconds in which an empty bucket is full again."""

HOLDING_SECONDS: Final = 60.0
"""After this silence a holder is taken for dead, and what it held for spent."""

_MARGIN_SHARE = 0.02  # of the bucket, never planned with: the clocks of two hosts and rounded figures
_UPWARD_SHARE = 0.1
_PREFETCH_SHARE = 0.25  # of what is free: a process that takes ahead must leave the others enough


@dataclass(frozen=True, slots=True)
class Holding:
    """Points a process has been granted and not yet accounted for; `at` is when it last reported."""

    points: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Budget:
    """The account of one store's bucket.

    Attributes:
        as_of: the moment `free` is true for.
        free: points in the bucket that nobody has been granted; below 0 when grants lie ahead of the refill.
        maximum: points the bucket holds.
        restore_rate: points a second.
        known: whether the store has told us the last two.
        paused_until: nobody is granted anything that begins before this moment.
        holdings: what each process holds, by its name.
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
        """Points that are never planned with."""
        return self.maximum * _MARGIN_SHARE


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the store said of its bucket (`throttleStatus`), `age` seconds ago."""

    maximum: float
    restore_rate: float
    available: float
    age: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """What a process tells the account.

    Attributes:
        holder: its name.
        held: points it holds now: kept ready, or in calls under way.
        refund: points it was granted and did not need since its last report; below 0 when calls cost more than thought.
        sighting: the newest word of the store, if there is one since the last report.
    """

    holder: str
    held: float
    refund: float = 0.0
    sighting: Sighting | None = None


@dataclass(frozen=True, slots=True)
class Ration:
    """What a reservation gives: `points` to be used not before `wait` seconds from now; 0 points: ask again then."""

    points: float
    wait: float


def refill(budget: Budget, now: datetime) -> Budget:
    """The account at this moment: refilled up to the brim, without the holdings of the dead."""
    alive = {
        name: holding
        for name, holding in budget.holdings.items()
        if (now - holding.at).total_seconds() < HOLDING_SECONDS
    }
    passed = max(0.0, (now - budget.as_of).total_seconds())
    after = replace(budget, as_of=max(now, budget.as_of), holdings=alive)
    return _brimmed(after, budget.free + passed * budget.restore_rate)


def report(budget: Budget, now: datetime, told: Report) -> Budget:
    """The account after a process has told what it holds, gives back and has seen."""
    budget = refill(budget, now)
    holdings = {**budget.holdings, told.holder: Holding(told.held, now)}
    if told.held <= 0:
        del holdings[told.holder]
    budget = _brimmed(replace(budget, holdings=holdings), budget.free + told.refund)
    return budget if told.sighting is None else _corrected(budget, told.sighting)


def reserve(
    budget: Budget, now: datetime, holder: str, *, points: float, wanted: float, horizon: float
) -> tuple[Budget, Ration]:
    """Grant `points`, in the order of asking; where plenty is free, up to `wanted`, to save the next questions.

    A grant may lie ahead of the refill: its holder waits for `Ration.wait`. So cheap calls do not starve a dear one.

    Args:
        budget: the account.
        now: by the clock all processes share.
        holder: who asks.
        points: what one call may cost. More than the bucket can ever hold is counted as a full one.
        wanted: what would be used soon, at least `points`.
        horizon: the longest wait in seconds that is granted.
    """
    budget = refill(budget, now)
    points = min(points, budget.maximum - budget.margin)
    usable = budget.free - budget.margin
    wait = max(0.0, (points - usable) / budget.restore_rate)
    if budget.paused_until is not None:
        wait = max(wait, (budget.paused_until - now).total_seconds())
    if wait > horizon:
        return budget, Ration(0.0, wait - horizon)
    plenty = wait <= 0 and budget.known
    granted = max(points, min(wanted, usable * _PREFETCH_SHARE)) if plenty else points
    before = budget.holdings.get(holder)
    holding = Holding((before.points if before else 0.0) + granted, now)
    after = replace(budget, free=budget.free - granted, holdings={**budget.holdings, holder: holding})
    return after, Ration(granted, wait)


def refused(budget: Budget, now: datetime, seconds: float) -> Budget:
    """The account after a refusal that named no figures (HTTP 429): nobody calls for so long."""
    until = now + timedelta(seconds=seconds)
    return replace(refill(budget, now), paused_until=max(until, budget.paused_until or until))


def _brimmed(budget: Budget, free: float) -> Budget:
    # What is granted is still in the bucket until it is spent, so together they cannot exceed the brim.
    return replace(budget, free=min(free, budget.maximum - budget.held))


def _corrected(budget: Budget, seen: Sighting) -> Budget:
    if seen.maximum <= 0 or seen.restore_rate <= 0:
        return budget  # no bucket we know of is like this; better our own figures than a division by zero
    figures_changed = (seen.maximum, seen.restore_rate) != (budget.maximum, budget.restore_rate)
    # Every call under way is taken as not yet charged: at worst we think the bucket emptier than it is.
    seen_free = min(seen.available + seen.age * seen.restore_rate, seen.maximum) - budget.held
    if figures_changed or not budget.known or seen_free < budget.free:
        free = seen_free
    else:
        free = budget.free + (seen_free - budget.free) * _UPWARD_SHARE
    return _brimmed(replace(budget, maximum=seen.maximum, restore_rate=seen.restore_rate, known=True), free)
