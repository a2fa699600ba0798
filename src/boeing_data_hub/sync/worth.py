"""The value of asking Boeing for a part now, from its weight, its rate of change and the age of its answer. Pure.

The rule is the threshold form of Olston & Pandey (WWW 2008) in the shape of Busa-Fekete et al. (arXiv 2502.02430):
asking in each free slot for the part with the highest value needs no schedule and adapts to the number of slots.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import exp, expm1, log1p
from typing import Final

_SERIES_BELOW: Final = 1e-3  # below this, the two terms of the formula cancel out
_PRICE_SHARE: Final = 0.5  # share of the cost of a wrong answer; the rest is for stock
_FLOOR: Final = 0.02  # lines a day assumed for a part without requests, so that every part gets its turn
_QUOTE_IS: Final = 0.3  # of a sale
_OUT_OF_STOCK: Final = 0.5  # a part out of stock cannot be ordered, but new stock can be missed
_USUAL_PRICE: Final = 100.0


@dataclass(frozen=True, slots=True)
class Demand:
    """What determines the cost of a part's outdated data.

    Attributes:
        quoted: quote lines a day that requested the part.
        sold: pieces sold in the store a day.
        price: Boeing's, in the store's currency; None if unknown.
        in_stock: True if Boeing has stock.
    """

    quoted: float = 0.0
    sold: float = 0.0
    price: Decimal | None = None
    in_stock: bool = True


def weight(demand: Demand) -> float:
    """The cost of one day of outdated data, relative to other parts.

    Demand times the square root of the price: a failed order of an expensive part costs more, but fewer are
    placed. A piece sold counts as a sale while less than one is sold a day. Above that, the logarithm grows more
    slowly, as such pieces are sold many to an order. The absolute size has no meaning.
    """
    lines = _FLOOR + _QUOTE_IS * max(0.0, demand.quoted) + log1p(max(0.0, demand.sold))
    price = float(demand.price) if demand.price is not None and demand.price > 0 else _USUAL_PRICE
    return float(lines * (price / _USUAL_PRICE) ** 0.5 * (1.0 if demand.in_stock else _OUT_OF_STOCK))


def combined_rate(price: float, stock: float) -> float:
    """The average of the rates of price and stock (changes a day), weighted by the cost of an error in each."""
    return _PRICE_SHARE * price + (1.0 - _PRICE_SHARE) * stock


def value(weight: float, rate: float, age: float) -> float:
    """The value of asking for a part now: `w/r * (1 - (1 + r*t) * exp(-r*t))`.

    It grows with age up to `weight / rate`, so a part that changes too often to keep up with yields
    to others.

    Args:
        weight: cost of one day of outdated data, 0 or more.
        rate: changes a day, 0 or more.
        age: days since the last answer; negative counts as 0.

    Returns:
        Cost, in the unit of `weight` times days.
    """
    changes = rate * max(0.0, age)
    if changes <= 0.0:
        return 0.0
    if changes < _SERIES_BELOW:
        return weight * max(0.0, age) * changes * (0.5 - changes / 3.0)
    return weight / rate * (-expm1(-changes) - changes * exp(-changes))
