"""What ever happened to a part: in which batches it was, what became of it there, and which answers are kept."""

from __future__ import annotations

from typing import Any

from boeing_data_hub.model.part_numbers import base_number
from boeing_data_hub.store.work import Work


def of_part(work: Work, part_number: str, *, limit: int) -> list[dict[str, Any]]:
    """The part's items, newest first, each with its batch and the answer it was settled by.

    A variant (`WF338109=K3`) is also in the batches that asked for its base number and were answered with it.
    """
    return work.rows(
        "SELECT i.batch_id, i.part_number, i.state, i.skus, i.outcome, i.reason, i.error_code, i.error, i.attempts,"
        "   i.updated_at, i.raw_id, b.created_at, b.owner, b.retry_of, b.batch_type, b.options, b.status,"
        "   b.started_at, r.fetched_at, r.state AS raw_state"
        " FROM hub.batch_items i JOIN hub.batches b ON b.id = i.batch_id"
        " LEFT JOIN hub.boeing_raw_data r ON r.id = i.raw_id"
        " WHERE i.part_number = %(part)s"
        "    OR (i.part_number = %(base)s AND %(part)s = ANY(i.skus))"
        " ORDER BY b.created_at DESC LIMIT %(limit)s",
        {"part": part_number, "base": base_number(part_number), "limit": limit},
    )
