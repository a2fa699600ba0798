"""Items: due parts, their outcomes, and lists of them.

Work is claimed by part number, so one call serves every batch that contains the part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.work.batch import Item
from boeing_data_hub.work.batches import NOT_FOUND
from boeing_data_hub.work.due import DuePart, due_parts
from boeing_data_hub.work.verdicts import Settled, Unreadable, Verdicts

_SQL: Final = beside(__file__)

__all__ = ["DuePart", "due_parts"]


def anything_due(work: Work) -> int:
    """How many parts are due, counted to 200, which is enough to size the wake-ups."""
    return work.value(_SQL["anything_due"])


def waiting(work: Work, part_numbers: Sequence[str]) -> list[DuePart]:
    """The parts among these that a batch still waits for."""
    return work.records(DuePart, _SQL["waiting"], [list(part_numbers)])


def new_call_groups(work: Work, count: int) -> list[int]:
    """New numbers for the calls of a split."""
    rows = work.rows(_SQL["new_call_groups"], [count])
    return [row["number"] for row in rows]


@dataclass(frozen=True, slots=True)
class _Moved:
    """How many items of a batch a statement moved."""

    batch_id: UUID
    items: int


def apply_verdicts(work: Work, verdicts: Verdicts) -> dict[UUID, dict[str, int]]:
    """Move every waiting item of these parts, in whatever batch it is. Returns the moves for the batches' counts."""
    moves: dict[UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    if verdicts.found:
        parts = list(verdicts.found)
        rows = work.records(
            _Moved,
            _SQL["apply_found"],
            [
                parts,
                [found.raw_id for found in verdicts.found.values()],
                ["\x1f".join(found.skus) for found in verdicts.found.values()],
            ],
        )
        _count(moves, rows, "extracted")
    if verdicts.missing:
        parts = list(verdicts.missing)
        rows = work.records(_Moved, _SQL["apply_missing"], [NOT_FOUND, parts, list(verdicts.missing.values())])
        _count(moves, rows, "extracted", "failed")
    if verdicts.failed:
        parts = list(verdicts.failed)
        rows = work.records(
            _Moved,
            _SQL["apply_failed"],
            [
                parts,
                [failure.code for failure in verdicts.failed.values()],
                [failure.sentence for failure in verdicts.failed.values()],
            ],
        )
        _count(moves, rows, "failed")
    if verdicts.again:
        parts = list(verdicts.again)
        again = verdicts.again.values()
        work.do(
            _SQL["apply_again"],
            [
                parts,
                [one.wait for one in again],
                [one.attempts for one in again],
                [one.call_group for one in again],
                [one.why.code for one in again],
                [one.why.sentence for one in again],
                [verdicts.ago.get(part, 0.0) for part in parts],
            ],
        )
    return moves


def settle_normalized(
    work: Work, settled: Sequence[Settled], failed: Sequence[Unreadable]
) -> dict[UUID, dict[str, int]]:
    """Settle extracted items whose raw answer was normalized. Returns the moves for the batches' counts."""
    moves: dict[UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    if settled:
        rows = work.records(_Moved, _SQL["settle_normalized"], _columns(settled))
        _count(moves, rows, "normalized")
    if failed:
        rows = work.records(_Moved, _SQL["settle_failed"], _columns(failed))
        _count(moves, rows, "failed")
    return moves


def _columns(records: Sequence[Settled | Unreadable]) -> list[list[Any]]:
    """The fields of these records, as one list per field."""
    return [list(column) for column in zip(*map(astuple, records), strict=True)]


def _count(moves: dict[UUID, dict[str, int]], rows: Iterable[_Moved], *kinds: str) -> None:
    for row in rows:
        for kind in kinds:
            moves[row.batch_id][kind] += row.items


def page(
    work: Work,
    batch_id: UUID,
    *,
    limit: int,
    after: int = 0,
    state: str | None = None,
    outcome: str | None = None,
    error_code: str | None = None,
    reason: str | None = None,
    search: str | None = None,
    has_remark: bool = False,
) -> list[Item]:
    """A page of items in their original order, from the position after `after`.

    `search` is the beginning of the part number; `has_remark`: only items published with a remark.
    """
    return work.records(
        Item,
        _SQL["page"],
        {
            "batch": batch_id,
            "after": after,
            "state": state,
            "outcome": outcome,
            "code": error_code,
            "reason": reason,
            "search": search,
            "remark": has_remark,
            "limit": limit,
        },
    )


def first_failed(work: Work, batch_id: UUID, *, limit: int) -> list[Item]:
    """The first few failed items: an index look-up, whatever the size of the batch."""
    return work.records(Item, _SQL["first_failed"], [batch_id, limit])


def failed_part_numbers(work: Work, batch_id: UUID) -> list[str]:
    """Every failed part of a batch, in order."""
    rows = work.rows(_SQL["failed_part_numbers"], [batch_id])
    return [row["part_number"] for row in rows]


@dataclass(frozen=True, slots=True)
class Group:
    """Items of a batch that share a cause.

    Attributes:
        state: `failed`, `normalized` or `not_for_sale`.
        outcome: their outcome, or their state if they have no outcome.
        code: the cause.
        error: its sentence, for items that failed.
        items: how many.
        sample: the first few part numbers.
        first_at: when the first of them changed, and `last_at`, the last.
    """

    state: str
    outcome: str
    code: str | None
    error: str | None
    items: int
    sample: list[str]
    first_at: datetime
    last_at: datetime


def groups(work: Work, batch_id: UUID) -> list[Group]:
    """Failed, blocked and needs-review items of a batch, grouped by cause, the largest group first."""
    return work.records(Group, _SQL["groups"], [batch_id])


def waiting_for_raw(work: Work, raw_id: int) -> list[str]:
    """Parts of items that wait for the normalization of a raw answer."""
    rows = work.rows(_SQL["waiting_for_raw"], [raw_id])
    return [row["part_number"] for row in rows]
