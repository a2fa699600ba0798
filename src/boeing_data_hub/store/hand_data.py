"""What people keep of a part by hand, and staged rows as publishing sees them: with that word going before Boeing's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from boeing_data_hub.store.work import Work

FIELDS = ("trace", "expiration_date", "notes", "condition", "cert", "price_override", "excluded")
"""The fields a person may set."""

_READ_BY_LISTING: LiteralString = (
    "s.sku, s.title, s.price, s.cost_per_item, s.currency, s.inventory_quantity, s.weight, s.weight_unit,"
    " s.country_of_origin, s.base_uom, s.schedule_b_code, s.supplier_name, s.boeing_name, s.boeing_description,"
    " s.boeing_image_url, s.boeing_thumbnail_url, s.estimated_lead_time_days, s.status, s.status_reason,"
    " s.status_detail, s.fetched_at, coalesce(h.condition, s.condition) AS condition,"
    " coalesce(h.cert, s.cert) AS cert, h.trace, h.expiration_date, h.notes, h.price_override,"
    " coalesce(h.excluded, false) AS excluded,"
    " coalesce((SELECT jsonb_agg(jsonb_build_object('location', l.location, 'quantity', l.quantity)"
    "           ORDER BY l.location) FROM hub.stock_locations l WHERE l.sku = s.sku), '[]') AS locations"
)


def for_publishing(work: Work, skus: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Staged rows by SKU, as `publishing.listing.build_listing` reads them."""
    rows = work.rows(
        f"SELECT {_READ_BY_LISTING} FROM hub.product_staging s LEFT JOIN hub.hand_data h ON h.sku = s.sku"  # noqa: S608
        " WHERE s.sku = ANY(%b)",
        [list(skus)],
    )
    return {row["sku"]: row for row in rows}


def get(work: Work, sku: str) -> dict[str, Any] | None:
    """What is kept of a SKU by hand, or None."""
    return work.row(
        "SELECT sku, trace, expiration_date, notes, condition, cert, price_override, excluded, updated_by, updated_at"
        " FROM hub.hand_data WHERE sku = %s",
        [sku],
    )


def save(work: Work, sku: str, changes: Mapping[str, Any], *, actor: str) -> dict[str, tuple[Any, Any]]:
    """Set fields; the others stay. Returns what changed, old and new, for the audit log.

    Args:
        work: the transaction.
        sku: of the part.
        changes: some of `FIELDS`; None clears one.
        actor: who asks.
    """
    before = get(work, sku) or {"excluded": False}
    after = {name: before.get(name) for name in FIELDS} | dict(changes)
    after["excluded"] = bool(after["excluded"])
    work.do(
        "INSERT INTO hub.hand_data (sku, trace, expiration_date, notes, condition, cert, price_override, excluded,"
        "   updated_by) VALUES (%(sku)s, %(trace)s, %(expiration_date)s, %(notes)s, %(condition)s, %(cert)s,"
        "   %(price_override)s, %(excluded)s, %(actor)s)"
        " ON CONFLICT (sku) DO UPDATE SET trace = excluded.trace, expiration_date = excluded.expiration_date,"
        "   notes = excluded.notes, condition = excluded.condition, cert = excluded.cert,"
        "   price_override = excluded.price_override, excluded = excluded.excluded, updated_by = excluded.updated_by,"
        "   updated_at = now()",
        {**after, "sku": sku, "actor": actor},
    )
    return {name: (before.get(name), after[name]) for name in changes if before.get(name) != after[name]}


def exclude(work: Work, skus: Sequence[str], *, excluded: bool, actor: str) -> list[str]:
    """Exclude parts from publishing, or include them again. Returns those for which that changed something."""
    rows = work.rows(
        "INSERT INTO hub.hand_data AS h (sku, excluded, updated_by)"
        " SELECT sku, %(excluded)s, %(actor)s FROM unnest(%(skus)b::text[]) AS part(sku)"
        "  WHERE %(excluded)s OR EXISTS (SELECT 1 FROM hub.hand_data k WHERE k.sku = part.sku) ORDER BY sku"
        " ON CONFLICT (sku) DO UPDATE SET excluded = excluded.excluded, updated_by = excluded.updated_by,"
        "   updated_at = now() WHERE h.excluded <> excluded.excluded RETURNING sku",
        {"skus": list(skus), "excluded": excluded, "actor": actor},
    )
    return [row["sku"] for row in rows]


def excluded_among(work: Work, skus: Sequence[str]) -> set[str]:
    """Those of these parts that a person has excluded."""
    rows = work.rows("SELECT sku FROM hub.hand_data WHERE excluded AND sku = ANY(%b)", [list(skus)])
    return {row["sku"] for row in rows}
