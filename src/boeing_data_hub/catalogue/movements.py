"""How Boeing's prices and stock of a part moved: a row for each answer that differs from the one before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True)
class PriceMove:
    """Boeing's prices from `fetched_at` on; None: Boeing gives none."""

    fetched_at: datetime
    list_price: Decimal | None
    net_price: Decimal | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class StockMove:
    """Boeing's pieces from `fetched_at` on, in total and by location; None: Boeing gives no figure."""

    fetched_at: datetime
    quantity: int | None
    locations: Mapping[str, int]


def record(work: Work, skus: Sequence[str]) -> None:
    """Record the prices and the stock that these parts were just staged with if they differ from the last record."""
    if skus:
        work.do(_SQL["record"], [list(skus)])


def prices(work: Work, sku: str, *, limit: int) -> list[PriceMove]:
    """How the part's prices moved, newest first."""
    return msgspec.convert(work.rows(_SQL["prices"], [sku, limit]), list[PriceMove])


def stocks(work: Work, sku: str, *, limit: int) -> list[StockMove]:
    """How the part's stock moved, newest first."""
    return msgspec.convert(work.rows(_SQL["stocks"], [sku, limit]), list[StockMove])
