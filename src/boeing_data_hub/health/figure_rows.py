"""The queries behind the system's metrics: index look-ups that do not grow with the catalogue or the history.

Backlogs are counted over open batches, outcomes over the batches of the last day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.values.states import BatchType, ItemState

_SQL: Final = beside(__file__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """The backlog of a stage.

    Attributes:
        due: parts (for normalization: answers) that could be processed now.
        later: parts that wait for a retry, or are being processed.
        oldest: seconds since the oldest due part became due; None: nothing is due.
    """

    due: int
    later: int = 0
    oldest: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """The leases of a stage, and the parts (for normalization: answers) they cover."""

    stage: str
    leases: int
    parts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentBatch:
    """A batch that was created within the last day, or is still running.

    Attributes:
        settled: its items in each end state.
        quiet: seconds since its last progress.
    """

    id: UUID
    batch_type: BatchType
    status: str
    settled: Mapping[ItemState, int]
    is_open: bool
    quiet: float

    @property
    def failed_count(self) -> int:
        """Failed items."""
        return self.settled[ItemState.FAILED]

    @property
    def outcome(self) -> str:
        """The outcome of a finished batch."""
        if self.status == "completed":
            return "finished_with_failures" if self.failed_count else "succeeded"
        return self.status


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureCount:
    """The number of failed items of a batch with the same code."""

    batch_id: UUID
    code: str
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkState:
    """Open bulk operations in a state, and the seconds the oldest one has been in it."""

    state: str
    runs: int
    lines: int
    oldest: float


def waiting_for_boeing(work: Work) -> Backlog:
    """The backlog of searches, in items."""
    return _only(work.record(Backlog, _SQL["waiting_for_boeing"]))


def waiting_for_the_store(work: Work) -> Backlog:
    """The backlog of publish runs, in items; parts in a running bulk operation count as `later`."""
    return _only(work.record(Backlog, _SQL["waiting_for_the_store"]))


def waiting_for_normalization(work: Work) -> Backlog:
    """The backlog of normalization, in answers; `oldest` only counts answers that an item waits for."""
    return _only(work.record(Backlog, _SQL["waiting_for_normalization"]))


def leased(work: Work) -> list[Leased]:
    """The leases of each stage."""
    return work.records(Leased, _SQL["leased"])


def recent_batches(work: Work) -> list[RecentBatch]:
    """Batches that were created within the last day, or are still running."""
    return work.records(RecentBatch, _SQL["batches_of_late"])


def failure_codes(work: Work, batch_ids: Sequence[UUID]) -> list[FailureCount]:
    """The number of failed items of these batches, by code."""
    return work.records(FailureCount, _SQL["failure_codes"], [list(batch_ids)])


def workers(work: Work, *, silent_after: float) -> tuple[dict[str, int], float | None]:
    """Running workers by queue, and seconds since the last sweep; None: unknown."""
    rows = work.rows(_SQL["workers"], [silent_after])
    quiet = {row["queue"]: row["quiet"] for row in rows}
    return {row["queue"]: row["alive"] for row in rows if row["queue"] != "sweep"}, quiet.get("sweep")


def counts(work: Work) -> dict[str, float]:
    """The metrics that are one number each, by name."""
    return _only(work.row(_SQL["counts"]))


def bulk_runs(work: Work) -> list[BulkState]:
    """Open bulk operations by state."""
    return work.records(BulkState, _SQL["bulk_runs"])


def products_in_doubt(work: Work) -> int:
    """The number of products for which a call's outcome has been unknown for ten minutes, with no check scheduled."""
    rows = work.rows(_SQL["products_in_doubt"])
    if not rows:
        return 0
    return work.value(_SQL["count_not_waited_for"], [[row["sku"] for row in rows]])


def _only(row: T | None) -> T:
    assert row is not None  # noqa: S101 - an aggregate always has one row
    return row
