"""Pieces sold in the store, by part and day (UTC): what is missing since the hub last knew the store's pieces.

It knows them when it reads a product, because a webhook named it or for a publish or a comparison, and when it sets
stock by compare-and-set. The day is the one of that. A quantity that a person lowered in the store looks like a sale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify import sales

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


@dataclass(frozen=True, slots=True)
class _Known:
    """Pieces by location that the hub last knew of a product: those in `counted`, else those that it had set."""

    sku: str
    stock: Mapping[str, int]
    counted: Mapping[str, int]


def seen(work: Work, shop: str, pieces: Mapping[str, Mapping[str, int]], *, counts: bool) -> None:
    """Count what was sold until the store was read, and go on from there.

    Args:
        work: the transaction; it has made sure that since that read nobody else has looked, and nothing was set.
        shop: the store.
        pieces: by SKU, and by our names of locations, as read.
        counts: False: what is missing was not sold.
    """
    known = _known(work, shop, pieces)
    moved = {sku: row for sku, row in known.items() if sales.moved(row.stock, row.counted, pieces[sku])}
    if counts:
        _add(work, shop, {sku: _sold(row, pieces[sku]) for sku, row in moved.items()})
    _go_on(work, shop, {sku: sales.counted(row.stock, pieces[sku]) for sku, row in moved.items()})


def replaced(work: Work, shop: str, found: Mapping[str, Mapping[str, int]]) -> None:
    """Count what was sold until the store accepted other pieces at these locations. To be called before they are saved.

    Args:
        work: the transaction that saves them.
        shop: the store.
        found: by SKU, and by our names of locations, the pieces that the store had then.
    """
    known = _known(work, shop, found)
    _add(work, shop, {sku: _sold(row, found[sku]) for sku, row in known.items()})
    rest = {
        sku: {name: pieces for name, pieces in row.counted.items() if name not in found[sku]}
        for sku, row in known.items()
        if row.counted
    }
    _go_on(work, shop, rest)
    work.do(_SQL["forget_differences"], [_json(found), shop])


def _known(work: Work, shop: str, skus: Mapping[str, object]) -> dict[str, _Known]:
    if not skus:
        return {}
    rows = work.records(_Known, _SQL["known"], [shop, sorted(skus)])
    return {row.sku: row for row in rows}


def _sold(row: _Known, there: Mapping[str, int]) -> int:
    return sales.sold({**row.stock, **row.counted}, there)


def _add(work: Work, shop: str, pieces: Mapping[str, int]) -> None:
    sold = sorted((sku, count) for sku, count in pieces.items() if count > 0)
    if sold:
        work.do(_SQL["record"], [shop, [sku for sku, _ in sold], [count for _, count in sold]])


def _go_on(work: Work, shop: str, counted: Mapping[str, Mapping[str, int]]) -> None:
    if counted:
        work.do(_SQL["go_on"], [_json(counted), shop])


def _json(values: Mapping[str, Mapping[str, int]]) -> str:
    records = [{"sku": sku, "pieces": dict(pieces)} for sku, pieces in sorted(values.items())]
    return msgspec.json.encode(records).decode()


def of_part(work: Work, shop: str | None, sku: str, *, limit: int) -> Sales:
    """What was sold of a part in a store, on the last `limit` days with sales."""
    days = msgspec.convert(work.rows(_SQL["of_part"], [shop, sku, limit]), list[SoldDay])
    return Sales(recent=work.value(_SQL["recent"], [shop, sku, RECENT_DAYS]), days=days)
