"""What the store was last seen to have: by SKU, where we know no product of ours, and what a person must decide on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from boeing_data_hub.model.publications import Sighting
from boeing_data_hub.store.work import Work


def save(work: Work, shop: str, seen: Mapping[str, Sighting]) -> None:
    """Remember what was seen just now."""
    records = [{"sku": sku, "ours": seen[sku].ours, "others": list(seen[sku].others)} for sku in sorted(seen)]
    if records:
        work.do(
            "INSERT INTO hub.store_sightings AS s (shop, sku, ours, others)"
            " SELECT %s, r.sku, r.ours, r.others FROM json_to_recordset(%s::json) AS r(sku text, ours jsonb, others"
            " jsonb) ON CONFLICT (shop, sku) DO UPDATE SET ours = excluded.ours, others = excluded.others,"
            "   seen_at = now()",
            [shop, msgspec.json.encode(records).decode()],
        )


def known(work: Work, shop: str, skus: Sequence[str], *, younger_than: float) -> dict[str, Sighting]:
    """Those of these SKUs that were looked for less than `younger_than` seconds ago."""
    rows = work.rows(
        "SELECT sku, ours, others FROM hub.store_sightings WHERE shop = %s AND sku = ANY(%b)"
        " AND seen_at > now() - %s * interval '1 second'",
        [shop, list(skus), younger_than],
    )
    return {row["sku"]: Sighting(row["ours"], tuple(row["others"])) for row in rows}


def forget(work: Work, shop: str, skus: Sequence[str]) -> None:
    """These must be looked for again before the next decision."""
    work.do("DELETE FROM hub.store_sightings WHERE shop = %s AND sku = ANY(%s)", [shop, list(skus)])


def forget_old(work: Work, *, older_than: float) -> int:
    """Remove what nobody will believe any more."""
    return work.do("DELETE FROM hub.store_sightings WHERE seen_at < now() - %s * interval '1 second'", [older_than])


def note_conflicts(work: Work, shop: str, conflicts: Sequence[Mapping[str, Any]]) -> None:
    """Parts that a person must decide on: `sku`, `kind`, `product_id`, `title`, `sentence`, `batch_id`.

    To leave a product alone holds for as long as it is the same product; every other decision is asked for anew.
    """
    if conflicts:
        work.do(
            "INSERT INTO hub.conflicts AS c (shop, sku, kind, product_id, title, sentence, batch_id)"
            " SELECT %s, r.sku, r.kind, r.product_id, r.title, r.sentence, r.batch_id FROM"
            " json_to_recordset(%s::json) AS r(sku text, kind text, product_id text, title text, sentence text,"
            "   batch_id uuid)"
            " ON CONFLICT (shop, sku) DO UPDATE SET kind = excluded.kind, product_id = excluded.product_id,"
            "   title = excluded.title, sentence = excluded.sentence, batch_id = excluded.batch_id,"
            "   found_at = CASE WHEN c.decided_at IS NULL THEN c.found_at ELSE now() END,"
            "   decision = NULL, decided_by = NULL, decided_at = NULL"
            " WHERE c.decision IS DISTINCT FROM 'leave' OR c.kind <> excluded.kind"
            "   OR c.product_id IS DISTINCT FROM excluded.product_id",
            [shop, msgspec.json.encode(sorted(conflicts, key=lambda one: str(one["sku"]))).decode()],
        )


def conflicts(work: Work, *, is_open: bool = True, limit: int = 200, after: str = "") -> list[dict[str, Any]]:
    """Conflicts in SKU order, behind `after`."""
    return work.rows(
        "SELECT shop, sku, kind, product_id, title, sentence, batch_id, found_at, decision, decided_by, decided_at"
        " FROM hub.conflicts WHERE (decided_at IS NULL) = %s AND sku > %s ORDER BY sku LIMIT %s",
        [is_open, after, limit],
    )


def conflict(work: Work, sku: str) -> dict[str, Any] | None:
    """The conflict of a SKU that can be decided, locked until the commit: it waits, or its product was left alone."""
    return work.row(
        "SELECT shop, sku, kind, product_id, title, sentence, batch_id FROM hub.conflicts"
        " WHERE sku = %s AND (decided_at IS NULL OR decision = 'leave')"
        " ORDER BY decided_at NULLS FIRST LIMIT 1 FOR UPDATE",
        [sku],
    )


def open_of(work: Work, sku: str) -> dict[str, Any] | None:
    """The same, to look at."""
    return work.row(
        "SELECT shop, sku, kind, product_id, title, sentence, batch_id, found_at FROM hub.conflicts"
        " WHERE sku = %s AND decided_at IS NULL LIMIT 1",
        [sku],
    )


def decide(work: Work, shop: str, sku: str, *, decision: str, actor: str) -> None:
    """A person has decided."""
    work.do(
        "UPDATE hub.conflicts SET decision = %s, decided_by = %s, decided_at = now() WHERE shop = %s AND sku = %s",
        [decision, actor, shop, sku],
    )


def end_conflicts(work: Work, shop: str, skus: Sequence[str]) -> None:
    """These parts are published: nothing is left to decide."""
    work.do("DELETE FROM hub.conflicts WHERE shop = %s AND sku = ANY(%b) AND decided_at IS NULL", [shop, list(skus)])


def open_conflicts(work: Work) -> int:
    """How many wait for a person."""
    return work.value("SELECT count(*) FROM hub.conflicts WHERE decided_at IS NULL")


def batches_of(work: Work, skus: Sequence[str]) -> list[UUID]:
    """Batches that found these conflicts."""
    rows = work.rows("SELECT DISTINCT batch_id FROM hub.conflicts WHERE sku = ANY(%s) AND batch_id IS NOT NULL",
                     [list(skus)])  # fmt: skip
    return [row["batch_id"] for row in rows]
