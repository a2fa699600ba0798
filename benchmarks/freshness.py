"""How fresh a store stays: sync's rules against a simulated population whose rates they do not know.

`python -m benchmarks.freshness` simulates 20,000 and 100,000 parts at 2 calls of 10 parts a minute: rates are lognormal
with 40 % of the parts changing within a week, demand is Zipf's. It compares the demand-weighted share of time in which
an answer is wrong with the optimum that knows every rate, and with asking in turn; then it measures a choice of ten
among a million parts. `tests/sync/test_simulation.py` runs a shorter one.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import exp, expm1
from typing import Final

from boeing_data_hub.sync.choice import Candidate, choose, class_of
from boeing_data_hub.sync.rates import STOCK_PRIOR, Evidence, Sums, fit, learn, rate
from boeing_data_hub.sync.worth import value

_PER_CALL: Final = 10
_CALLS_A_DAY: Final = 2 * 60 * 24
_SIGMA: Final = 1.5  # of the lognormal rates
_CHANGED_IN_A_WEEK: Final = 0.4
_WAITING: Final = 0.2  # days between two fits of the prior


@dataclass(frozen=True, slots=True)
class Population:
    """Parts with rates (changes a day) that nobody is told, and weights that everybody knows."""

    rates: Sequence[float]
    weights: Sequence[float]


def population(size: int, seed: int) -> Population:
    """A population by a seed, the same on every machine."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    spread = [exp(chance.gauss(0.0, _SIGMA)) for _ in range(size)]
    low, high = 1e-6, 10.0
    while high / low > 1.001:  # the median at which the wanted share changes within a week
        middle = (low * high) ** 0.5
        changed = sum(-expm1(-7.0 * middle * one) for one in spread) / size
        low, high = (middle, high) if changed < _CHANGED_IN_A_WEEK else (low, middle)
    ranks = list(range(1, size + 1))
    chance.shuffle(ranks)
    total = sum(1.0 / rank for rank in ranks)
    return Population([low * one for one in spread], [size / total / rank for rank in ranks])


class Classes:
    """Parts by class, those asked longest ago first: what the table's index is in the hub."""

    def __init__(self) -> None:
        self._queues: dict[int, deque[tuple[int, float]]] = {}
        self.now = 0.0

    def add(self, part: int, part_class: int) -> None:
        """A part that was asked just now."""
        self._queues.setdefault(part_class, deque()).append((part, self.now))

    def take(self, count: int) -> list[int]:
        """The parts with the highest value now; they are in no class until they are added again."""
        chosen = [int(sku) for sku in choose(self._heads(), self._oldest, count=count)]
        leaving = set(chosen)
        for part_class in list(self._queues):
            queue = self._queues[part_class]
            while queue and queue[0][0] in leaving:
                queue.popleft()
            if not queue:
                del self._queues[part_class]
        return chosen

    def _heads(self) -> Iterator[Candidate]:
        return (Candidate(str(queue[0][0]), one, self.now - queue[0][1]) for one, queue in self._queues.items())

    def _oldest(self, classes: Sequence[int]) -> Iterable[Candidate]:
        for one in classes:
            for part, at in islice(self._queues[one], _PER_CALL):
                yield Candidate(str(part), one, self.now - at)


