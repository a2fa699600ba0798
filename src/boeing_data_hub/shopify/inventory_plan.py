"""Inventory by compare-and-set: rows of `inventorySetQuantities`, and merging with sales in the store. Pure.

If the store still has the quantity we last set, Boeing's quantity is set. Otherwise only Boeing's change since the last
publish is applied to the store's quantity, so that neither a sale nor a delivery is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from boeing_data_hub.catalogue.listings import Change, Listing
from boeing_data_hub.shopify import sales
from boeing_data_hub.shopify.failures import UserErrors
from boeing_data_hub.shopify.journey import Decided, Sent

ROWS_AT_ONCE: Final = 250  # the store's limit for one call
STALE: Final = "CHANGE_FROM_QUANTITY_STALE"
FAILED_BEFORE: Final = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
"""The store refused an earlier call with this idempotency key, and refuses the key from then on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRow:
    """One quantity to set.

    Attributes:
        location: the store location's name in our settings; the first one if there are several.
        quantity: pieces to set.
        was: pieces we last set there; None if we never set any: then nothing is compared.
        base: Boeing's pieces at the last publish, for the merge.
        boeing: Boeing's pieces now, by each of our names for the location.
    """

    sku: str
    item: str
    location: str
    location_id: str
    quantity: int
    was: int | None
    base: int | None
    boeing: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """For the row that stores a call."""
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def set_by_name(self) -> dict[str, int]:
        """Pieces set by our names of the location: all of them under the first name."""
        return {**dict.fromkeys(self.boeing, 0), self.location: self.quantity}


def rows_of(part: Decided, location_ids: Mapping[str, str], item: str) -> list[StockRow]:
    """The quantities a part sets: one for each store location whose quantity changes, however many names it has."""
    send = part.send
    if send is None or send.action == "created":
        return []
    form = part.product.form if part.product is not None else None
    base: Mapping[str, int] = (form or {}).get("stock") or {}
    known: Mapping[str, int] = {} if part.product is None else part.product.stock
    names: dict[str, list[str]] = {}
    for name in sorted({*base, *known, *send.listing.stock}):
        if name in location_ids:  # a location that the store no longer has takes no stock
            names.setdefault(location_ids[name], []).append(name)
    moved = {location_ids.get(change.field.removeprefix("stock.")) for change in send.stock}
    return [
        StockRow(
            sku=part.sku, item=item, location=own[0], location_id=place,
            quantity=sum(send.listing.stock.get(name, 0) for name in own), was=_sum(known, own), base=_sum(base, own),
            boeing={name: send.listing.stock.get(name, 0) for name in own},
        )
        for place, own in names.items()
        if place in moved
    ]  # fmt: skip


def rows_after(part: Sent, location_ids: Mapping[str, str]) -> list[StockRow]:
    """The quantities of a product whose ids are known only since its upsert."""
    known = part.product.inventory_item_id if part.product is not None else None
    if known or part.confirmed is None or part.confirmed.inventory_item_id is None:
        return []
    return rows_of(part, location_ids, part.confirmed.inventory_item_id)


def every_location(listing: Listing) -> Iterator[Change]:
    """All of a listing's stock, for a product without known earlier quantities."""
    for name, pieces in sorted(listing.stock.items()):
        yield Change(f"stock.{name}", None, pieces)


def _sum(pieces: Mapping[str, int], names: Sequence[str]) -> int | None:
    known = [pieces[name] for name in names if name in pieces]
    return sum(known) if known else None


def grouped(rows: Iterable[Sequence[StockRow]]) -> list[list[StockRow]]:
    """Rows grouped into calls of at most `ROWS_AT_ONCE`; a part is never split."""
    calls: list[list[StockRow]] = []
    for own in rows:
        if not own:
            continue
        if not calls or len(calls[-1]) + len(own) > ROWS_AT_ONCE:
            calls.append([])
        calls[-1].extend(own)
    return calls


def call_input(rows: Sequence[StockRow]) -> dict[str, Any]:
    """The input of `inventorySetQuantities`."""
    return {
        "name": "available",
        "reason": "correction",
        "quantities": [
            {
                "inventoryItemId": row.item,
                "locationId": row.location_id,
                "quantity": row.quantity,
                "changeFromQuantity": row.was,
            }
            for row in rows
        ],
    }


def guilty(refused: UserErrors, rows: Sequence[StockRow]) -> set[str]:
    """SKUs of the rows that the user errors name; empty if they name none."""
    found: set[str] = set()
    for error in refused.errors:
        steps = error.field.split(".")
        index = next((int(step) for step in steps if step.isdigit()), None)
        if index is not None and index < len(rows):
            found.add(rows[index].sku)
    return found


def merged(row: StockRow, there: int) -> StockRow:
    """The row for a store quantity that differs from the one we last set: Boeing's change is applied to it.

    A quantity that already is the wanted one stays: after a restored database, the hub itself set it.
    """
    if there == row.quantity:
        return replace(row, was=there)
    change = row.quantity - row.base if row.base is not None else 0
    target = max(0, there + change) if row.base is not None else row.quantity
    return replace(row, quantity=target, was=there)


def found(row: StockRow, known: Mapping[str, int]) -> dict[str, int]:
    """Pieces that the store had at a location when it accepted a row, by our names of the location.

    Args:
        row: set by a call that succeeded.
        known: pieces by name, as set before that call.
    """
    return {} if row.was is None else sales.by_name(known, sorted(row.boeing), row.was)


def remark(row: StockRow, there: int) -> str | None:
    """The remark about a merge, for people; None if nothing was sold or added."""
    if row.was is None or there == row.was:
        return None
    moved = row.was - there
    said = f"{moved} sold" if moved > 0 else f"{-moved} added"
    return f"Since the last publish, {said} at {row.location}; this was kept."
