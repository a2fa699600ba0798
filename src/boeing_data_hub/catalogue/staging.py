"""Staged products: one row per SKU, the newest fetch wins, and stock per location beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from boeing_data_hub.catalogue import movements
from boeing_data_hub.catalogue.pricing import PriceRules, prices_of
from boeing_data_hub.catalogue.screening import screen_staged
from boeing_data_hub.catalogue.staged_part import (
    NO_OVERRIDE,
    CataloguePart,
    NormalizationRules,
    Override,
    StagedPart,
)
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work


@dataclass(frozen=True, slots=True)
class Staged:
    """A part to be staged, the id of the answer it was read from, and when Boeing gave that answer (UTC)."""

    product: StagedPart
    raw_id: int
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class Freshness:
    """The age of the catalogue: when its oldest and its newest answer arrived, and how many are older than a day."""

    oldest: datetime | None
    newest: datetime | None
    older_than_a_day: int


@dataclass(frozen=True, slots=True)
class PartName:
    """A staged part by its SKU and name, when only these are needed: of any number of parts, by one index."""

    sku: str
    name: str
    status: str
    fetched_at: datetime


_SQL: Final = beside(__file__)
_FIELDS: Final = tuple(each for each in fields(StagedPart) if each.name != "locations")
_NOT_IN_KEY = re.compile(r"[^A-Z0-9]")


def search_key(text: str) -> str:
    """The key by which a part number is searched. It ignores dashes, signs and case."""
    return _NOT_IN_KEY.sub("", text.upper())


def pattern(search: str | None) -> str | None:
    """The pattern for `search_key`; None: everything. A search for signs only matches nothing."""
    if not search or not search.strip():
        return None
    key = search_key(search)
    return f"{key}%" if key else "-"


def _row(one: Staged, rules: PriceRules) -> dict[str, Any]:
    part = one.product
    prices = prices_of(part, rules)
    values = ((each.name, getattr(part, each.name)) for each in _FIELDS)
    return {
        **{name: value for name, value in values if value is not None},
        "search_key": search_key(part.sku),
        "raw_id": one.raw_id,
        "fetched_at": one.fetched_at,
        "price": prices.price,
        "cost_per_item": prices.base,
    }


def upsert(work: Work, staged: Sequence[Staged], rules: PriceRules) -> None:
    """Write products and their stock, with the history of both. An older answer never overwrites a newer one.

    Args:
        work: the transaction.
        staged: products, with the answers that they were read from.
        rules: price rules; the previous release reads stored prices.
    """
    newest: dict[str, Staged] = {}
    for one in staged:
        known = newest.get(one.product.sku)
        if known is None or known.fetched_at <= one.fetched_at:
            newest[one.product.sku] = one
    if not newest:
        return
    ordered = [newest[sku] for sku in sorted(newest)]  # always the same lock order
    rows = work.rows(_SQL["upsert"], [msgspec.json.encode([_row(one, rules) for one in ordered]).decode()])
    was_known = {row["sku"]: row["was_known"] for row in rows}
    stock = [
        (one.product.sku, place.location, place.quantity)
        for one in ordered
        if one.product.sku in was_known
        for place in one.product.locations
    ]
    skus, locations, quantities = ([row[n] for row in stock] for n in range(3))
    if known_before := [sku for sku, known in was_known.items() if known]:
        work.do(_SQL["remove_stock"], [known_before, skus, locations])
    if stock:
        work.do(_SQL["upsert_stock"], [skus, locations, quantities])
    movements.record(work, list(was_known))


def _part(row: dict[str, Any]) -> CataloguePart:
    kept = row["override"]
    row["override"] = msgspec.json.decode(kept, type=Override) if kept else NO_OVERRIDE
    return msgspec.convert(row, CataloguePart)


def page(
    work: Work, *, limit: int, after: str = "", offset: int = 0, status: str | None = None, search: str | None = None
) -> list[CataloguePart]:
    """Staged parts in SKU order, after `after`. `search` matches from the start, dashes and case ignored."""
    key = pattern(search)
    asked = {"after": after, "status": status, "key": key, "limit": limit, "offset": offset}
    return [_part(row) for row in work.rows(_SQL["page"], asked)]


def skus_of_batch(work: Work, batch_id: UUID, *, limit: int, offset: int = 0) -> list[str]:
    """SKUs the normalized items of a batch were matched to, in the order of the items."""
    return [row["sku"] for row in work.rows(_SQL["skus_of_batch"], [batch_id, limit, offset])]


def get(work: Work, sku: str) -> CataloguePart | None:
    """One staged part with its stock by location and its override, or None."""
    return next(iter(get_many(work, [sku])), None)


def get_many(work: Work, skus: Sequence[str]) -> list[CataloguePart]:
    """Staged parts by SKU, in SKU order."""
    return [_part(row) for row in work.rows(_SQL["get_many"], [list(skus)])]


def by_sku(work: Work, skus: Sequence[str]) -> dict[str, CataloguePart]:
    """Staged parts by SKU."""
    return {part.sku: part for part in get_many(work, skus)}


def count(work: Work, *, status: str | None = None, search: str | None = None) -> int:
    """How many staged parts match."""
    return work.value(_SQL["count"], {"status": status, "key": pattern(search)})


def count_of_batch(work: Work, batch_id: UUID) -> int:
    """How many SKUs the normalized items of a batch were matched to."""
    return work.value(_SQL["count_of_batch"], [batch_id])


def browse(
    work: Work, *, limit: int, status: str | None = None, search: str | None = None, after: str | None = None
) -> list[str]:
    """SKUs of the parts that match, in the order of their search keys, after SKU `after`. Fast at any depth."""
    asked = {
        "status": status,
        "key": pattern(search),
        "after": after,
        "from": search_key(after) if after else None,
        "limit": limit,
    }
    return [row["sku"] for row in work.rows(_SQL["browse"], asked)]


def beginning(work: Work, search: str, *, limit: int) -> list[PartName]:
    """Staged parts that `browse` would find, in its order, by name."""
    return work.records(PartName, _SQL["beginning"], [pattern(search), limit])


def count_up_to(work: Work, most: int, *, status: str | None = None, search: str | None = None) -> int:
    """How many staged parts match, counted up to `most`."""
    return work.value(_SQL["count_up_to"], {"status": status, "key": pattern(search), "most": most})


def about_how_many(work: Work) -> int:
    """About how many parts are staged, from Postgres' statistics: counting all of them would be slow."""
    return work.value(_SQL["about_how_many"])


