"""What another price list would change, as figures: counts, the median, a histogram, the biggest moves. Pure.

Memory does not grow with the catalogue: the median is kept by hundredths of a percent.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from boeing_data_hub.catalogue.pricing import Prices
from boeing_data_hub.values.counted import counted

BIGGEST: Final = 20
"""Moves that a preview shows; the file has all of them."""

_EDGES: Final = (-50, -25, -10, -5, -2, 0, 2, 5, 10, 25, 50)
"""Percent at which the bars of the histogram meet."""
_MOST_BASIS_POINTS: Final = 1_000_000  # a move of more than 10,000 % counts as this


class PriceMove(NamedTuple):
    """A part whose price would change. No `old` or no `new`: it has no price.

    Attributes:
        rule: the place of the rule that makes the new price; None: the default rule.
        cost: what the part costs us, by the new rule.
        in_store: True if it is live in the store.
    """

    sku: str
    old: Decimal | None
    new: Decimal | None
    cost: Decimal | None
    rule: int | None
    in_store: bool

    @property
    def percent(self) -> Decimal | None:
        """The change in percent, to a hundredth; None without an old or a new price."""
        if self.old is None or self.new is None:
            return None
        return ((self.new - self.old) * 100 / self.old).quantize(Decimal("0.01"))

    @property
    def ratio(self) -> Decimal | None:
        """The new price divided by the old one, to four places; None without one of them. Files have it, because
        spreadsheets take text with a sign in front for a formula.
        """
        if self.old is None or self.new is None:
            return None
        return (self.new / self.old).quantize(Decimal("0.0001"))

    @property
    def is_below_cost(self) -> bool:
        """True if the new price is below the cost."""
        return self.new is not None and self.cost is not None and self.new < self.cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar of the histogram: moves above `above` percent and up to `up_to`; None: no bound on this side."""

    above: int | None
    up_to: int | None
    parts: int

    @property
    def label(self) -> str:
        """The percentages, for people."""
        if self.above is None:
            return f"up to {self.up_to}"
        return f"over {self.above}" if self.up_to is None else f"{self.above} to {self.up_to}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePreview:
    """What putting a price list into force would change, compared with what is in force now.

    Attributes:
        version: the list; None: the settings alone. `against`: what is in force.
        parts: how many were compared: all of the catalogue except those with a manual price or with doubtful data.
        changed: prices that would change; of these, `in_store` are live in the store.
        gained: parts that have a price only by the new list, `lost`: those that have none by it.
        below_cost: changed prices that would be below the cost.
        median: percent; None if no price moves.
        by_rule: parts by the place of the rule that would price them; "last": the default rule, "none": no price.
    """

    version: int | None
    against: int | None
    parts: int
    changed: int
    up: int
    down: int
    gained: int
    lost: int
    in_store: int
    below_cost: int
    median: Decimal | None
    histogram: Sequence[Bar]
    biggest: Sequence[PriceMove]
    by_rule: Mapping[str, int]

    @property
    def sentence(self) -> str:
        """The figures in one sentence."""
        if not self.changed:
            return f"No price changes; {counted(self.parts, 'part')} compared."
        told = [f"{counted(self.changed, 'price')} {'changes' if self.changed == 1 else 'change'}"]
        if self.median is not None:
            told.append(f"median {self.median:+.1f} %")
        if self.lost:
            told.append(f"{self.lost:,} would have no price")
        told.append(f"{self.below_cost:,} would be below cost")
        return f"{', '.join(told)}."


class PreviewFigures:
    """Adds up a preview, part by part."""

    def __init__(self, *, version: int | None, against: int | None) -> None:
        self._version = version
        self._against = against
        self._counts = Counter[str]()
        self._points = Counter[int]()
        self._rules = Counter[str]()
        self._biggest: list[tuple[int, int, PriceMove]] = []

    def priced(self, new: Prices) -> None:
        """A part was compared."""
        self._rules["none" if new.price is None else str(new.rule or "last")] += 1

    def moved(self, move: PriceMove) -> None:
        """The price of a part would change."""
        counts = self._counts
        counts["changed"] += 1
        counts["in_store"] += move.in_store
        counts["below_cost"] += move.is_below_cost
        if move.old is None or move.new is None:
            counts["gained" if move.old is None else "lost"] += 1
            return
        counts["up" if move.new > move.old else "down"] += 1
        points = round((move.new - move.old) * 10_000 / move.old)
        self._points[max(-_MOST_BASIS_POINTS, min(_MOST_BASIS_POINTS, points))] += 1
        # The count breaks ties, so that moves themselves are never compared; the first of two equal ones stays.
        entry = (abs(points), -counts["changed"], move)
        if len(self._biggest) < BIGGEST:
            heapq.heappush(self._biggest, entry)
        elif entry > self._biggest[0]:
            heapq.heapreplace(self._biggest, entry)

    def preview(self) -> PricePreview:
        """The figures so far."""
        counts = self._counts
        return PricePreview(
            version=self._version,
            against=self._against,
            parts=self._rules.total(),
            changed=counts["changed"],
            up=counts["up"],
            down=counts["down"],
            gained=counts["gained"],
            lost=counts["lost"],
            in_store=counts["in_store"],
            below_cost=counts["below_cost"],
            median=_median(self._points),
            histogram=_histogram(self._points),
            biggest=[move for _, _, move in sorted(self._biggest, reverse=True)],
            by_rule=dict(self._rules),
        )


def _median(points: Mapping[int, int]) -> Decimal | None:
    total, seen = sum(points.values()), 0
    for point in sorted(points):
        seen += points[point]
        if seen * 2 >= total:
            return Decimal(point).scaleb(-2)
    return None


def _histogram(points: Mapping[int, int]) -> list[Bar]:
    bounds: list[int | None] = [None, *_EDGES, None]
    bars = [0] * (len(bounds) - 1)
    for point, parts in points.items():
        bars[sum(point > edge * 100 for edge in _EDGES)] += parts
    return [
        Bar(above=above, up_to=up_to, parts=parts)
        for above, up_to, parts in zip(bounds, bounds[1:], bars, strict=False)
    ]
