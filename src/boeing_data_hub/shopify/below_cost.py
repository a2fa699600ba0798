"""Products whose price in the store is below what Boeing charges us: each sale of one loses money.

A check at intervals compares the whole store, which takes seconds for a million parts. Reading what it found is quick
and leaves out what has been corrected since; a product that became one since the check is found by the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from boeing_data_hub.catalogue.pricing import DOUBTS
from boeing_data_hub.catalogue.staging import pattern, search_key
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify import current_store

_SQL: Final = beside(__file__)
_DOUBTS: Final = sorted(DOUBTS)


@dataclass(frozen=True, slots=True)
class BelowCost:
    """A product that is sold below cost: its price in the store, and what Boeing charges us."""

    sku: str
    price: Decimal
    cost: Decimal


def check(work: Work) -> None:
    """Compare every live product with its cost, and save those below it."""
    work.do(_SQL["forget"])
    if (shop := current_store.read(work)) is not None:
        work.do(_SQL["check"], {"shop": shop, "doubts": _DOUBTS})


def count(work: Work, *, most: int) -> int:
    """How many products are known to be below cost, counted up to `most`."""
    return work.value(_SQL["count"], {"shop": current_store.read(work), "doubts": _DOUBTS, "most": most})


def of_parts(work: Work, skus: Sequence[str]) -> list[BelowCost]:
    """Which of these parts are known to be sold below cost."""
    asked = {"shop": current_store.read(work), "doubts": _DOUBTS, "skus": list(skus)}
    return work.records(BelowCost, _SQL["of_parts"], asked)


def skus(work: Work, *, limit: int, search: str = "", status: str | None = None, after: str | None = None) -> list[str]:
    """SKUs of the products that are below cost, in the order of search keys; see `catalogue_status` for arguments."""
    asked = {
        "shop": current_store.read(work),
        "doubts": _DOUBTS,
        "key": pattern(search),
        "after": after,
        "from": search_key(after) if after else None,
        "status": status,
        "limit": limit,
    }
    return [row["sku"] for row in work.rows(_SQL["page"], asked)]