def simulate(parts: Population, *, calls_a_day: float, days: float, watched: float, seed: int) -> float:
    """The demand-weighted share of wrong time within the last `watched` days, with rates learned from nothing."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    size = len(parts.rates)
    evidence = [Evidence()] * size
    asked_at = [0.0] * size
    prior, fitted = STOCK_PRIOR, 0.0
    classes = Classes()
    order = list(range(size))
    chance.shuffle(order)
    for part in order:
        classes.add(part, class_of(parts.weights[part], rate(prior, evidence[part])))
    wrong, since = 0.0, days - watched
    gap = 1.0 / calls_a_day
    for call in range(round(days * calls_a_day)):
        now = classes.now = (call + 1) * gap
        for part in classes.take(_PER_CALL):
            age = now - asked_at[part]
            changed = chance.random() < -expm1(-parts.rates[part] * age)
            evidence[part] = learn(evidence[part], prior, age=age, changed=changed)
            wrong += parts.weights[part] * _wrong_days(parts.rates[part], asked_at[part], now, since)
            asked_at[part] = now
            classes.add(part, class_of(parts.weights[part], rate(prior, evidence[part])))
        if now - fitted > _WAITING:
            prior, fitted = fit(_sums(evidence), STOCK_PRIOR), now
    for part in range(size):
        wrong += parts.weights[part] * _wrong_days(parts.rates[part], asked_at[part], days, since)
    return wrong / watched / sum(parts.weights)


def _wrong_days(rate: float, asked_at: float, until: float, since: float) -> float:
    """Expected days of wrong answers between two askings, from `since` on."""
    first = max(asked_at, since)
    if until <= first:
        return 0.0
    return (until - first) - (exp(-rate * (first - asked_at)) - exp(-rate * (until - asked_at))) / rate


def _sums(evidence: Sequence[Evidence]) -> Sums:
    told = [one for one in evidence if one.days > 0]
    return Sums(
        sum(one.changes for one in told),
        sum(one.days for one in told),
        sum(one.changes**2 for one in told),
        sum(one.changes * one.days for one in told),
        sum(one.days**2 for one in told),
    )


def in_turn(parts: Population, *, calls_a_day: float) -> float:
    """The same share when all parts are asked in turn."""
    every = len(parts.rates) / (calls_a_day * _PER_CALL)
    return _share(parts, [every] * len(parts.rates))


def optimum(parts: Population, *, calls_a_day: float) -> float:
    """The same share at the best constant intervals, for one who knows every rate."""
    # v(u) = 1 - (1 + u) e^-u: the value, in units of weight / rate, after u expected changes.
    us = [exp(-12 + 18 * step / 4000) for step in range(4001)]
    vs = [value(1.0, 1.0, u) for u in us]

    def intervals(price: float) -> list[float]:
        found: list[float] = []
        for weight, rate_ in zip(parts.weights, parts.rates, strict=True):
            wanted = price * rate_ / weight
            found.append(_look_up(us, vs, wanted) / rate_ if wanted < 1.0 else float("inf"))
        return found

    budget = calls_a_day * _PER_CALL
    low, high = 1e-9, 1e9
    while high / low > 1.0005:
        middle = (low * high) ** 0.5
        used = sum(1.0 / every for every in intervals(middle))
        low, high = (middle, high) if used > budget else (low, middle)
    return _share(parts, intervals(high))


def _look_up(us: Sequence[float], vs: Sequence[float], wanted: float) -> float:
    low, high = 0, len(vs) - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if vs[middle] < wanted else (low, middle)
    part = (wanted - vs[low]) / (vs[high] - vs[low]) if vs[high] > vs[low] else 0.0
    return us[low] + min(1.0, max(0.0, part)) * (us[high] - us[low])


def _share(parts: Population, intervals: Sequence[float]) -> float:
    wrong = 0.0
    for weight, rate_, every in zip(parts.weights, parts.rates, intervals, strict=True):
        wrong += weight * (1.0 if every == float("inf") else 1.0 - -expm1(-rate_ * every) / (rate_ * every))
    return wrong / sum(parts.weights)


def choice_seconds(size: int) -> float:
    """Processor seconds of one choice of ten among `size` parts, the mean of a hundred."""
    parts = population(size, seed=3)
    chance = random.Random(4)  # noqa: S311 - a simulation
    classes = Classes()
    for part in range(size):
        classes.now = part / size
        guessed = parts.rates[part] * exp(chance.gauss(0.0, 0.3))
        classes.add(part, class_of(parts.weights[part], guessed))
    classes.now = 1.0
    began = time.process_time()
    for _ in range(100):
        classes.take(_PER_CALL)
    return (time.process_time() - began) / 100


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(argv: list[str] | None = None) -> int:
    """Simulate, measure, print; 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(prog="benchmarks.freshness", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--days", type=float, default=60.0)
    parser.add_argument("--watched", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(argv)
    kept = True
    for size in chosen.sizes:
        parts = population(size, chosen.seed)
        best = optimum(parts, calls_a_day=_CALLS_A_DAY)
        ours = simulate(parts, calls_a_day=_CALLS_A_DAY, days=chosen.days, watched=chosen.watched, seed=chosen.seed + 1)
        turn = in_turn(parts, calls_a_day=_CALLS_A_DAY)
        _say(
            f"{size:,} parts: optimum {best:.2%}, sync {ours:.2%} ({ours / best:.3f} x), in turn {turn:.2%}"
            f" ({turn / best:.2f} x)"
        )
        kept = kept and ours <= 1.1 * best
    seconds = choice_seconds(1_000_000)
    _say(f"choice of ten among 1,000,000 parts: {seconds * 1000:.1f} ms")
    return 0 if kept and seconds < 0.02 else 1


if __name__ == "__main__":
    sys.exit(main())
