"""Learns from a new answer whether a part's price and stock changed, how often they do, and its class. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from boeing_data_hub.catalogue.staged_part import StagedPart
from boeing_data_hub.sync.choice import class_of
from boeing_data_hub.sync.rates import PRICE_PRIOR, STOCK_PRIOR, Evidence, Prior, learn, rate
from boeing_data_hub.sync.worth import Demand, combined_rate, weight

_DAY: Final = 86_400.0
_KEPT: Final = Decimal("0.0001")  # prices are stored with four decimal places


@dataclass(frozen=True, slots=True)
class Priors:
    """The catalogue's priors for the rates of change."""

    price: Prior = PRICE_PRIOR
    stock: Prior = STOCK_PRIOR


@dataclass(frozen=True, slots=True)
class Known:
    """What sync knows about a part.

    Attributes:
        quoted: quote lines a day that requested it.
        sold: pieces sold a day.
        learned_at: time of the last answer that was compared (UTC).
        watched_days: days covered by its answers; the expected changes are within them.
    """

    sku: str
    weight: float
    quoted: float
    sold: float
    learned_at: datetime
    price_changes: float
    stock_changes: float
    watched_days: float


@dataclass(frozen=True, slots=True)
class Lesson:
    """The updated knowledge after another answer, and what changed."""

    sku: str
    learned_at: datetime
    price_changes: float
    stock_changes: float
    watched_days: float
    weight: float
    part_class: int
    price_moved: bool
    stock_moved: bool

    @property
    def changed(self) -> bool:
        """True if the store shows outdated data."""
        return self.price_moved or self.stock_moved


def lesson(known: Known, before: StagedPart, after: StagedPart, *, fetched_at: datetime, priors: Priors) -> Lesson:
    """Learn from an answer.

    Args:
        known: what is known about the part.
        before: the part in the previous answer.
        after: the part in this answer.
        fetched_at: time of this answer (UTC), later than `known.learned_at`.
        priors: the catalogue's.
    """
    age = (fetched_at - known.learned_at).total_seconds() / _DAY
    price_moved, stock_moved = _prices(before) != _prices(after), _stock(before) != _stock(after)
    price = learn(Evidence(known.price_changes, known.watched_days), priors.price, age=age, changed=price_moved)
    stock = learn(Evidence(known.stock_changes, known.watched_days), priors.stock, age=age, changed=stock_moved)
    price_now = after.net_price if after.net_price is not None else after.list_price
    heavy = weight(Demand(known.quoted, known.sold, price_now, in_stock=bool(after.inventory_quantity)))
    return Lesson(
        sku=known.sku,
        learned_at=fetched_at,
        price_changes=price.changes,
        stock_changes=stock.changes,
        watched_days=stock.days,
        weight=heavy,
        part_class=class_for(heavy, price, stock, priors),
        price_moved=price_moved,
        stock_moved=stock_moved,
    )


def class_for(weight: float, price: Evidence, stock: Evidence, priors: Priors) -> int:
    """The class of a part with this weight and evidence."""
    return class_of(weight, combined_rate(rate(priors.price, price), rate(priors.stock, stock)))


def _prices(part: StagedPart) -> tuple[object, ...]:
    amounts = [
        None if amount is None else amount.quantize(_KEPT, ROUND_HALF_UP)
        for amount in (part.list_price, part.net_price)
    ]
    return (*amounts, part.currency)


def _stock(part: StagedPart) -> tuple[object, ...]:
    return part.inventory_quantity, sorted((place.location, place.quantity) for place in part.locations)
