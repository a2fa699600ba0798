"""Intents: what is about to be sent, written before the call. One left behind makes the next claim ask first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from boeing_data_hub.model.publications import Intent
from boeing_data_hub.store.staging import search_key
from boeing_data_hub.store.work import Work


def write(work: Work, shop: str, intents: Mapping[str, tuple[Intent, str]]) -> None:
    """Write down what is about to be sent, each with its custom id, before the first call."""
    if not intents:
        return
    records = [
        {
            "sku": sku,
            "custom_id": custom_id,
            "search_key": search_key(sku),
            "handle": intent.form["handle"],
            "title": intent.form["title"],
            "price": intent.form["price"],
            "intent": intent.as_json(),
            "batch_id": str(intent.batch_id),
        }
        for sku, (intent, custom_id) in sorted(intents.items())
    ]
    work.do(
        "INSERT INTO hub.products AS p (shop, sku, custom_id, search_key, handle, title, price, intent, intent_at,"
        "   batch_id)"
        " SELECT %s, r.sku, r.custom_id, r.search_key, r.handle, r.title, r.price, r.intent, now(), r.batch_id"
        " FROM json_to_recordset(%s::json) AS r(sku text, custom_id text, search_key text, handle text, title text,"
        "   price numeric, intent jsonb, batch_id uuid)"
        " ON CONFLICT (shop, sku) DO UPDATE SET intent = excluded.intent, intent_at = now(), updated_at = now()",
        [shop, msgspec.json.encode(records).decode()],
    )


def forget(work: Work, shop: str, skus: Sequence[str]) -> None:
    """What was intended surely did not happen. A row that stood for nothing else goes."""
    if not skus:
        return
    work.do(
        "DELETE FROM hub.products WHERE shop = %s AND sku = ANY(%b) AND state = 'intended' AND product_id IS NULL",
        [shop, list(skus)],
    )
    work.do(
        "UPDATE hub.products SET intent = NULL, intent_at = NULL, updated_at = now()"
        " WHERE shop = %s AND sku = ANY(%b) AND intent IS NOT NULL",
        [shop, list(skus)],
    )


def never_seen(work: Work, skus: Sequence[str]) -> list[tuple[str, str]]:
    """Store and SKU of those that were about to be made when we last heard, and were never seen there."""
    rows = work.rows(
        "SELECT shop, sku FROM hub.products WHERE sku = ANY(%s) AND intent IS NOT NULL AND product_id IS NULL"
        " ORDER BY shop, sku",
        [list(skus)],
    )
    return [(row["shop"], row["sku"]) for row in rows]


def doubt(work: Work, shop: str, intents: Mapping[str, tuple[Intent, str]]) -> list[str]:
    """Calls came to an end after others had settled their parts: what they left in the store must be asked again.

    A part that somebody works on, or that has an intent already, is left to them.

    Returns:
        The SKUs that are in doubt by this.
    """
    rows = work.rows(
        "SELECT i.sku FROM unnest(%s::text[]) AS i(sku)"
        " LEFT JOIN hub.products p ON p.shop = %s AND p.sku = i.sku"
        " WHERE p.intent IS NULL"
        "   AND NOT EXISTS (SELECT FROM hub.leases l WHERE l.stage = 'publishing' AND i.sku = ANY(l.part_numbers))",
        [sorted(intents), shop],
    )
    skus = [row["sku"] for row in rows]
    write(work, shop, {sku: intents[sku] for sku in skus})
    return skus


def left_in_doubt(work: Work, shop: str) -> list[str]:
    """The SKUs of which a call's outcome is not known, and of which nobody is about to ask the store."""
    rows = work.rows(
        "SELECT sku FROM hub.products WHERE shop = %s AND intent IS NOT NULL"
        " EXCEPT SELECT unnest(part_numbers) FROM hub.leases WHERE stage = 'publishing'"
        " EXCEPT SELECT sku FROM hub.bulk_lines WHERE NOT settled"
        " EXCEPT SELECT unnest(skus) FROM hub.batch_items WHERE state = 'pending' ORDER BY sku",
        [shop],
    )
    return [row["sku"] for row in rows]


def save_stock_call(work: Work, shop: str, key: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep a call that sets stock, before it is made."""
    work.do(
        "INSERT INTO hub.stock_calls (key, shop, rows) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [key, shop, Jsonb([dict(row) for row in rows])],
    )


def stock_calls(work: Work, keys: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Calls that were kept, by key."""
    rows = work.rows("SELECT key, rows FROM hub.stock_calls WHERE key = ANY(%s)", [list(keys)])
    return {row["key"]: row["rows"] for row in rows}
