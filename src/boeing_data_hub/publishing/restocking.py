"""Stock by compare-and-set: rows of `inventorySetQuantities`, and what is done where some was sold meanwhile. Pure.

The rule: where the store still has what we last set, Boeing's figure is set. Where it has another, only the change at
Boeing since our last publishing is applied to what the store has: neither the sale nor the delivery is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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
        location: the store location's name, as in our settings.
        quantity: pieces wanted.
        was: pieces we last set there; None where we never set any, and nothing is compared.
        base: Boeing's pieces at our last publishing, for the merge.
    """

    sku: str
    item: str
    location: str
    location_id: str
    quantity: int
    was: int | None
    base: int | None

    def as_json(self) -> dict[str, Any]:
        """For the row that keeps a call."""
        return {name: getattr(self, name) for name in self.__slots__}


def rows_of(job: Job, location_ids: Mapping[str, str], item: str) -> list[StockRow]:
    """The quantities a job sets: one for each location whose pieces differ. Two names of one location are added up."""
    send = job.send
    if send is None or send.action == "created":
        return []
    known: Mapping[str, int] = {} if job.product is None else job.product.stock
    rows: dict[str, StockRow] = {}
    for change in send.stock:
        name = change.field.removeprefix("stock.")
        place = location_ids.get(name)
        if place is None:
            continue  # a location that is gone from the store has no stock to set
        row = StockRow(
            sku=job.sku, item=item, location=name, location_id=place, quantity=int(change.new),
            was=known.get(name), base=None if change.old is None else int(change.old),
        )  # fmt: skip
        rows[place] = row if place not in rows else _together(rows[place], row)
    return list(rows.values())


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


def _together(one: StockRow, two: StockRow) -> StockRow:
    return StockRow(
        sku=one.sku, item=one.item, location=one.location, location_id=one.location_id,
        quantity=one.quantity + two.quantity, was=_sum(one.was, two.was), base=_sum(one.base, two.base),
    )  # fmt: skip


def _sum(one: int | None, two: int | None) -> int | None:
    return None if one is None or two is None else one + two


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
    """The row where the store has other pieces than we last set: Boeing's change is applied to what is there."""
    change = row.quantity - row.base if row.base is not None else 0
    target = max(0, there + change) if row.base is not None else row.quantity
    return StockRow(
        sku=row.sku, item=row.item, location=row.location, location_id=row.location_id,
        quantity=target, was=there, base=row.base,
    )  # fmt: skip


def remark(row: StockRow, there: int) -> str | None:
    """What a person is told of a merge."""
    if row.was is None or there == row.was:
        return None
    moved = row.was - there
    said = f"{moved} sold" if moved > 0 else f"{-moved} added"
    return f"Since the last publishing {said} at {row.location}; that was kept."
