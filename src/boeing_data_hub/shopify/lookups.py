"""What a search of the store by SKU last showed, for parts of which the hub knows no product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify.store_contents import StoreContents

_SQL: Final = beside(__file__)


def save(work: Work, shop: str, seen: Mapping[str, StoreContents]) -> None:
    """Remember what was seen just now, by SKU."""
    records = [{"sku": sku, **msgspec.to_builtins(one)} for sku, one in sorted(seen.items())]
    if records:
        work.do(_SQL["save"], [shop, msgspec.json.encode(records).decode()])


def known(work: Work, shop: str, skus: Sequence[str], *, younger_than: float) -> dict[str, StoreContents]:
    """What was seen of these SKUs less than `younger_than` seconds ago; others are left out."""
    rows = work.rows(_SQL["known"], [shop, list(skus), younger_than])
    return {row["sku"]: msgspec.convert(row, StoreContents) for row in rows}


def forget(work: Work, shop: str, skus: Sequence[str]) -> None:
    """Search the store for these again before the next decision."""
    work.do(_SQL["forget"], [shop, list(skus)])
