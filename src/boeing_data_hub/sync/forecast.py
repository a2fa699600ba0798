"""How fresh sync will keep the store, at a number of parts and calls: the best constant intervals by the rule of
`worth.py`, which sync comes close to while it learns. Pure.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, expm1, inf
from random import Random
from typing import Final

from boeing_data_hub.sync.learning import Priors
from boeing_data_hub.sync.worth import combined_rate, value

_RATES: Final = 300  # parts that stand for all
_DEMANDS: Final = 40
_LEARNING: Final = 1.1  # sync's share over the optimum's at most, by `benchmarks/freshness.py`
_SEED: Final = 1

# value(1, 1, u) by u: how long to wait for a wanted value is looked up here.
_WAITS: Final = [exp(-12 + 18 * step / 2000) for step in range(2001)]
_VALUES: Final = [value(1.0, 1.0, wait) for wait in _WAITS]


@dataclass(frozen=True, slots=True)
class Group:
    """Parts that are alike.

    Attributes:
        parts: how many.
        weight: of each, see `worth.weight`.
        price_rate, stock_rate: changes a day, above 0.
    """

    parts: float
    weight: float
    price_rate: float
    stock_rate: float

    @property
    def rate(self) -> float:
        """The rate that counts."""
        return combined_rate(self.price_rate, self.stock_rate)

    def wrong(self, every: float) -> float:
        """The share of time in which what the store shows is wrong, if these parts are asked so many days apart."""
        return 0.5 * _wrong(self.price_rate, every) + 0.5 * _wrong(self.stock_rate, every)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Shares of time, weighted by demand, in which a price or a stock in the store is wrong.

    Attributes:
        low: by the best possible intervals; `high`: what sync reaches at most, for it must learn the rates.
        in_turn: if all parts were asked in turn.
        every_days: days between two answers for a part, when all are asked in turn.
    """

    low: float
    high: float
    in_turn: float
    every_days: float


def groups_of(priors: Priors, *, parts: int) -> list[Group]:
    """A catalogue with these rates of change, whose demand is Zipf's: a few parts have most of it.

    The same on every machine: the rates are drawn with a fixed seed.
    """
    chance = Random(_SEED)  # noqa: S311 - a sample
    rates = [
        (
            max(1e-6, chance.gammavariate(priors.price.changes, 1.0 / priors.price.days)),
            max(1e-6, chance.gammavariate(priors.stock.changes, 1.0 / priors.stock.days)),
        )
        for _ in range(_RATES)
    ]
    bounds = sorted({round(parts ** (step / _DEMANDS)) for step in range(_DEMANDS + 1)} | {0, parts})
    found: list[Group] = []
    for first, last in pairwise(bounds):
        weight = 1.0 / ((first + 1 + last) / 2.0)
        found.extend(Group((last - first) / _RATES, weight, price, stock) for price, stock in rates)
    return found


def forecast(groups: Sequence[Group], *, answers_a_day: float) -> Forecast:
    """How fresh these parts stay with so many answers a day. Takes a second of processor time at most.

    Args:
        groups: of all parts, of which there is at least one.
        answers_a_day: calls a day times the parts of a call, above 0.
    """
    rates = [(group.rate, group) for group in groups]

    def intervals(price: float) -> list[float]:
        return [_interval(price * rate / group.weight) / rate for rate, group in rates]

    def used(price: float) -> float:
        return sum(group.parts / every for group, every in zip(groups, intervals(price), strict=True))

    best = intervals(_solved(used, answers_a_day))
    every = sum(group.parts for group in groups) / answers_a_day
    low = _mean(groups, best)
    turn = _mean(groups, [every] * len(groups))
    return Forecast(low, min(low * _LEARNING, turn), turn, every)


def _solved(used: Callable[[float], float], budget: float) -> float:
    """The value of an answer at which the best intervals use up the budget."""
    low, high = 1e-12, 1e12
    while high / low > 1.002:  # noqa: PLR2004 - a fifth of a percent
        middle = (low * high) ** 0.5
        low, high = (middle, high) if used(middle) > budget else (low, middle)
    return high


def _interval(wanted: float) -> float:
    """Expected changes until an answer is worth `wanted` (in units of weight / rate); never: infinite."""
    return _WAITS[min(len(_WAITS) - 1, bisect_left(_VALUES, wanted))] if wanted < 1.0 else inf


def _mean(groups: Sequence[Group], intervals: Sequence[float]) -> float:
    heavy = sum(group.parts * group.weight for group in groups)
    wrong = sum(group.parts * group.weight * group.wrong(every) for group, every in zip(groups, intervals, strict=True))
    return wrong / heavy


def _wrong(rate: float, every: float) -> float:
    changes = rate * every
    if changes == inf:
        return 1.0
    return 1.0 + expm1(-changes) / changes if changes > 1e-9 else 0.0  # noqa: PLR2004 - the terms cancel out
