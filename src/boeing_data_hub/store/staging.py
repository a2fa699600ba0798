"""Staged products: one row per SKU, the newest fetch wins, and stock per location beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from boeing_data_hub.model.products import StagedProduct
from boeing_data_hub.store.work import Work


@dataclass(frozen=True, slots=True)
class Staged:
    """A product, the answer it came from, and when Boeing gave it (UTC)."""

    product: StagedProduct
    raw_id: int
    fetched_at: datetime


# The columns that come from a StagedProduct, with their types on the way in.
_COLUMNS: dict[LiteralString, LiteralString] = {
    "sku": "text",
    "search_key": "text",
    "title": "text",
    "body_html": "text",
    "vendor": "text",
    "price": "numeric",
    "cost_per_item": "numeric",
    "list_price": "numeric",
    "net_price": "numeric",
    "currency": "text",
    "inventory_quantity": "integer",
    "inventory_status": "text",
    "location_summary": "text",
    "weight": "numeric",
    "weight_unit": "text",
    "country_of_origin": "text",
    "dim_length": "numeric",
    "dim_width": "numeric",
    "dim_height": "numeric",
    "dim_uom": "text",
    "base_uom": "text",
    "hazmat_code": "text",
    "faa_approval_code": "text",
    "eccn": "text",
    "schedule_b_code": "text",
    "supplier_name": "text",
    "boeing_name": "text",
    "boeing_description": "text",
    "boeing_image_url": "text",
    "boeing_thumbnail_url": "text",
    "condition": "text",
    "cert": "text",
    "pma": "boolean",
    "estimated_lead_time_days": "integer",
    "status": "text",
    "status_reason": "text",
    "status_detail": "text",
    "raw_id": "bigint",
    "fetched_at": "timestamptz",
}
_NAMES: LiteralString = ", ".join(_COLUMNS)
_TYPED: LiteralString = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
_REPLACED: LiteralString = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name not in {"sku", "status"})
_UPSERT: LiteralString = (
    f"INSERT INTO hub.product_staging AS s ({_NAMES})"  # noqa: S608 - constant columns
    f" SELECT {_NAMES} FROM json_to_recordset(%s::json) AS r({_TYPED})"
    # A product that is live stays `published`; what is new about it is found by comparing, not by the status.
    f" ON CONFLICT (sku) DO UPDATE SET {_REPLACED}, updated_at = now(),"
    "   status = CASE WHEN s.status = 'published' AND excluded.status = 'fetched' THEN s.status"
    "            ELSE excluded.status END"
    " WHERE s.fetched_at <= excluded.fetched_at RETURNING s.sku, s.created_at < now() AS was_known"
)
_FIELDS = tuple(name for name in _COLUMNS if name not in {"search_key", "raw_id", "fetched_at"})
_NOT_IN_KEY = re.compile(r"[^A-Z0-9]")


def search_key(text: str) -> str:
    """What a part number is searched by: dashes, signs and case do not count."""
    return _NOT_IN_KEY.sub("", text.upper())


def pattern(search: str | None) -> str | None:
    """What `search_key` must be like; None: anything. A search of signs only matches nothing, not everything."""
    if not search or not search.strip():
        return None
    key = search_key(search)
    return f"{key}%" if key else "-"


def _record(one: Staged) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for name in _FIELDS:
        value = getattr(one.product, name)
        if value is not None:
            record[name] = value
    record["search_key"] = search_key(one.product.sku)
    record["raw_id"] = one.raw_id
    record["fetched_at"] = one.fetched_at
    return record


def upsert(work: Work, staged: Sequence[Staged]) -> None:
    """Write products and their stock. An older answer never overwrites a newer one."""
    newest: dict[str, Staged] = {}
    for one in staged:
        known = newest.get(one.product.sku)
        if known is None or known.fetched_at <= one.fetched_at:
            newest[one.product.sku] = one
    if not newest:
        return
    ordered = [newest[sku] for sku in sorted(newest)]  # always the same lock order
    rows = work.rows(_UPSERT, [msgspec.json.encode([_record(one) for one in ordered]).decode()])
    written = {row["sku"]: row["was_known"] for row in rows}
    stock = [
        (one.product.sku, place.location, place.quantity)
        for one in ordered
        if one.product.sku in written
        for place in one.product.locations
    ]
    columns = [[s[n] for s in stock] for n in range(3)]
    if known_before := [sku for sku, was_known in written.items() if was_known]:
        # A location Boeing stopped reporting must not keep its old stock.
        work.do(
            "DELETE FROM hub.stock_locations WHERE sku = ANY(%b)"
            " AND (sku, location) NOT IN (SELECT * FROM unnest(%b::text[], %b::text[]))",
            [known_before, columns[0], columns[1]],
        )
    if stock:
        work.do(
            "INSERT INTO hub.stock_locations AS l (sku, location, quantity)"
            " SELECT * FROM unnest(%b::text[], %b::text[], %b::int[])"
            " ON CONFLICT (sku, location) DO UPDATE SET quantity = excluded.quantity"
            " WHERE l.quantity <> excluded.quantity",
            columns,
        )


_LISTED: LiteralString = (
    f"{_NAMES}, created_at, updated_at,"  # noqa: S608 - constant columns
    " coalesce((SELECT jsonb_agg(jsonb_build_object('location', l.location, 'quantity', l.quantity)"
    "           ORDER BY l.location) FROM hub.stock_locations l WHERE l.sku = s.sku), '[]') AS locations"
)


def page(
    work: Work, *, limit: int, after: str = "", offset: int = 0, status: str | None = None, search: str | None = None
) -> list[dict[str, Any]]:
    """Staged products in SKU order, behind `after`. `search` matches from the start, dashes and case ignored."""
    return work.rows(
        f"SELECT {_LISTED} FROM hub.product_staging s WHERE sku > %(after)s"  # noqa: S608 - constant columns
        " AND (%(status)s::text IS NULL OR status = %(status)s)"
        " AND (%(key)s::text IS NULL OR search_key LIKE %(key)s)"
        " ORDER BY sku LIMIT %(limit)s OFFSET %(offset)s",
        {"after": after, "status": status, "key": pattern(search), "limit": limit, "offset": offset},
    )


def skus_of_batch(work: Work, batch_id: UUID, *, limit: int, offset: int = 0) -> list[str]:
    """SKUs the normalized items of a batch were matched to, in the order of the items."""
    rows = work.rows(
        "SELECT sku, min(position) AS first FROM hub.batch_items, unnest(skus) AS sku"
        " WHERE batch_id = %s AND state = 'normalized' GROUP BY sku ORDER BY first, sku LIMIT %s OFFSET %s",
        [batch_id, limit, offset],
    )
    return [row["sku"] for row in rows]


def get(work: Work, sku: str) -> dict[str, Any] | None:
    """One staged product with its stock by location, or None."""
    return work.row(f"SELECT {_LISTED} FROM hub.product_staging s WHERE sku = %s", [sku])  # noqa: S608


def get_many(work: Work, skus: Sequence[str]) -> list[dict[str, Any]]:
    """Staged products by SKU, in SKU order."""
    return work.rows(
        f"SELECT {_LISTED} FROM hub.product_staging s WHERE sku = ANY(%s) ORDER BY sku",  # noqa: S608
        [list(skus)],
    )


def count(work: Work, *, status: str | None = None, search: str | None = None) -> int:
    """How many staged products match."""
    return work.value(
        "SELECT count(*) FROM hub.product_staging WHERE (%(status)s::text IS NULL OR status = %(status)s)"
        " AND (%(key)s::text IS NULL OR search_key LIKE %(key)s)",
        {"status": status, "key": pattern(search)},
    )


def count_of_batch(work: Work, batch_id: UUID) -> int:
    """How many SKUs the normalized items of a batch were matched to."""
    return work.value(
        "SELECT count(DISTINCT sku) FROM hub.batch_items, unnest(skus) AS sku"
        " WHERE batch_id = %s AND state = 'normalized'",
        [batch_id],
    )


_LISTED_BRIEFLY: LiteralString = (
    "sku, search_key, boeing_name, supplier_name, price, currency, inventory_quantity, status, status_reason,"
    " status_detail, fetched_at"
)
# The filter of the console's list. Every row it lets through stands in one index, in the order of the list.
_FILTERED: LiteralString = (
    " FROM hub.product_staging WHERE (%(status)s::text IS NULL OR status = %(status)s)"
    " AND (%(key)s::text IS NULL OR search_key LIKE %(key)s)"
)


def browse(
    work: Work, *, limit: int, status: str | None = None, search: str | None = None, after: str | None = None
) -> list[dict[str, Any]]:
    """Staged products in the order of their search keys, from behind SKU `after`: quick at any depth, whatever the
    filter.
    """
    return work.rows(
        f"SELECT {_LISTED_BRIEFLY}{_FILTERED}"
        " AND (%(after)s::text IS NULL OR ROW(search_key, sku) OPERATOR(pg_catalog.~>~) ROW(%(from)s::text, %(after)s))"
        " ORDER BY search_key USING ~<~, sku USING ~<~ LIMIT %(limit)s",
        {
            "status": status,
            "key": pattern(search),
            "after": after,
            "from": search_key(after) if after else None,
            "limit": limit,
        },
    )


def matching(work: Work, *, limit: int, status: str | None = None, search: str | None = None) -> list[str]:
    """SKUs of the products that match, at most `limit`."""
    rows = work.rows(
        f"SELECT sku{_FILTERED} ORDER BY search_key USING ~<~, sku USING ~<~ LIMIT %(limit)s",
        {"status": status, "key": pattern(search), "limit": limit},
    )
    return [row["sku"] for row in rows]


def count_up_to(work: Work, most: int, *, status: str | None = None, search: str | None = None) -> int:
    """How many staged products match, counted no further than `most`."""
    return work.value(
        f"SELECT count(*) FROM (SELECT 1{_FILTERED} LIMIT %(most)s) counted",  # noqa: S608 - constants of this module
        {"status": status, "key": pattern(search), "most": most},
    )


def about_how_many(work: Work) -> int:
    """About how many products are staged, as Postgres' own statistics say: no count over everything."""
    return work.value("SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'hub.product_staging'::regclass")


def freshness(work: Work, *, most: int) -> dict[str, Any]:
    """When the oldest and the newest staged answer came, and how many are older than a day (counted up to `most`)."""
    row = work.row(
        "SELECT (SELECT min(fetched_at) FROM hub.product_staging) AS oldest,"
        " (SELECT max(fetched_at) FROM hub.product_staging) AS newest,"
        " (SELECT count(*) FROM (SELECT 1 FROM hub.product_staging"
        "    WHERE fetched_at < now() - interval '1 day' LIMIT %s) c) AS older_than_a_day",
        [most],
    )
    assert row is not None  # noqa: S101 - always one row
    return row
