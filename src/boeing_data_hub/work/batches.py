"""Batches: accept, look up, list, cancel, and the counts that move with the items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Final
from uuid import UUID

from psycopg.types.json import Jsonb

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.work.batch import Batch, NewBatch

_SQL: Final = beside(__file__)

NOT_FOUND = "Boeing doesn't recognize this part number. Check its suffix (for example =K3), and search again."
_LEDGER = 7_204_002  # shared by saves, exclusive for changes of a whole batch, which prevents deadlocks


def hold_ledger(work: Work, *, alone: bool = False) -> None:
    """Lock the ledger of items until the commit: shared for saves, exclusive for a change of a whole batch."""
    if alone:
        work.do(_SQL["hold_ledger_alone"], [_LEDGER])
    else:
        work.do(_SQL["hold_ledger"], [_LEDGER])


def insert(work: Work, batch: NewBatch, *, status: str = "processing") -> bool:
    """Insert a batch. False if its owner has used its idempotency key before, or is using it in another transaction."""
    values = {each.name: getattr(batch, each.name) for each in fields(batch)}
    return bool(work.do(_SQL["insert"], {**values, "status": status, "options": Jsonb(batch.options.as_json())}))


def insert_items(work: Work, batch_id: UUID, part_numbers: Sequence[str]) -> None:
    """Insert the batch's items, in order, in one statement (row level security forbids COPY)."""
    work.do(_SQL["insert_items"], [batch_id, list(part_numbers)])


def reuse_fresh(work: Work, batch_id: UUID, *, younger_than: float) -> int:
    """Serve items with the answer another batch got less than `younger_than` seconds ago. Returns how many.

    Found parts go on to normalization (their raw answers become due again, without a call); parts that Boeing did not
    know then fail now.
    """
    row = work.row(_SQL["reuse_fresh"], {"batch": batch_id, "age": younger_than, "not_found": NOT_FOUND})
    reused = int(row["reused"]) if row else 0
    if row and reused:
        work.do(_SQL["note_reused"], [reused, batch_id])
        move_counts(work, {batch_id: {"extracted": reused, "failed": row["failed"]}})
    return reused


def get(work: Work, batch_id: UUID) -> Batch | None:
    """One batch, or None."""
    return work.record(Batch, _SQL["get"], [batch_id])


def get_many(work: Work, batch_ids: Sequence[UUID]) -> list[Batch]:
    """The existing batches with these ids."""
    return work.records(Batch, _SQL["get_many"], [list(batch_ids)])


def by_key(work: Work, owner: str, idempotency_key: str) -> Batch | None:
    """The batch that this owner created with this idempotency key, or None."""
    return work.record(Batch, _SQL["by_key"], [owner, idempotency_key])


def retry_of(work: Work, batch_id: UUID) -> UUID | None:
    """The batch that retries the failed items of this one, or None."""
    return work.value(_SQL["retry_of"], [batch_id])


def newest(
    work: Work,
    *,
    limit: int,
    offset: int = 0,
    status: str | None = None,
    batch_type: str | None = None,
    before: tuple[datetime, UUID] | None = None,
) -> list[Batch]:
    """A page of batches, newest first; `before` is the last batch of the previous page."""
    return work.records(
        Batch,
        _SQL["newest"],
        {
            "status": status,
            "type": batch_type,
            "at": before[0] if before else None,
            "id": before[1] if before else None,
            "limit": limit,
            "offset": offset,
        },
    )


def beginning_with(work: Work, start: str, *, limit: int, batch_type: str | None = None) -> list[Batch]:
    """Batches whose id begins with these hexadecimal digits, newest first; dashes do not count."""
    digits = start.replace("-", "").lower()[:32]
    ends = UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))
    return work.records(Batch, _SQL["beginning_with"], [*ends, batch_type, batch_type, limit])


