"""What the store has of ours: rows that are written before a call (the intent) and after it (what came of it)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from boeing_data_hub.model.publications import Confirmed, StoreProduct
from boeing_data_hub.store.staging import pattern, search_key
from boeing_data_hub.store.work import Work

_KNOWN: LiteralString = (
    "sku, custom_id, state, product_id, variant_id, inventory_item_id, form, listing_hash, stock_hash, stock, kept,"
    " left_out, on_channel, image_sha256, image_url, image_code, image_at, intent, batch_id"
)


def known(work: Work, shop: str, skus: Sequence[str]) -> dict[str, StoreProduct]:
    """The rows of these SKUs in this store."""
    rows = work.rows(
        f"SELECT {_KNOWN} FROM hub.products WHERE shop = %s AND sku = ANY(%b)",  # noqa: S608 - constant columns
        [shop, list(skus)],
    )
    return {row["sku"]: StoreProduct.from_row(row) for row in rows}


def confirm(work: Work, shop: str, confirmed: Sequence[Confirmed]) -> None:
    """Write down what is in the store now, and what was there before; open orphans of these SKUs are kept then."""
    if not confirmed:
        return
    ordered = sorted(confirmed, key=lambda one: one.sku)
    records = [
        {
            "sku": one.sku,
            "search_key": search_key(one.sku),
            "state": one.state,
            "custom_id": one.form["custom_id"],
            "handle": one.form["handle"],
            "title": one.form["title"],
            "price": one.form["price"],
            "product_id": one.product_id,
            "variant_id": one.variant_id,
            "inventory_item_id": one.inventory_item_id,
            "form": one.form,
            "listing_hash": one.listing_hash,
            "stock_hash": one.stock_hash,
            "stock": one.stock,
            "kept": one.kept,
            "left_out": one.left_out,
            "on_channel": one.on_channel,
            "image": one.image,
            "intent": one.intent.as_json() if one.intent else None,
            "batch_id": one.batch_id,
            "store_updated_at": one.store_updated_at,
        }
        for one in ordered
    ]
    text = msgspec.json.encode(records).decode()
    work.do(
        "INSERT INTO hub.products AS p (shop, sku, custom_id, search_key, handle, title, price, state, product_id,"
        "   variant_id, inventory_item_id, form, listing_hash, stock_hash, stock, kept, left_out, on_channel,"
        "   image_sha256, image_url, image_code, image_at, intent, batch_id, store_updated_at, published_at)"
        " SELECT %s, r.sku, r.custom_id, r.search_key, r.handle, r.title, r.price, r.state, r.product_id,"
        "   r.variant_id, r.inventory_item_id, r.form, r.listing_hash, r.stock_hash, r.stock, r.kept, r.left_out,"
        "   r.on_channel, r.image->>'sha256', r.image->>'url', r.image->>'code',"
        "   CASE WHEN r.image IS NOT NULL THEN now() END, r.intent, r.batch_id, r.store_updated_at, now()"
        " FROM json_to_recordset(%s::json) AS r(sku text, custom_id text, search_key text, handle text, title text,"
        "   price numeric, state text, product_id text, variant_id text, inventory_item_id text, form jsonb,"
        "   listing_hash text, stock_hash text, stock jsonb, kept jsonb, left_out jsonb, on_channel boolean,"
        "   image jsonb, intent jsonb, batch_id uuid, store_updated_at timestamptz)"
        " ON CONFLICT (shop, sku) DO UPDATE SET state = excluded.state, handle = excluded.handle,"
        "   title = excluded.title, price = excluded.price, product_id = excluded.product_id,"
        "   variant_id = coalesce(excluded.variant_id, p.variant_id),"
        "   inventory_item_id = coalesce(excluded.inventory_item_id, p.inventory_item_id), form = excluded.form,"
        "   listing_hash = excluded.listing_hash, stock_hash = excluded.stock_hash, stock = excluded.stock,"
        "   kept = excluded.kept, left_out = excluded.left_out, on_channel = excluded.on_channel,"
        "   image_sha256 = CASE WHEN excluded.image_at IS NULL THEN p.image_sha256 ELSE excluded.image_sha256 END,"
        "   image_url = CASE WHEN excluded.image_at IS NULL THEN p.image_url ELSE excluded.image_url END,"
        "   image_code = CASE WHEN excluded.image_at IS NULL THEN p.image_code ELSE excluded.image_code END,"
        "   image_at = coalesce(excluded.image_at, p.image_at), intent = excluded.intent,"
        "   intent_at = CASE WHEN excluded.intent IS NULL THEN NULL ELSE p.intent_at END,"
        "   batch_id = excluded.batch_id,"
        "   store_updated_at = coalesce(excluded.store_updated_at, p.store_updated_at), published_at = now(),"
        "   updated_at = now()",
        [shop, text],
    )
    changes = [{"sku": one.sku, "batch_id": one.batch_id, "product_id": one.product_id, "after": one.form, **one.change}
               for one in ordered if one.change]  # fmt: skip
    if changes:
        work.do(
            "INSERT INTO hub.publish_changes AS c (batch_id, sku, shop, action, changes, before, after, product_id)"
            " SELECT r.batch_id, r.sku, %s, r.action, r.changes, r.before, r.after, r.product_id"
            " FROM json_to_recordset(%s::json) AS r(batch_id uuid, sku text, action text, changes jsonb, before jsonb,"
            "   after jsonb, product_id text)"
            # A batch that needs two goes at a part (fields, then stock) has one change: from before the first go.
            " ON CONFLICT (batch_id, sku) DO UPDATE SET"
            "   changes = CASE WHEN c.changes @> excluded.changes THEN c.changes"
            "     ELSE c.changes || excluded.changes END,"
            "   after = excluded.after, product_id = excluded.product_id, at = now()",
            [shop, msgspec.json.encode(changes).decode()],
        )
    skus = [one.sku for one in ordered]
    work.do(
        "UPDATE hub.orphans SET state = 'kept', updated_at = now() WHERE state = 'due' AND shop = %s AND sku = ANY(%b)",
        [shop, skus],
    )
    live = [one.sku for one in ordered if one.state == "live"]
    work.do(
        "UPDATE hub.product_staging SET status = 'published', updated_at = now()"
        " WHERE sku = ANY(%b) AND status = 'fetched'",
        [live],
    )
    work.do(
        "UPDATE hub.product_staging SET status = 'fetched', updated_at = now()"
        " WHERE sku = ANY(%b) AND status = 'published'",
        [[one.sku for one in ordered if one.state == "archived"]],
    )


def lose(work: Work, shop: str, skus: Sequence[str]) -> None:
    """The store has no product under the ids we knew: it must be looked for by its custom id."""
    work.do(
        "UPDATE hub.products SET state = 'missing', product_id = NULL, variant_id = NULL, inventory_item_id = NULL,"
        "  form = NULL, listing_hash = NULL, stock_hash = NULL, stock = '{}', on_channel = false, intent = NULL,"
        "  intent_at = NULL, updated_at = now() WHERE shop = %s AND sku = ANY(%b)",
        [shop, list(skus)],
    )


def adopt(work: Work, shop: str, *, sku: str, custom_id: str, handle: str, title: str) -> None:
    """A person gave us this product: from now on it is ours, with a listing we do not know."""
    work.do(
        "INSERT INTO hub.products (shop, sku, custom_id, search_key, handle, title, state, product_id)"
        " VALUES (%s, %s, %s, %s, %s, %s, 'missing', NULL)"
        " ON CONFLICT (shop, sku) DO UPDATE SET state = 'missing', product_id = NULL, form = NULL, updated_at = now()",
        [shop, sku, custom_id, search_key(sku), handle, title],
    )


_LISTED: LiteralString = (
    "shop, sku, handle, title, price, state, product_id, variant_id, inventory_item_id, form, stock, left_out,"
    " on_channel, image_url, image_code, batch_id, published_at, created_at, updated_at"
)


def page(
    work: Work, *, limit: int, after: str = "", state: str | None = None, search: str | None = None
) -> list[dict[str, Any]]:
    """Products that are or were in the store, in SKU order behind `after`; `search` as in staging."""
    return work.rows(
        f"SELECT {_LISTED} FROM hub.products WHERE sku > %(after)s AND product_id IS NOT NULL"  # noqa: S608
        " AND (%(state)s::text IS NULL OR state = %(state)s)"
        " AND (%(key)s::text IS NULL OR search_key LIKE %(key)s)"
        " ORDER BY sku LIMIT %(limit)s",
        {"after": after, "state": state, "key": pattern(search), "limit": limit},
    )


def count(work: Work, *, state: str | None = None, search: str | None = None) -> int:
    """How many of them there are."""
    return work.value(
        "SELECT count(*) FROM hub.products WHERE product_id IS NOT NULL AND (%(state)s::text IS NULL OR state ="
        " %(state)s) AND (%(key)s::text IS NULL OR search_key LIKE %(key)s)",
        {"state": state, "key": pattern(search)},
    )


def find(work: Work, key: str) -> dict[str, Any] | None:
    """The product of a SKU or of one of the store's product ids; the latest, where several stores have it."""
    return work.row(
        f"SELECT {_LISTED} FROM hub.products WHERE (sku = %(key)s OR product_id = ANY(%(ids)s))"  # noqa: S608
        " AND product_id IS NOT NULL ORDER BY updated_at DESC LIMIT 1",
        {"key": key, "ids": [key, f"gid://shopify/Product/{key}"]},
    )


