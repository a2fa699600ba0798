"""Merges the line items for one SKU in an answer, by a rule that does not depend on their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from boeing_data_hub.boeing import fields
from boeing_data_hub.boeing.fields import Disagreement, Item, Problem


def merge_duplicates(items: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The line items with at most one for each SKU, in the order in which the SKUs first appear.

    - Prices: a row without one is ignored. If rows have different prices, none is used: a person must review them.
    - Stock by location is merged by name. Rows that differ about one location count as repetitions, not as further
      pieces: the greater figure is used, never the sum.
    - The total quantity is that of the merged locations; without any, the greatest one stated.
    - A bad price or stock figure in any row stays, so that screening sees it. Everything else comes from the first row.

    Items without a usable part number are returned unchanged.
    """
    rows: dict[str | int, list[Mapping[str, Any]]] = {}
    for position, item in enumerate(items):
        number = fields.sku(item) if isinstance(item, Mapping) else None  # pyright: ignore[reportUnnecessaryIsInstance] - JSON
        rows.setdefault(number if isinstance(number, str) else position, []).append(item)
    return [some[0] if len(some) == 1 else _merged(some) for some in rows.values()]


def _merged(rows: Sequence[Item]) -> Item:
    merged = dict(rows[0])
    for field in ("listPrice", "netPrice"):
        merged[field] = _one_price(rows, field)
    merged["locationAvailabilities"], united = _united_locations(rows)
    merged["quantity"] = _quantity(rows, united=united)
    words = [fields.in_stock(row) for row in rows]
    merged["inStock"] = True if True in words else False if False in words else None
    return merged


def _one_price(rows: Sequence[Item], field: str) -> Any:
    stated: set[Decimal] = set()
    for row in rows:
        amount = fields.money(row, field)
        if isinstance(amount, Problem):
            return row.get(field)
        if amount is not None:
            stated.add(amount)
    if len(stated) > 1:
        return Disagreement()
    return stated.pop() if stated else None


def _united_locations(rows: Sequence[Item]) -> tuple[Any, bool]:
    """The merged locations in Boeing's notation, and whether they contain more than any single row."""
    pieces: dict[str, int] = {}
    by_row: list[frozenset[tuple[str, int]]] = []
    for row in rows:
        places = fields.locations(row)
        if isinstance(places, Problem):
            return row.get("locationAvailabilities"), False
        by_row.append(frozenset((place.location, place.quantity) for place in places))
        for place in places:
            pieces[place.location] = max(pieces.get(place.location, 0), place.quantity)
    united = [{"location": name, "availQuantity": quantity} for name, quantity in pieces.items()]
    return united, any(places != by_row[0] for places in by_row)


def _quantity(rows: Sequence[Item], *, united: bool) -> Any:
    stated: list[int] = []
    for row in rows:
        quantity = fields.stated_quantity(row)
        if isinstance(quantity, Problem):
            return row.get("quantity")
        if quantity is not None:
            stated.append(quantity)
    return None if united else max(stated, default=None)
