"""Intents: what is about to be sent, saved before the call. One that is left makes the next claim ask the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from boeing_data_hub.catalogue.staging import search_key
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify.inventory_plan import StockRow
from boeing_data_hub.shopify.publications import Intent

_SQL: Final = beside(__file__)


def write(work: Work, shop: str, intents: Mapping[str, Intent]) -> None:
    """Write down what is about to be sent, by SKU, before the first call."""
    if not intents:
        return
    records = [
        {
            "sku": sku,
            "custom_id": intent.form["custom_id"],
            "search_key": search_key(sku),
            "handle": intent.form["handle"],
            "title": intent.form["title"],
            "price": intent.form["price"],
            "intent": intent.as_json(),
            "batch_id": str(intent.batch_id),
        }
        for sku, intent in sorted(intents.items())
    ]
    work.do(_SQL["write"], [shop, msgspec.json.encode(records).decode()])


def forget(work: Work, shop: str, skus: Sequence[str]) -> None:
    """Remove intents that were certainly not carried out, and rows that have nothing else."""
    if not skus:
        return
    work.do(_SQL["forget_new"], [shop, list(skus)])
    work.do(_SQL["forget"], [shop, list(skus)])


@dataclass(frozen=True, slots=True)
class NeverSeen:
    """A product that was about to be created in a store and was never seen there."""

    shop: str
    sku: str


def never_seen(work: Work, skus: Sequence[str]) -> list[NeverSeen]:
    """Those of these SKUs that were about to be created, and that the store was never seen to have."""
    rows = work.rows(_SQL["never_seen"], [list(skus)])
    return [NeverSeen(row["shop"], row["sku"]) for row in rows]


def doubt(work: Work, shop: str, intents: Mapping[str, Intent]) -> list[str]:
    """Save intents of calls that ended after other workers had settled their parts: the store must be asked again.

    A part that a worker holds, or that has an intent already, is left to that worker.

    Returns:
        The SKUs that are in doubt now.
    """
    rows = work.rows(_SQL["not_doubted"], [sorted(intents), shop])
    skus = [row["sku"] for row in rows]
    write(work, shop, {sku: intents[sku] for sku in skus})
    return skus


def left_in_doubt(work: Work, shop: str) -> list[str]:
    """SKUs with a call of unknown outcome about which no worker is going to ask the store."""
    rows = work.rows(_SQL["left_in_doubt"], [shop])
    return [row["sku"] for row in rows]


def save_stock_call(work: Work, shop: str, key: UUID, rows: Sequence[StockRow]) -> None:
    """Save an inventory call before it is made."""
    work.do(_SQL["save_stock_call"], [key, shop, Jsonb([row.as_json() for row in rows])])


def stock_calls(work: Work, keys: Sequence[UUID]) -> dict[UUID, list[StockRow]]:
    """The rows of saved inventory calls, by key."""
    rows = work.rows(_SQL["stock_calls"], [list(keys)])
    return {row["key"]: [StockRow(**each) for each in row["rows"]] for row in rows}
