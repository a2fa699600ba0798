"""Jobs on many products as rows: a person starts them, and publishing workers take their bounded steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify.store_job import StoreJob

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True)
class DifferingProduct:
    """A product in the store that differs from what the hub last set.

    Attributes:
        differences: each as `observed.Difference.as_json` writes it.
        looked_at: when it was compared.
    """

    sku: str
    product_id: str
    title: str
    state: str
    differences: Sequence[Mapping[str, Any]]
    looked_at: datetime


def add(work: Work, *, shop: str, kind: str, request: Mapping[str, Any], total: int, actor: str) -> UUID:
    """Start a job. Returns its id."""
    job_id = uuid4()
    work.do(_SQL["add"], [job_id, shop, kind, Jsonb(dict(request)), total, actor])
    return job_id


def get(work: Work, job_id: UUID) -> StoreJob | None:
    """One job."""
    row = work.row(_SQL["get"], [job_id])
    return StoreJob(**row) if row else None


def latest(work: Work, kind: str, *, limit: int = 1) -> list[StoreJob]:
    """The newest jobs of a kind on the current store, newest first."""
    return [StoreJob(**row) for row in work.rows(_SQL["latest"], [kind, limit])]


def next_due(work: Work, shop: str) -> StoreJob | None:
    """One that is due and that no worker holds."""
    row = work.row(_SQL["next_due"], [shop])
    return StoreJob(**row) if row else None


def anything_due(work: Work) -> bool:
    """True if a step of a job on the current store is due."""
    return bool(work.value(_SQL["anything_due"]))


def advance(work: Work, job: StoreJob, *, reached: str, done: int, failed: int = 0, end: bool) -> None:
    """Save the progress since the row was read."""
    work.do(_SQL["advance"], [reached, done, failed, end, end, job.id])


def decided(work: Work, job_id: UUID, sku: str) -> None:
    """Count a decision, in the transaction that saves it: a worker that stops right after it leaves no gap."""
    work.do(_SQL["decided"], [sku, job_id])


def put_off(work: Work, job_id: UUID, *, wait: float, attempts: int = 0, note: str) -> None:
    """Take the next step in so many seconds. `attempts`: failed tries of it so far."""
    work.do(_SQL["put_off"], [attempts, note[:500], wait, job_id])


def fail(work: Work, job_id: UUID, *, note: str) -> None:
    """End the job: it cannot be done, for this reason."""
    work.do(_SQL["fail"], [note[:500], job_id])


def cancel(work: Work, job_id: UUID) -> bool:
    """Cancel the job. False if it has already ended."""
    return bool(work.do(_SQL["cancel"], [job_id]))


def differing(
    work: Work, *, limit: int, after: str = "", field: str | None = None, prefix: str | None = None
) -> list[DifferingProduct]:
    """Products of the current store that a check found different, in SKU order after `after`.

    Args:
        work: the transaction.
        limit: how many.
        after: a SKU.
        field: only products that differ in this one; `stock` and `metafields` are one field each.
        prefix: only SKUs that begin with it; case is ignored.
    """
    rows = work.rows(_SQL["differing"], {"after": after, "field": field, "prefix": prefix, "limit": limit})
    return [DifferingProduct(**row) for row in rows]


def count_differing(work: Work, *, prefix: str | None = None) -> dict[str, int]:
    """How many products differ, by field; the stock of all locations is one field, as are metafields."""
    return {row["field"]: row["products"] for row in work.rows(_SQL["count_differing"], {"prefix": prefix})}
