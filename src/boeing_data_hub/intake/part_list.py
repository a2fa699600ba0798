"""The front of the path: whatever a person hands in becomes clean, unique part numbers in their order. Pure.

Nothing is dropped in silence: what is not a part number is reported with its line, a repeated one with both its lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from boeing_data_hub.errors import BadInput
from boeing_data_hub.intake.columns import Layout, find_layout, header_column, is_blank, is_header
from boeing_data_hub.intake.delimited import (
    LIST_SEPARATORS,
    find_delimiter,
    heading_delimiter,
    physical_lines,
    split_line,
    table_rows,
)
from boeing_data_hub.model.part_numbers import BadPartNumber, clean

MAX_SAMPLES: Final = 1_000
"""Duplicates and rejections kept as examples; beyond that they are only counted."""

MAX_ENTRIES: Final = 500_000
"""Entries looked at, good or not. Whoever sends more is told so at once rather than made to wait for an exact count."""

SHOWN_LENGTH: Final = 80
"""Characters of a rejected text that are repeated to the person."""

_ROWS_TO_JUDGE_BY: Final = 50
_MANGLED_NUMBER = re.compile(r"\d\.\d+E\+\d\d")
_SHEET_ERRORS: Final = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"}
)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A part number met again on `line`, first met on `first_line`."""

    line: int
    part_number: str
    first_line: int


@dataclass(frozen=True, slots=True)
class Rejection:
    """A text that is no part number. `text` is shortened and its control characters are escaped: safe to show."""

    line: int
    text: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class PartList:
    """What was handed in, taken apart.

    Attributes:
        part_numbers: clean, unique, in the order of their first mention.
        duplicates: the first `MAX_SAMPLES` repetitions; `duplicate_count` counts them all.
        rejected: the first `MAX_SAMPLES` rejections; `rejected_count` counts them all.
    """

    part_numbers: list[str]
    duplicates: list[Duplicate]
    rejected: list[Rejection]
    duplicate_count: int
    rejected_count: int


@dataclass(frozen=True, slots=True)
class Unusable:
    """A cell known to hold no part number, whatever its text. `shown` is how it looks to a person."""

    shown: str
    code: str
    reason: str


def from_list(values: Sequence[str], *, max_parts: int) -> PartList:
    """Part numbers from a JSON list; a line is the 1-based position. A blank entry is rejected as `empty`.

    Raises:
        BadInput: `too_many_parts`, more than `max_parts` different part numbers.
    """
    gathering = _Gathering()
    for line, text in enumerate(values, 1):
        gathering.add(line, text, blank_counts=True)
    return gathering.result(max_parts)


def from_text(text: str, *, max_parts: int) -> PartList:
    """Part numbers from pasted text, separated by line ends, commas, semicolons or tabs; blank pieces are ignored.

    If the first line with content is a row of headings, one of them for part numbers, only that column is read. A
    heading alone on that line is left out.

    Raises:
        BadInput: `too_many_parts`.
    """
    filled = ((number, line) for number, line in enumerate(physical_lines(text), 1) if line and not is_blank(line))
    first = next(filled, None)
    second = next(filled, None)
    if first and second and (delimiter := heading_delimiter(first[1])):
        return _from_table(table_rows(text, delimiter), max_parts, gaps_count=False)
    gathering = _Gathering()
    for number, line in chain(filter(None, (first, second)), filled):
        cells = split_line(line, LIST_SEPARATORS)
        if first and number == first[0]:
            cells = _without_heading(cells)
        for cell in cells:
            gathering.add(number, cell, blank_counts=False)
    return gathering.result(max_parts)


def from_file_text(text: str, *, max_parts: int) -> PartList:
    """Part numbers from the text of an uploaded file: a table with whatever delimiter it has, else like pasted text.

    Raises:
        BadInput: `too_many_parts`.
    """
    delimiter = find_delimiter(text)
    if delimiter is None:
        return from_text(text, max_parts=max_parts)
    return _from_table(table_rows(text, delimiter), max_parts, gaps_count=True)


def from_rows(rows: Iterable[Sequence[str]], *, max_parts: int) -> PartList:
    """Part numbers from a table: the column headed as such, else the first column with content.

    Blank rows are ignored; a row with content but without a part number is rejected as `empty`. A line is the row's
    number, from 1.

    Raises:
        BadInput: `too_many_parts`.
    """
    return _from_table(enumerate(rows, 1), max_parts, gaps_count=True)


def from_column(cells: Iterable[tuple[int, str | Unusable]], *, max_parts: int) -> PartList:
    """Part numbers from (line, cell) pairs of one column without its heading; blank cells are ignored.

    Raises:
        BadInput: `too_many_parts`.
    """
    gathering = _Gathering()
    for line, cell in cells:
        if isinstance(cell, Unusable):
            gathering.reject(line, cell.shown, cell.code, cell.reason)
        else:
            gathering.add(line, cell, blank_counts=False)
    return gathering.result(max_parts)