def freshness(work: Work, *, most: int) -> Freshness:
    """The age of the catalogue; answers older than a day are counted up to `most`."""
    return msgspec.convert(work.row(_SQL["freshness"], [most]), Freshness)


def screen_again(work: Work, rules: NormalizationRules, *, after: str, most: int) -> str | None:
    """Update the status of parts by the current rules.

    Normalization screens a part by the rules at that time; this brings the status up to date after a rule has changed.

    Args:
        work: the transaction.
        rules: the current ones.
        after: the SKU after which to start.
        most: how many parts to check.

    Returns:
        the SKU to continue after; None once all parts have been checked.
    """
    parts = [_part(row) for row in work.rows(_SQL["judged_by_rules"], [after, most])]
    verdicts = {part.sku: screen_staged(part, rules) for part in parts}
    changed = [(part.sku, new) for part in parts if not (new := verdicts[part.sku]).is_that_of(part)]
    if changed:
        work.do(
            _SQL["screen"],
            [
                [sku for sku, _ in changed],
                [new.status.value for _, new in changed],
                [new.reason and new.reason.value for _, new in changed],
                [new.detail for _, new in changed],
            ],
        )
    return parts[-1].sku if len(parts) == most else None


def mark_published(work: Work, skus: Sequence[str]) -> None:
    """Set the status of parts from `fetched` to `published`."""
    work.do(_SQL["mark_published"], [list(skus)])


def mark_fetched(work: Work, skus: Sequence[str]) -> None:
    """Set the status of parts from `published` back to `fetched`."""
    work.do(_SQL["mark_fetched"], [list(skus)])
