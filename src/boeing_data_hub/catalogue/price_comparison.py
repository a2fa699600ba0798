"""Compares two price lists over the whole catalogue, page by page. Asks neither Boeing nor the store."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any, Final

import msgspec

from boeing_data_hub.catalogue.price_preview import PreviewFigures, PriceMove, PricePreview
from boeing_data_hub.catalogue.price_rules import PriceRule, look_at_locations
from boeing_data_hub.catalogue.priceable import Priceable, PriceFacts
from boeing_data_hub.catalogue.pricing import DOUBTS, PriceRules, Prices, pricer
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Database

_SQL: Final = beside(__file__)


class _Known(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A part that rules price, and its price in the store."""

    store_price: Decimal | None
    facts: PriceFacts


_PARTS: Final = msgspec.json.Decoder(list[_Known])
_PAGE: Final = 10_000  # parts; a page takes about 0.1 s, so that no transaction is open for long


def preview(
    database: Database, new: PriceRules, old: PriceRules, *, shop: str | None
) -> Generator[int, None, PricePreview]:
    """What putting `new` into force would change: yields the number of parts compared so far, and returns the preview.

    Args:
        database: the rows.
        new: the rules to compare.
        old: the rules in force.
        shop: the id of the store in use; None without one.
    """
    figures, done = PreviewFigures(version=new.version, against=old.version), 0
    for parts, page in _pages(database, new, old, shop):
        for prices, move in page:
            figures.priced(prices)
            if move is not None:
                figures.moved(move)
        done += parts
        yield done
    return figures.preview()


def moves(database: Database, new: PriceRules, old: PriceRules, *, shop: str | None) -> Iterator[PriceMove]:
    """Every part whose price `new` would change, in SKU order."""
    return (move for _, page in _pages(database, new, old, shop) for _, move in page if move is not None)


def to_publish(database: Database, rules: PriceRules, *, shop: str | None) -> Iterator[str]:
    """SKUs of parts that are live in the store at another price than these rules make."""
    price = pricer(rules)
    for _, page in _read(database, rules.listed, shop):
        for one in page:
            if one.store_price is not None and price(one.facts).price not in {None, one.store_price}:
                yield one.facts.sku


def _pages(
    database: Database, new: PriceRules, old: PriceRules, shop: str | None
) -> Iterator[tuple[int, Iterator[tuple[Prices, PriceMove | None]]]]:
    for parts, page in _read(database, (*new.listed, *old.listed), shop):
        yield parts, _compared(page, pricer(new), pricer(old))


def _compared(
    page: Sequence[_Known], price: Callable[[Priceable], Prices], before: Callable[[Priceable], Prices]
) -> Iterator[tuple[Prices, PriceMove | None]]:
    """The new price of each part, and how it moves. One after the other: kept together, they would keep the garbage
    collector busy.
    """
    for one in page:
        part = one.facts
        now, old = price(part), before(part).price
        if now.price == old:
            yield now, None
        else:
            yield now, PriceMove(part.sku, old, now.price, now.cost, now.rule, one.store_price is not None)


def _read(database: Database, rules: Sequence[PriceRule], shop: str | None) -> Iterator[tuple[int, list[_Known]]]:
    """The catalogue by pages: how many parts each has, and those that rules price, with their price in the store."""
    asked: dict[str, Any] = {
        "supplier": any(rule.suppliers for rule in rules),
        "stock": any(rule.stock_from is not None or rule.stock_below is not None for rule in rules),
        "unit": any(rule.units for rule in rules),
        "weight": any(rule.weight_from is not None or rule.weight_below is not None for rule in rules),
        "hazard": any(rule.hazards or rule.hazardous is not None for rule in rules),
        "locations": look_at_locations(rules),
        "doubts": sorted(DOUBTS),
        "shop": shop,
        "limit": _PAGE,
    }

    def page(after: str) -> dict[str, Any]:
        return database.run(lambda work: work.rows(_SQL["page"], {**asked, "after": after})[0], patience=20)

    with ThreadPoolExecutor(1, thread_name_prefix="prices") as ahead:  # Postgres reads on while this thread computes
        coming = ahead.submit(page, "")
        while True:
            row = coming.result()
            is_last = row["parts"] < _PAGE
            if not is_last:
                coming = ahead.submit(page, row["last"])
            yield row["parts"], _PARTS.decode(row["known"] or "[]")
            if is_last:
                return