def changes_of(work: Work, batch_id: UUID, *, skus: Sequence[str] | None = None) -> dict[str, dict[str, Any]]:
    """What a batch changed, by SKU."""
    rows = work.rows(
        "SELECT sku, shop, action, changes, before, after, product_id, at FROM hub.publish_changes"
        " WHERE batch_id = %(batch)s AND (%(skus)s::text[] IS NULL OR sku = ANY(%(skus)s)) ORDER BY sku",
        {"batch": batch_id, "skus": None if skus is None else list(skus)},
    )
    return {row["sku"]: row for row in rows}


def changes_of_sku(work: Work, sku: str, *, limit: int = 50) -> list[dict[str, Any]]:
    """What was ever changed in the store about a SKU, newest first."""
    return work.rows(
        "SELECT batch_id, action, changes, product_id, at FROM hub.publish_changes WHERE sku = %s"
        " ORDER BY at DESC LIMIT %s",
        [sku, limit],
    )


def changed_by(work: Work, batch_id: UUID) -> dict[str, int]:
    """How many products a batch `created` and `updated`."""
    rows = work.rows(
        "SELECT action, count(*) AS products FROM hub.publish_changes WHERE batch_id = %s GROUP BY action", [batch_id]
    )
    return {row["action"]: row["products"] for row in rows}


