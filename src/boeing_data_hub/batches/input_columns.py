"""The other columns of the file that a batch came from, so that its failures can be exported beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from psycopg.types.json import Jsonb

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True)
class InputLine:
    """The other cells of an item's line."""

    position: int
    cells: list[str]


def keep(work: Work, batch_id: UUID, columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    """Save the other columns of a batch's file.

    Args:
        work: the transaction that inserts the batch.
        batch_id: the batch.
        columns: their headers; empty: there are none, and nothing is saved.
        cells: for each item, in order, its cells in these columns.
    """
    if columns:
        work.do(_SQL["keep_columns"], [batch_id, list(columns)])
        work.do(_SQL["keep_lines"], [batch_id, Jsonb([list(line) for line in cells])])


def copy(work: Work, batch_id: UUID, *, of: UUID) -> None:
    """Save the same columns for a batch that repeats parts of another one."""
    work.do(_SQL["copy_columns"], [batch_id, of])
    work.do(_SQL["copy_lines"], {"new": batch_id, "old": of})


def columns(work: Work, batch_id: UUID) -> list[str]:
    """The headers of the other columns; empty if the batch came without a file, or with one column."""
    return work.value(_SQL["columns"], [batch_id]) or []


def lines(work: Work, batch_id: UUID, positions: Sequence[int]) -> dict[int, list[str]]:
    """The other cells of these items, by position."""
    found = work.records(InputLine, _SQL["lines"], [batch_id, list(positions)])
    return {line.position: line.cells for line in found}
