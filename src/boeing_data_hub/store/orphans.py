"""Products of ours that are to leave the store: durable, retried until they are gone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from boeing_data_hub.model.publications import Orphan
from boeing_data_hub.store.work import Work


def add(work: Work, shop: str, *, sku: str, product_id: str | None, reason: str, batch_id: UUID | None) -> None:
    """This product, or whatever carries this SKU's custom id, is to go."""
    work.do(
        "INSERT INTO hub.orphans (shop, sku, product_id, reason, batch_id) VALUES (%s, %s, %s, %s, %s)",
        [shop, sku, product_id, reason, batch_id],
    )


def next_due(work: Work, shop: str) -> Orphan | None:
    """One that is due and on whose SKU nobody works."""
    row = work.row(
        "SELECT id, sku, product_id, reason, attempts FROM hub.orphans o WHERE state = 'due' AND shop = %s"
        " AND not_before <= now() AND sku NOT IN"
        "   (SELECT unnest(part_numbers) FROM hub.leases WHERE stage = 'publishing')"
        " AND NOT EXISTS (SELECT 1 FROM hub.bulk_lines l WHERE l.sku = o.sku AND NOT l.settled)"
        " ORDER BY not_before LIMIT 1",
        [shop],
    )
    return Orphan(**row) if row else None


def still_due(work: Work, orphan_id: int) -> bool:
    """Whether it is still to go: a newer publishing of the part may have taken it in."""
    return bool(work.value("SELECT 1 FROM hub.orphans WHERE id = %s AND state = 'due'", [orphan_id]))


def gone(work: Work, shop: str, orphan: Orphan) -> None:
    """It is gone, and so is what we knew of it."""
    work.do("UPDATE hub.orphans SET state = 'gone', error = NULL, updated_at = now() WHERE id = %s", [orphan.id])
    work.do(
        "DELETE FROM hub.products WHERE shop = %s AND sku = %s AND state IN ('intended', 'missing')",
        [shop, orphan.sku],
    )


def postpone(work: Work, orphan_id: int, *, seconds: float, error: str) -> None:
    """It could not be deleted; try again later."""
    work.do(
        "UPDATE hub.orphans SET attempts = attempts + 1, error = %s, updated_at = now(),"
        "  not_before = now() + %s * interval '1 second' WHERE id = %s",
        [error, seconds, orphan_id],
    )


def keep(work: Work, orphan_id: int) -> bool:
    """A person wants it to stay. False when it is not due any more."""
    return bool(
        work.do(
            "UPDATE hub.orphans SET state = 'kept', updated_at = now() WHERE id = %s AND state = 'due'", [orphan_id]
        )
    )


def due_now(work: Work, orphan_id: int) -> bool:
    """A person wants another try at once. False when it is not due any more."""
    return bool(
        work.do(
            "UPDATE hub.orphans SET not_before = now(), updated_at = now() WHERE id = %s AND state = 'due'", [orphan_id]
        )
    )


def listed(work: Work, *, state: str = "due", limit: int = 200) -> list[dict[str, Any]]:
    """Orphans, oldest first."""
    return work.rows(
        "SELECT id, shop, sku, product_id, reason, batch_id, state, attempts, not_before, error, created_at,"
        " updated_at FROM hub.orphans WHERE state = %s ORDER BY id LIMIT %s",
        [state, limit],
    )


def count_due(work: Work) -> int:
    """How many are still in the store."""
    return work.value("SELECT count(*) FROM hub.orphans WHERE state = 'due'")


def count_stubborn(work: Work, *, attempts: int) -> int:
    """How many are still in the store after so many tries."""
    return work.value("SELECT count(*) FROM hub.orphans WHERE state = 'due' AND attempts >= %s", [attempts])


def anything_due(work: Work) -> int:
    """How many could be tried now, counted to 50."""
    return work.value(
        "SELECT count(*) FROM (SELECT 1 FROM hub.orphans WHERE state = 'due' AND not_before <= now() LIMIT 50) due"
    )


def of_skus(work: Work, skus: Sequence[str]) -> list[dict[str, Any]]:
    """Orphans of these SKUs, newest first."""
    return work.rows(
        "SELECT id, sku, product_id, reason, state, attempts, error, updated_at FROM hub.orphans WHERE sku = ANY(%s)"
        " ORDER BY id DESC",
        [list(skus)],
    )
