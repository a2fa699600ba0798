"""The first rows of a list as they are in the file, each with what was read of it: what a preview shows. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from boeing_data_hub.batches.lists.gathering import PartList
from boeing_data_hub.batches.lists.profiles import is_blank
from boeing_data_hub.batches.lists.reading import FIRST_ROWS, RowSeen, letter_of, shown

MOST_CELLS: Final = 30
"""Columns of a row that are shown."""


def with_first_rows(found: PartList, rows: Iterable[tuple[int, Sequence[str]]], *, first: int = 0) -> PartList:
    """The list, its reading with the first rows that have content.

    Args:
        found: what was read.
        rows: (line, cells) from the beginning.
        first: the sheet's column of the first cell.
    """
    filled = ((line, cells) for line, cells in rows if not all(map(is_blank, cells)))
    head = list(islice(filled, FIRST_ROWS))
    last = head[-1][0] if head else 0
    numbers: defaultdict[int, list[str]] = defaultdict(list)
    for number, line in zip(found.part_numbers, found.first_lines, strict=True):
        if line <= last:
            numbers[line].append(shown(number))
    notes = {one.line: f"Duplicate of line {one.first_line:,}." for one in reversed(found.duplicates)}
    notes |= {one.line: one.reason for one in reversed(found.rejected)}
    width = min(max((_width(cells) for _, cells in head), default=0), MOST_CELLS)
    seen = tuple(
        RowSeen(line, tuple(map(shown, cells[:width])), tuple(numbers[line]), notes.get(line, ""))
        for line, cells in head
    )
    letters = tuple(letter_of(first + place) for place in range(width))
    return replace(found, reading=replace(found.reading, letters=letters, rows=seen))


def _width(cells: Sequence[str]) -> int:
    """The number of cells up to the last one with content."""
    return max((place for place, cell in enumerate(cells, 1) if not is_blank(cell)), default=0)
