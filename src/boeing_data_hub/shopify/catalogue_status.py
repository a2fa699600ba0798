"""Compares the staged catalogue with the store: parts that are missing there, that are live, and that changed since.
Read only.

Every list is in the order of search keys and read from an index in that order, so that any page is quick.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from boeing_data_hub.catalogue.price_rules import look_at_locations
from boeing_data_hub.catalogue.priceable import PriceFacts
from boeing_data_hub.catalogue.pricing import PriceRules, Prices, pricer
from boeing_data_hub.catalogue.staging import pattern, search_key
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify import current_store

LOOKED_THROUGH: Final = 5_000
"""Products that one call checks for changed parts."""

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True)
class Renewed:
    """SKUs of live parts that may differ, and the last SKU looked at if there are more."""

    skus: list[str]
    end: str | None


def _asked(work: Work, search: str, after: str | None, status: str | None, limit: int) -> dict[str, Any]:
    return {
        "shop": current_store.read(work),
        "key": pattern(search),
        "after": after,
        "from": search_key(after) if after else None,
        "status": status,
        "limit": limit,
    }


def absent(
    work: Work, *, limit: int, search: str = "", status: str | None = None, after: str | None = None
) -> list[str]:
    """SKUs of staged parts that are not live in the store."""
    return [row["sku"] for row in work.rows(_SQL["absent"], _asked(work, search, after, status, limit))]


def live(work: Work, *, limit: int, search: str = "", status: str | None = None, after: str | None = None) -> list[str]:
    """SKUs of staged parts that are live in the store."""
    return [row["sku"] for row in work.rows(_SQL["live"], _asked(work, search, after, status, limit))]


def renewed(
    work: Work,
    *,
    looked_through: int | None,
    rules: PriceRules,
    search: str = "",
    status: str | None = None,
    after: str | None = None,
) -> Renewed:
    """SKUs of live parts that may differ: staged again or edited since they were published, or with another price by
    the current rules.

    Args:
        work: the transaction.
        looked_through: how many of the store's products to check, after `after`; None: all of them, which takes
            long.
        rules: the price rules.
        search: the beginning of the part number.
        status: of the staged part.
        after: the SKU to continue after.
    """
    asked = _asked(work, search, after, status, looked_through or 10_000_000)
    rows = work.rows(_SQL["changed"], {**asked, "with_locations": look_at_locations(rules.listed)})
    price = pricer(rules)
    end = rows[-1]["place"] if looked_through is not None and len(rows) == looked_through else None
    differ = (
        row for row in rows if row["is_renewed"] or (row["is_staged"] and _price(row, price) != row["store_price"])
    )
    return Renewed([row["place"] for row in differ], end)


def _price(row: Mapping[str, Any], price: Callable[[PriceFacts], Prices]) -> Decimal | None:
    """The price of a part. It needs no whole part, because thousands of rows are checked."""
    if row["price_override"] is not None:
        return row["price_override"]
    return price(PriceFacts.of_row(row)).price
