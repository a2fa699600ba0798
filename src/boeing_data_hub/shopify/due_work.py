"""What the stage could work on now for the current store: parts, steps of bulk operations, leftover products, pictures,
webhooks, snapshots of the store, draft orders, and jobs that people started.
"""

from __future__ import annotations

from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify import (
    bulk_runs,
    draft_order_rows,
    leftover_products,
    media_check_rows,
    publish_items,
    store_snapshot_rows,
    webhook_rows,
)
from boeing_data_hub.shopify import store_job_rows as job_rows


def anything_due(work: Work, *, first: float = 0.0) -> int:
    """How much work of this stage is due, counted up to 200.

    Args:
        work: the transaction.
        first: seconds after a picture was sent until it is checked.
    """
    return parts_due(work) or int(
        media_check_rows.anything_due(work, first=first)
        or webhook_rows.anything_due(work)
        or job_rows.anything_due(work)
        or draft_order_rows.anything_due(work)
        or store_snapshot_rows.anything_due(work)
    )


def parts_due(work: Work) -> int:
    """How many parts, bulk operations and leftover products are due, counted up to 200."""
    return publish_items.anything_due(work) or bulk_runs.anything_due(work) or leftover_products.anything_due(work)


def seconds_to_next(work: Work) -> float | None:
    """Seconds until the next step of a bulk operation or of a snapshot is due; None if none is open."""
    waits = (bulk_runs.seconds_to_next(work), store_snapshot_rows.seconds_to_next(work))
    return min((wait for wait in waits if wait is not None), default=None)
