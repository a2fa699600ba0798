"""Selects the parts to ask for next, at a cost that does not grow with the number of parts. Pure.

Parts of similar weight and rate form a class. Within a class the oldest answer is worth most, so only the oldest part
of each class competes: a few hundred, for a thousand parts or a million.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from heapq import nlargest
from math import log2
from typing import Final

from boeing_data_hub.sync.worth import value

_STEPS: Final = 2  # classes per doubling of weight or rate, so that members differ from the middle by at most a fifth
_SPAN: Final = 100  # rate classes per weight class
_ZERO: Final = 50  # the class of a weight or rate of 1


@dataclass(frozen=True, slots=True)
class Candidate:
    """A part that sync may ask for: its class, and the days since its last answer."""

    sku: str
    part_class: int
    age: float


def class_of(weight: float, rate: float) -> int:
    """The class for this weight and rate (changes a day), both above 0."""
    return _step(weight) * _SPAN + _step(rate)


@cache
def middle_of(part_class: int) -> tuple[float, float]:
    """The weight and rate at the middle of a class."""
    weight, rate = divmod(part_class, _SPAN)
    return _size(weight), _size(rate)


def worth(candidate: Candidate) -> float:
    """The value of asking for a part now, computed from the middle of its class."""
    weight, rate = middle_of(candidate.part_class)
    return value(weight, rate, candidate.age)


def choose(
    heads: Iterable[Candidate], oldest_of: Callable[[Sequence[int]], Iterable[Candidate]], *, count: int
) -> list[str]:
    """The `count` parts with the highest value now, the best first.

    Only members of the `count` best heads' classes need to be read: those heads beat every other part.

    Args:
        heads: the oldest part of each class.
        oldest_of: the `count` oldest parts of each of these classes.
        count: how many parts.
    """
    best = nlargest(count, heads, key=worth)
    rivals = oldest_of([head.part_class for head in best])
    return [candidate.sku for candidate in nlargest(count, rivals, key=worth)]


def _step(size: float) -> int:
    return min(_SPAN - 1, max(0, round(log2(size) * _STEPS) + _ZERO)) if size > 0 else 0


def _size(step: int) -> float:
    return float(2.0 ** ((step - _ZERO) / _STEPS))