def current_shop(work: Work) -> str | None:
    """The store that was published to last, as far as the rows tell; None before the first publishing. No call."""
    rows = work.rows(
        "WITH RECURSIVE shops AS ((SELECT shop FROM hub.products ORDER BY shop LIMIT 1) UNION ALL"
        " SELECT (SELECT p.shop FROM hub.products p WHERE p.shop > s.shop ORDER BY p.shop LIMIT 1) FROM shops s"
        " WHERE s.shop IS NOT NULL) SELECT shop FROM shops WHERE shop IS NOT NULL"
    )
    if len(rows) > 1:  # a store was changed for another: rare enough for a look at every row
        return work.value("SELECT shop FROM hub.products ORDER BY updated_at DESC LIMIT 1")
    return rows[0]["shop"] if rows else None


def about_the_store(work: Work, *, most: int) -> dict[str, Any]:
    """How many products are live (counted to `most`), and when something was last published."""
    shop = current_shop(work)
    live = work.value(
        "SELECT count(*) FROM (SELECT 1 FROM hub.products WHERE shop = %s AND state = 'live' LIMIT %s) counted",
        [shop, most],
    )
    last = work.value(
        "SELECT updated_at FROM hub.batches WHERE batch_type = 'publish' AND published_count > 0"
        " ORDER BY created_at DESC LIMIT 1"
    )
    return {"live": live, "last": last}


def price_of(form: Mapping[str, Any]) -> Decimal:
    """The price in a form."""
    return Decimal(str(form["price"]))
