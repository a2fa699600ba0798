"""The history of a part's prices, stock and margin, from Boeing's answers and the published prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec

from boeing_data_hub.catalogue import movements
from boeing_data_hub.catalogue.movements import PriceMove, StockMove
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)
MOST: Final = 10_000
"""The maximum number of rows of each kind that are read."""


@dataclass(frozen=True, slots=True)
class OurPrice:
    """The price in the store from `at` on; None: the product was archived, so there is none."""

    at: datetime
    price: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The values from `at` on, until the next moment. None: unknown or absent.

    Attributes:
        list_price: Boeing's, in `currency`, as is `net_price`.
        our_price: in the store, in the store's currency.
        margin: the share of our price that is left after Boeing's net price, or its list price if it gives no net.
        stock: pieces at Boeing.
    """

    at: datetime
    list_price: Decimal | None = None
    net_price: Decimal | None = None
    currency: str | None = None
    our_price: Decimal | None = None
    margin: float | None = None
    stock: int | None = None


def of_part(work: Work, sku: str, *, currency: str) -> list[Moment]:
    """The part's moments, oldest first.

    Args:
        work: the transaction.
        sku: the full part number.
        currency: the store's.
    """
    ours = msgspec.convert(work.rows(_SQL["our_prices"], [sku, MOST]), list[OurPrice])
    prices, stocks = movements.prices(work, sku, limit=MOST), movements.stocks(work, sku, limit=MOST)
    return moments(prices, stocks, ours, currency=currency)


def moments(
    prices: Sequence[PriceMove], stocks: Sequence[StockMove], ours: Sequence[OurPrice], *, currency: str
) -> list[Moment]:
    """One moment for each time at which something changed, oldest first, whatever the order of the arguments. Pure."""
    price_at = {one.fetched_at: one for one in prices}
    stock_at = {one.fetched_at: one.quantity for one in stocks}
    ours_at = {one.at: one.price for one in ours}
    found: list[Moment] = []
    boeing, stock, our = PriceMove(datetime.min, None, None, None), None, None  # noqa: DTZ901 - shown nowhere
    for at in sorted({*price_at, *stock_at, *ours_at}):
        boeing = price_at.get(at, boeing)
        stock = stock_at.get(at, stock)
        our = ours_at.get(at, our)
        found.append(
            Moment(
                at=at,
                list_price=boeing.list_price,
                net_price=boeing.net_price,
                currency=boeing.currency,
                our_price=our,
                margin=margin(our, boeing, currency=currency),
                stock=stock,
            )
        )
    return found


def margin(our_price: Decimal | None, boeing: PriceMove, *, currency: str) -> float | None:
    """The share of our price that is left; None if a price is missing, or Boeing's is in another currency."""
    cost = boeing.net_price or boeing.list_price
    if not our_price or not cost or boeing.currency != currency:
        return None
    return float((our_price - cost) / our_price)
