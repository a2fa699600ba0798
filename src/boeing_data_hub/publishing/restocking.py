"""Stock by compare-and-set: rows of `inventorySetQuantities`, and what is done where some was sold meanwhile. Pure.

The rule: where the store still has what we last set, Boeing's figure is set. Where it has another, only the change at
Boeing since our last publishing is applied to what the store has: neither the sale nor the delivery is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from boeing_data_hub.model.listings import Change, Listing
from boeing_data_hub.publishing.jobs import Job
from boeing_data_hub.shopify.failures import UserErrors

ROWS_AT_ONCE: Final = 250  # the store takes no more in one call
STALE: Final = "CHANGE_FROM_QUANTITY_STALE"


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRow:
    """One quantity to set.

    Attributes:
        location: the store location's name, as in our settings; the first of several.
        quantity: pieces wanted.
        was: pieces we last set there; None where we never set any, and nothing is compared.
        base: Boeing's pieces at our last publishing, for the merge.
        boeing: Boeing's pieces now, by every name we have for the location.
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
        """For the row that keeps a call."""
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def set_by_name(self) -> dict[str, int]:
        """Pieces that are set now by our names of the location: all of them under the first."""
        return {**dict.fromkeys(self.boeing, 0), self.location: self.quantity}


def rows_of(job: Job, location_ids: Mapping[str, str], item: str) -> list[StockRow]:
    """The quantities a job sets: one for each location whose pieces differ, under however many names we know it."""
    send = job.send
    if send is None or send.action == "created":
        return []
    form = job.product.form if job.product is not None else None
    base: Mapping[str, int] = (form or {}).get("stock") or {}
    known: Mapping[str, int] = {} if job.product is None else job.product.stock
    names: dict[str, list[str]] = {}
    for name in sorted({*base, *known, *send.listing.stock}):
        if name in location_ids:  # a location that is gone from the store has no stock to set
            names.setdefault(location_ids[name], []).append(name)
    moved = {location_ids.get(change.field.removeprefix("stock.")) for change in send.stock}
    return [
        StockRow(
            sku=job.sku, item=item, location=own[0], location_id=place,
            quantity=sum(send.listing.stock.get(name, 0) for name in own), was=_sum(known, own), base=_sum(base, own),
            boeing={name: send.listing.stock.get(name, 0) for name in own},
        )
        for place, own in names.items()
        if place in moved
    ]  # fmt: skip


def rows_after(job: Job, location_ids: Mapping[str, str]) -> list[StockRow]:
    """The quantities of a product whose ids were only learnt from its upsert."""
    known = job.product.inventory_item_id if job.product is not None else None
    if known or job.confirmed is None or job.confirmed.inventory_item_id is None:
        return []
    return rows_of(job, location_ids, job.confirmed.inventory_item_id)


def every_location(listing: Listing) -> Iterator[Change]:
    """All of a listing's stock, for a product of which no earlier figure is known."""
    for name, pieces in sorted(listing.stock.items()):
        yield Change(f"stock.{name}", None, pieces)


def _sum(pieces: Mapping[str, int], names: Sequence[str]) -> int | None:
    known = [pieces[name] for name in names if name in pieces]
    return sum(known) if known else None


def grouped(rows: Iterable[Sequence[StockRow]]) -> list[list[StockRow]]:
    """Rows of whole parts in calls of at most `ROWS_AT_ONCE`."""
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
    """SKUs of the rows a refusal names; empty when it names none."""
    found: set[str] = set()
    for error in refused.errors:
        steps = error.field.split(".")
        index = next((int(step) for step in steps if step.isdigit()), None)
        if index is not None and index < len(rows):
            found.add(rows[index].sku)
    return found


def merged(row: StockRow, there: int) -> StockRow:
    """The row where the store has other pieces than we last set: Boeing's change is applied to what is there.

    What is there already as it is wanted stays: after a restored database it was us who set it.
    """
    if there == row.quantity:
        return replace(row, was=there)
    change = row.quantity - row.base if row.base is not None else 0
    target = max(0, there + change) if row.base is not None else row.quantity
    return replace(row, quantity=target, was=there)


def remark(row: StockRow, there: int) -> str | None:
    """What a person is told of a merge."""
    if row.was is None or there == row.was:
        return None
    moved = row.was - there
    said = f"{moved} sold" if moved > 0 else f"{-moved} added"
    return f"Since the last publishing {said} at {row.location}; that was kept."