def in_column(layout: Layout, line: int, cell: str | Unusable, row: Sequence[str]) -> str | Unusable:
    """What `cell`, standing in the part number column of `row`, counts as: itself, nothing, or a reported gap."""
    if layout.header_line is not None and line <= layout.header_line:
        if line == layout.header_line or all(map(is_blank, row)):
            return ""
        return Unusable(_row_text(row), "above_header", "This row stands above the headings, so it was not read.")
    if isinstance(cell, str) and is_blank(cell) and not all(map(is_blank, row)):
        return Unusable(_row_text(row), "empty", "This row has no part number.")
    return cell


def shown(text: str) -> str:
    """The text made safe to show: control and invisible characters escaped, at most `SHOWN_LENGTH` characters."""
    start = text[: SHOWN_LENGTH + 1]
    if not start.isprintable():
        start = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in start)
    return start if len(start) <= SHOWN_LENGTH else start[: SHOWN_LENGTH - 1] + "…"


class _Gathering:
    """Part numbers as they come in, each with the line of its first mention."""

    def __init__(self) -> None:
        self._first_lines: dict[str, int] = {}
        self._duplicates: list[Duplicate] = []
        self._rejected: list[Rejection] = []
        self._duplicate_count = 0
        self._rejected_count = 0
        self._entries = 0

    def _count_entry(self) -> None:
        self._entries += 1
        if self._entries > MAX_ENTRIES:
            raise BadInput(
                f"You sent more than {MAX_ENTRIES:,} entries. Split the list.",
                code="too_many_parts",
                details={"limit": MAX_ENTRIES},
            )

    def add(self, line: int, text: str, *, blank_counts: bool) -> None:
        self._count_entry()
        try:
            part_number = clean(text)
        except BadPartNumber as bad:
            if blank_counts or bad.reason_code != "empty":
                self.reject(line, text, bad.reason_code, bad.sentence)
            return
        first_line = self._first_lines.get(part_number)
        if first_line is not None:
            self._duplicate_count += 1
            if self._duplicate_count <= MAX_SAMPLES:
                self._duplicates.append(Duplicate(line, part_number, first_line))
        elif "E+" in part_number and _MANGLED_NUMBER.fullmatch(part_number):
            reason = "A spreadsheet shortened a long number. Format the column as text and enter the number again."
            self.reject(line, text, "shortened_number", reason)
        elif part_number[0] == "#" and part_number in _SHEET_ERRORS:
            self.reject(line, text, "error_cell", "This is an error of a spreadsheet formula, not a part number.")
        else:
            self._first_lines[part_number] = line

    def reject(self, line: int, text: str, code: str, reason: str) -> None:
        self._rejected_count += 1
        if self._rejected_count <= MAX_SAMPLES:
            self._rejected.append(Rejection(line, shown(text), code, reason))

    def result(self, max_parts: int) -> PartList:
        sent = len(self._first_lines)
        if sent > max_parts:
            raise BadInput(
                f"You sent {sent:,} part numbers; the limit is {max_parts:,}. Split the list.",
                code="too_many_parts",
                details={"sent": sent, "limit": max_parts},
            )
        return PartList(
            list(self._first_lines), self._duplicates, self._rejected, self._duplicate_count, self._rejected_count
        )


def _from_table(numbered: Iterable[tuple[int, Sequence[str]]], max_parts: int, *, gaps_count: bool) -> PartList:
    rows = iter(numbered)
    head = list(islice(rows, _ROWS_TO_JUDGE_BY))
    layout = find_layout(head)
    column = _column(layout, chain(head, rows))
    if not gaps_count:
        column = ((line, cell) for line, cell in column if not isinstance(cell, Unusable))
    return from_column(column, max_parts=max_parts)


def _column(layout: Layout, rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[tuple[int, str | Unusable]]:
    for line, row in rows:
        cell = row[layout.column] if layout.column < len(row) else ""
        past_heading = layout.header_line is None or line > layout.header_line
        yield line, cell if past_heading and not is_blank(cell) else in_column(layout, line, cell, row)


def _without_heading(cells: list[str]) -> list[str]:
    """The cells of the first line less its heading, if that is alone there or the line is a list with a label."""
    filled = [cell for cell in cells if not is_blank(cell)]
    column = header_column(filled) if filled else None
    if len(filled) == 1 and is_header(filled[0]):
        return []
    return filled if column is None else filled[:column] + filled[column + 1 :]


def _row_text(row: Sequence[str]) -> str:
    return " | ".join(cell.strip()[:SHOWN_LENGTH] for cell in islice((c for c in row if not is_blank(c)), 10))
