"""Stock rules: which Boeing locations are sold from, how much is kept back, and how much is shown at most. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from types import MappingProxyType
from typing import Final


def _nothing() -> Mapping[str, int]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRules:
    """How much of Boeing's stock is offered (settings of the same names). Names of locations ignore case.

    Attributes:
        reserve_pieces: pieces of each part that are never offered.
        reserve_percent: share of each part's stock that is never offered, rounded up to whole pieces. The larger of
            the two counts.
        show_most: no part shows more pieces than this; None: no limit.
        not_sold: Boeing locations whose stock is never offered, whatever the location map says; in lower case.
        lead_days: days until stock at a Boeing location is with us; names in lower case.
    """

    reserve_pieces: int = 0
    reserve_percent: Decimal = Decimal(0)
    show_most: int | None = None
    not_sold: frozenset[str] = frozenset()
    lead_days: Mapping[str, int] = field(default_factory=_nothing)

    def sells_from(self, location: str) -> bool:
        """False if the location is one that never sells."""
        return folded(location) not in self.not_sold

    def reserve_of(self, pieces: int) -> int:
        """How many of a part's pieces are kept back."""
        share = (self.reserve_percent * pieces / 100).to_integral_value(ROUND_CEILING)
        return min(pieces, max(self.reserve_pieces, int(share)))

    def lead_days_of(self, location: str, usual: int | None) -> int | None:
        """The lead time of stock at a location; `usual` where none is set for it."""
        return self.lead_days.get(folded(location), usual)


ALL_STOCK: Final = StockRules()
"""Nothing is kept back or hidden."""


def folded(location: str) -> str:
    """The name of a location as the rules compare it."""
    return " ".join(location.split()).casefold()


def levelled(stock: Mapping[str, int], most: int) -> dict[str, int]:
    """Stock by location with at most so many pieces in total, taken from the fullest locations.

    Small locations keep what they have, and the figure of a location changes only if it has to: less noise in the
    store than a share of each. Where a piece is left over, the first of the fullest locations by name keeps it.
    """
    left, level, over = max(0, most), 0, 0
    if sum(stock.values()) <= left:
        return dict(stock)
    lowest_first = sorted(stock.values())
    for place, pieces in enumerate(lowest_first):
        level, over = divmod(left, len(lowest_first) - place)
        if pieces > level:
            break
        left -= pieces
    above = sorted(name for name, pieces in stock.items() if pieces > level)
    extra = set(above[:over])
    return {name: min(pieces, level + (name in extra)) for name, pieces in stock.items()}
