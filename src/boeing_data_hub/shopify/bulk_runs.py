"""Bulk operations as rows, each with its lines, so that any worker can continue where another stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import msgspec

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)
_MOVABLE: Final = frozenset({"operation_id", "path", "url", "partial", "object_count", "note", "attempts"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRun:
    """One bulk operation of the store: a file of upserts that the store runs at its own speed.

    Attributes:
        state: `prepared`, `starting` (asked for, no id yet), `running`, `finished` (results to be read), `ended`.
        lines: upserts in its file.
        path: of the uploaded file.
        url: of the results; `partial` if the store did not reach the end.
        object_count: finished lines, as the store last reported.
        cancelling: True if its batch was cancelled.
        note: what it waits for, or what went wrong, for people.
        attempts: failed steps in a row.
        age: seconds in this state, by the database's clock.
        waited: seconds since it was prepared.
    """

    id: UUID
    shop: str
    batch_id: UUID
    state: str
    lines: int
    operation_id: str | None
    path: str | None
    url: str | None
    partial: bool
    object_count: int
    cancelling: bool
    note: str | None
    attempts: int
    age: float
    waited: float


@dataclass(frozen=True, slots=True)
class BulkProgress:
    """The progress of a batch's bulk operations.

    Attributes:
        lines: lines in progress, lines whose results are not read yet, and those of operations that could not start.
        done: how many of them the store reports as finished.
        waits_for: why an operation has not started, for people; None if all have.
    """

    lines: int
    done: int
    waits_for: str | None


@dataclass(frozen=True, slots=True)
class BulkLine:
    """One upsert of a bulk operation: its SKU, and the variables of the call."""

    sku: str
    variables: Mapping[str, Any]


def add(work: Work, run_id: UUID, shop: str, batch_id: UUID, lines: Sequence[BulkLine]) -> None:
    """A prepared run; its lines are numbered from 0."""
    work.do(_SQL["add"], [run_id, shop, batch_id, len(lines)])
    written = [msgspec.json.encode(line.variables).decode() for line in lines]
    work.do(_SQL["add_lines"], [run_id, [line.sku for line in lines], written])


def next_due(work: Work, shop: str) -> BulkRun | None:
    """The run that has waited longest for its next step and that no worker holds."""
    return work.record(BulkRun, _SQL["next_due"], [shop])


def get(work: Work, run_id: UUID) -> BulkRun | None:
    """One run."""
    return work.record(BulkRun, _SQL["get"], [run_id])


def open_runs(work: Work, shop: str) -> int:
    """Runs that have not ended: each needs one of the store's slots for bulk operations."""
    return work.value(_SQL["open_runs"], [shop])


def least_served(work: Work, batch_ids: Sequence[UUID]) -> UUID:
    """The batch of these with the fewest open runs, so that batches share the lanes."""
    return work.value(_SQL["least_served"], [list(batch_ids)])


def of_batch(work: Work, batch_id: UUID) -> list[BulkRun]:
    """The runs of a batch, oldest first."""
    return work.records(BulkRun, _SQL["of_batch"], [batch_id])


def variables(work: Work, run_id: UUID) -> list[str]:
    """The variables of all lines as JSON text, in order."""
    return [row["line"] for row in work.rows(_SQL["variables"], [run_id])]


def intents(work: Work, run_id: UUID) -> dict[str, str]:
    """What is about to be sent for each SKU, as the JSON text of its intent; without those settled since."""
    return {row["sku"]: row["intent"] for row in work.rows(_SQL["intents"], [run_id])}


def variables_of(work: Work, run_id: UUID, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The variables of some lines, by number."""
    return {row["number"]: row["variables"] for row in work.rows(_SQL["variables_of"], [run_id, list(numbers)])}


def open_lines(work: Work, run_id: UUID) -> dict[int, str]:
    """SKU by line number, of the lines whose result is not saved yet."""
    return {row["number"]: row["sku"] for row in work.rows(_SQL["open_lines"], [run_id])}


def settle_lines(work: Work, run_id: UUID, numbers: Sequence[int] | None = None) -> int:
    """Release the SKUs of these lines (None: all lines), whose results are saved. Returns how many were open."""
    return work.do(_SQL["settle_lines"], {"run": run_id, "numbers": None if numbers is None else list(numbers)})


def move(work: Work, run_id: UUID, state: str, *, wait: float = 0.0, **changes: Any) -> None:
    """Set a run's state (which may be its current one), with its next step due in `wait` seconds."""
    unknown = set(changes) - _MOVABLE
    if unknown:
        raise ValueError(f"no such column: {unknown}")
    values = {"run": run_id, "state": state, "wait": wait, "changes": msgspec.json.encode(changes).decode()}
    work.do(_SQL["move"], values)


def put_off(work: Work, run_id: UUID, *, wait: float, attempts: int, note: str) -> None:
    """A step failed: take it again in so many seconds."""
    work.do(_SQL["put_off"], [attempts, note, wait, run_id])


def under_way(work: Work) -> dict[UUID, BulkProgress]:
    """The store's progress with the lines of each batch of the current store."""
    return {
        row["batch_id"]: BulkProgress(row["lines"], row["done"], row["waits_for"])
        for row in work.rows(_SQL["under_way"])
    }


def anything_due(work: Work) -> int:
    """How many runs of the current store are due for a step."""
    return work.value(_SQL["anything_due"])


def seconds_to_next(work: Work) -> float | None:
    """Seconds until the next step of a run of the current store is due; None if no run is open."""
    found = work.value(_SQL["seconds_to_next"])
    return None if found is None else max(0.0, float(found))


def pace(work: Work) -> float | None:
    """Lines per second of the current store's last ten runs; None if there were none."""
    found = work.value(_SQL["pace"])
    return None if found is None else float(found)
