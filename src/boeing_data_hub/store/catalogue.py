"""The staged catalogue beside the store: which parts are not there, which are, which were renewed since. Read only.

Every list is in the order of search keys and read from an index in that order, so that it is quick at any depth.
"""

from __future__ import annotations

from typing import Any, Final, LiteralString

from boeing_data_hub.store import products
from boeing_data_hub.store.staging import pattern, search_key
from boeing_data_hub.store.work import Work

LOOKED_THROUGH: Final = 5_000
"""Products of the store that one look for renewed ones goes through."""

_BRIEFLY: LiteralString = (
    "s.sku, s.search_key, s.boeing_name, s.supplier_name, s.price, s.currency, s.inventory_quantity, s.status,"
    " s.status_reason, s.status_detail, s.fetched_at"
)
_BEHIND: LiteralString = (
    "(%(key)s::text IS NULL OR {t}.search_key LIKE %(key)s) AND (%(after)s::text IS NULL OR"
    " ROW({t}.search_key, {t}.sku) OPERATOR(pg_catalog.~>~) ROW(%(from)s::text, %(after)s))"
)
_S: LiteralString = _BEHIND.replace("{t}", "s")
_P: LiteralString = _BEHIND.replace("{t}", "p")
_LIVE: LiteralString = "SELECT 1 FROM hub.products p WHERE p.shop = %(shop)s AND p.sku = s.sku AND p.state = 'live'"


def _asked(work: Work, search: str, after: str | None, status: str | None, limit: int) -> dict[str, Any]:
    return {
        "shop": products.current_shop(work),
        "key": pattern(search),
        "after": after,
        "from": search_key(after) if after else None,
        "status": status,
        "limit": limit,
    }


def absent(
    work: Work, *, limit: int, search: str = "", status: str | None = None, after: str | None = None
) -> list[dict[str, Any]]:
    """Staged parts that are not live in the store."""

    def one(status: LiteralString) -> LiteralString:
        return (
            f"(SELECT {_BRIEFLY} FROM hub.product_staging s WHERE s.status = '{status}' AND {_S}"  # noqa: S608
            f" AND NOT EXISTS ({_LIVE}) AND (%(status)s::text IS NULL OR s.status = %(status)s)"
            " ORDER BY s.search_key USING ~<~, s.sku USING ~<~ LIMIT %(limit)s)"
        )

    return work.rows(
        f"SELECT * FROM ({one('fetched')} UNION ALL {one('blocked')} UNION ALL {one('needs_review')}) found"  # noqa: S608
        " ORDER BY search_key USING ~<~, sku USING ~<~ LIMIT %(limit)s",
        _asked(work, search, after, status, limit),
    )


def live(
    work: Work, *, limit: int, search: str = "", status: str | None = None, after: str | None = None
) -> list[dict[str, Any]]:
    """Staged parts that are live in the store."""
    return work.rows(
        f"SELECT {_BRIEFLY} FROM hub.products p JOIN hub.product_staging s ON s.sku = p.sku"  # noqa: S608
        f" WHERE p.shop = %(shop)s AND p.state = 'live' AND {_P}"
        " AND (%(status)s::text IS NULL OR s.status = %(status)s)"
        " ORDER BY p.search_key USING ~<~, p.sku USING ~<~ LIMIT %(limit)s",
        _asked(work, search, after, status, limit),
    )


def renewed(
    work: Work, *, looked_through: int | None, search: str = "", status: str | None = None, after: str | None = None
) -> tuple[list[dict[str, Any]], str | None]:
    """Parts that are live and were staged anew or edited by hand since they were published: these may differ.

    Args:
        work: the transaction.
        looked_through: of the store's products, from behind `after`; None: all of them, which takes its time.
        search: how the part number begins.
        status: of the staged part.
        after: SKU to go on behind.

    Returns:
        the parts, and the SKU up to which was looked when there is more behind it.
    """
    rows = work.rows(
        f"SELECT {_BRIEFLY}, p.sku AS place, s.sku IS NOT NULL AND (s.updated_at > p.published_at"  # noqa: S608
        "   OR h.updated_at > p.published_at) AS is_renewed"
        " FROM (SELECT p.sku, p.search_key, p.published_at FROM hub.products p"
        f"   WHERE p.shop = %(shop)s AND p.state = 'live' AND {_P}"
        "   ORDER BY p.search_key USING ~<~, p.sku USING ~<~ LIMIT %(limit)s) p"
        " LEFT JOIN hub.product_staging s ON s.sku = p.sku AND (%(status)s::text IS NULL OR s.status = %(status)s)"
        " LEFT JOIN hub.hand_data h ON h.sku = p.sku"
        " ORDER BY p.search_key USING ~<~, p.sku USING ~<~",
        _asked(work, search, after, status, looked_through or 10_000_000),
    )
    end = rows[-1]["place"] if looked_through is not None and len(rows) == looked_through else None
    return [row for row in rows if row["is_renewed"]], end
