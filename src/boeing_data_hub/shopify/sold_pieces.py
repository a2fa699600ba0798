"""Pieces sold in the store, by part and day (UTC), as compare-and-set of inventory shows them.

The day is the one on which a publish set the stock after the sale. A quantity that a person lowered in the store looks
like a sale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify.publications import Confirmed

_SQL: Final = beside(__file__)
RECENT_DAYS: Final = 30
"""Days of the total that people see."""


@dataclass(frozen=True, slots=True)
class SoldDay:
    """Pieces sold on a day."""

    day: date
    pieces: int


@dataclass(frozen=True, slots=True)
class Sales:
    """What was sold of a part.

    Attributes:
        recent: pieces of the last 30 days.
        days: newest first.
    """

    recent: int
    days: Sequence[SoldDay]


def record(work: Work, shop: str, confirmed: Sequence[Confirmed]) -> None:
    """Add what was sold of these products to today's pieces."""
    sold = sorted((one.sku, one.sold) for one in confirmed if one.sold > 0)
    if sold:
        work.do(_SQL["record"], [shop, [sku for sku, _ in sold], [pieces for _, pieces in sold]])


def of_part(work: Work, shop: str | None, sku: str, *, limit: int) -> Sales:
    """What was sold of a part in a store, on the last `limit` days with sales."""
    days = msgspec.convert(work.rows(_SQL["of_part"], [shop, sku, limit]), list[SoldDay])
    return Sales(recent=work.value(_SQL["recent"], [shop, sku, RECENT_DAYS]), days=days)