def named(work: Work, text: str, *, limit: int, most: int) -> list[Batch]:
    """Batches whose list's name contains this text, case ignored, among the `most` newest of all; newest first."""
    return work.records(Batch, _SQL["named"], {"text": text, "most": most, "limit": limit})


def running(work: Work, *, limit: int) -> list[Batch]:
    """Batches that have not ended, newest first."""
    return work.records(Batch, _SQL["running"], [limit])


def with_outcome(
    work: Work,
    *,
    limit: int,
    outcome: str | None = None,
    batch_type: str | None = None,
    owner: str | None = None,
    before: tuple[datetime, UUID] | None = None,
) -> list[Batch]:
    """A page of batches with this outcome, or `running`, or `waiting` for approval, newest first.

    `before` is the last one of the previous page.
    """
    return work.records(
        Batch,
        _SQL["with_outcome"],
        {
            "outcome": outcome,
            "type": batch_type,
            "owner": owner,
            "at": before[0] if before else None,
            "id": before[1] if before else None,
            "limit": limit,
        },
    )


def open_runs(
    work: Work,
    *,
    batch_type: str,
    owner: str | None,
    until: datetime | None,
    source: str | None,
    queued: bool,
    limit: int,
) -> list[UUID]:
    """Ids of runs that are being worked on, newest first: of this type, owner and list, accepted by `until`; `queued`:
    none of whose parts is done yet.
    """
    asked = {"type": batch_type, "owner": owner, "until": until, "source": source, "queued": queued, "limit": limit}
    return [row["id"] for row in work.rows(_SQL["open_runs"], asked)]


def rename(work: Work, batch_id: UUID, name: str) -> Batch:
    """Set the name of the list of an existing batch."""
    renamed = work.record(Batch, _SQL["rename"], [name, batch_id])
    assert renamed is not None  # noqa: S101 - the caller has read it
    return renamed


def count(work: Work, *, status: str | None = None, batch_type: str | None = None) -> int:
    """How many batches there are."""
    return work.value(_SQL["count"], {"status": status, "type": batch_type})


def move_counts(work: Work, moves: Mapping[UUID, Mapping[str, int]]) -> None:
    """Add to the counts of batches, in the transaction that moved their items.

    It finishes batches whose last item settled.

    Args:
        work: the transaction.
        moves: batch id → state → how many items moved to it; `extracted` counts every answer of Boeing.
    """
    counts = [(batch, state, items) for batch, states in moves.items() for state, items in states.items()]
    if not counts:
        return
    rows = work.rows(_SQL["move_counts"], [list(column) for column in zip(*counts, strict=True)])
    if settled := [row["id"] for row in rows if row["is_settled"]]:
        finish_settled(work, settled)


def finish_settled(work: Work, batch_ids: Sequence[UUID]) -> list[UUID]:
    """Finish batches whose items are all settled. A final status is never overwritten."""
    rows = work.rows(_SQL["finish_settled"], [list(batch_ids)])
    return [row["id"] for row in rows]


def cancel(work: Work, batch_id: UUID, *, why: str = "Cancelled. Completed parts stay as they are.") -> bool:
    """Cancel the unsettled items; settled ones stay. False if there was nothing to cancel.

    Parts of a publish run that are being sent, or whose last call has an unknown outcome, stay open: the batch ends
    once their outcome is known. The caller holds the ledger's exclusive lock.
    """
    publishing = work.value(_SQL["is_publishing"], [batch_id])
    cancelled = work.do(_SQL["cancel_items"], {"batch": batch_id, "publishing": publishing})
    row = work.row(_SQL["cancel"], [cancelled, cancelled, why, batch_id])
    if row is None:
        return False
    work.do(_SQL["cancel_bulk_runs"], [batch_id])
    return True


def unfinished_but_settled(work: Work) -> list[UUID]:
    """Open batches without open items: none, unless someone changed the tables by hand."""
    rows = work.rows(_SQL["unfinished_but_settled"])
    return [row["id"] for row in rows]
