"""Turns a submitted list into clean, unique part numbers in their original order. Pure.

Pasted text and text files are handled alike, so that pasting two columns gives the same result as uploading them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Final

from boeing_data_hub.batches.lists.columns import ROWS_TO_JUDGE_BY, find_layout
from boeing_data_hub.batches.lists.delimited import (
    LIST_SEPARATORS,
    find_delimiter,
    physical_lines,
    split_line,
    table_rows,
)
from boeing_data_hub.batches.lists.first_rows import with_first_rows
from boeing_data_hub.batches.lists.gathering import (
    MAX_ENTRIES,
    MAX_SAMPLES,
    Duplicate,
    Gathering,
    PartList,
    Rejection,
    Unusable,
)
from boeing_data_hub.batches.lists.headings import FIRST_WEAK, header_column, is_header, rank
from boeing_data_hub.batches.lists.layout import Layout, is_ours
from boeing_data_hub.batches.lists.mapping import DELIMITERS, NAME_OF_DELIMITER, ColumnMapping
from boeing_data_hub.batches.lists.profiles import is_blank
from boeing_data_hub.batches.lists.reading import SHOWN_LENGTH, Reading, Remark, letter_of, shown
from boeing_data_hub.batches.lists.table import ListTable, with_columns
from boeing_data_hub.errors import BadInput

__all__ = [
    "MAX_ENTRIES",
    "MAX_SAMPLES",
    "Duplicate",
    "PartList",
    "Rejection",
    "Unusable",
    "from_column",
    "from_list",
    "from_request",
    "from_rows",
    "from_text",
    "in_column",
    "place_of",
    "shown",
]

_LINES_BEFORE_HEADING: Final = 200
_SEPARATORS: Final = (*LIST_SEPARATORS, "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029")
_MOST_SEPARATORS: Final = 1_000_000
_RARE_BREAKS: Final = "\v\f\x85\u2028\u2029"
_OTHER_LINES: Final = 1_000  # headings, and what else is no part
"""50,000 rows of 20 columns; each costs as much as a part number."""
# `["A", "B"]`, `('A', 'B')`: line numbers do not change.
_PROGRAM_LIST: Final = re.compile(r"(\s*)[\[({](\s*(?:\"[^\"]*\"|'[^']*'|\d+)\s*(?:,[^\[\](){}]*)?)[\])}];?(\s*)")
# A short number after a part number on the same line is probably its quantity.
_AMOUNT: Final = re.compile(r"[1-9]\d{0,3}")
_NUMBER_BEFORE: Final = re.compile(r"(?=.*[A-Za-z])(?=.*\d)\S+")
_ABOVE: Final = "Skipped: above the header row or the first part."
_AMOUNT_REASON: Final = (
    "This follows a part number on the same line and looks like its quantity. Keep only the part numbers."
)


def from_list(values: Sequence[str], *, max_parts: int, choice: ColumnMapping | None = None) -> PartList:
    """Part numbers from a JSON list; a line is the 1-based position. A blank entry is rejected as `empty`.

    Programs send what they mean: only formula errors and shortened numbers are rejected.

    Raises:
        BadInput: `too_many_parts`, more than `max_parts` different part numbers.
    """
    gathering = Gathering(choice, by_program=True)
    for line, text in enumerate(values, 1):
        gathering.add(line, text, blank_counts=True)
    return gathering.result(max_parts)


def from_text(text: str, *, max_parts: int, choice: ColumnMapping | None = None) -> PartList:
    """Part numbers from text: a table with any delimiter, or else a list.

    A list is separated by line ends, commas, semicolons or tabs. Blank entries are ignored, and a header is omitted.

    Raises:
        BadInput: `too_many_parts`, also if there are more separators than a list of `max_parts` parts can have.
    """
    text = text.removeprefix("\ufeff")
    if sum(map(text.count, _SEPARATORS)) > _MOST_SEPARATORS:
        raise BadInput(
            f"The text has more than {_MOST_SEPARATORS:,} separators and line ends. Split the list.",
            code="too_many_parts",
            details={"limit": _MOST_SEPARATORS},
        )
    mapping = choice or ColumnMapping()
    if (by_program := _PROGRAM_LIST.fullmatch(text)) and not mapping.names_rows:
        return _from_pieces(" ".join(by_program.groups()), max_parts, mapping)
    if (delimiter := delimiter_of(text, mapping)) is not None:
        found = _from_table(table_rows(text, delimiter), max_parts, mapping)
        return replace(found, reading=replace(found.reading, delimiter=NAME_OF_DELIMITER[delimiter]))
    return _from_pieces(text, max_parts, mapping)


def table_from_text(text: str, *, max_parts: int, choice: ColumnMapping | None = None) -> ListTable:
    """As `from_text`, with the other columns of a table."""
    found = from_text(text, max_parts=max_parts, choice=choice)
    name = found.reading.delimiter
    return ListTable(found) if name is None else with_columns(found, table_rows(text, DELIMITERS[name]))


def delimiter_of(text: str, mapping: ColumnMapping) -> str | None:
    """The delimiter of a table; None for a plain list. A mapping that says where rows are makes it a table."""
    return mapping.separator or find_delimiter(text) or ("\t" if mapping.names_rows else None)


def from_request(text: str, *, max_parts: int, choice: ColumnMapping | None = None) -> PartList:
    """As `from_text`, for the process that answers requests: what would take it long is to be uploaded as a file, which
    another process reads.

    Raises:
        BadInput: as `from_text`; and `too_many_parts` if it has more than twice as many lines as parts are allowed.
    """
    lines = text.count("\n") + text.count("\r") - text.count("\r\n") + sum(map(text.count, _RARE_BREAKS))
    if lines > (most := 2 * max_parts + _OTHER_LINES):
        raise BadInput(
            f"The text has {lines:,} lines; up to {most:,} are read. Upload it as a file, or split the list.",
            code="too_many_parts",
            details={"limit": most},
        )
    return from_text(text, max_parts=max_parts, choice=choice)


def from_rows(rows: Iterable[Sequence[str]], *, max_parts: int, choice: ColumnMapping | None = None) -> PartList:
    """Part numbers from a table; see `find_layout` for the column.

    Blank rows are ignored; a row with content but without a part number is rejected as `empty`. A line is the row's
    number, from 1.

    Raises:
        BadInput: `too_many_parts`.
    """
    return _from_table(enumerate(rows, 1), max_parts, choice or ColumnMapping())


def from_column(
    cells: Iterable[tuple[int, str | Unusable]],
    *,
    max_parts: int,
    choice: ColumnMapping | None = None,
    reading: Reading | None = None,
    ours: bool = False,
) -> PartList:
    """Part numbers from (line, cell) pairs of a column without its header; blank cells are ignored.

    Args:
        cells: the pairs.
        max_parts: different part numbers allowed.
        choice: the person's choices.
        reading: where the column is. If it contains a question, nothing is read.
        ours: True for a file downloaded from the hub.

    Raises:
        BadInput: `too_many_parts`.
    """
    gathering = Gathering(choice, ours=ours)
    if reading is not None and reading.question:
        return replace(gathering.result(max_parts), reading=reading)
    for line, cell in cells:
        if isinstance(cell, Unusable):
            gathering.refuse(line, cell)
        else:
            gathering.add(line, cell, blank_counts=False)
    return gathering.result(max_parts, reading)


def in_column(layout: Layout, line: int, cell: str | Unusable, row: Sequence[str]) -> str | Unusable:
    """What a cell in the part number column of `row` counts as: itself, nothing, or a reported gap."""
    if layout.is_above(line):
        if line == layout.header_line or all(map(is_blank, row)):
            return ""
        return Unusable(_row_text(row), "above_header", _ABOVE)
    if isinstance(cell, str) and is_blank(cell) and not all(map(is_blank, row)):
        return Unusable(_row_text(row), "empty", "No part number in this row.")
    return cell


def place_of(layout: Layout, *, first: int = 0) -> Reading:
    """The reading for a layout; `first`: the sheet's column of its column 0."""
    return Reading(
        column=letter_of(layout.column + first),
        heading=None if layout.heading is None else shown(" ".join(layout.heading.split())),
        heading_line=layout.header_line,
        columns=layout.columns,
        question=layout.question,
        asks="column" if layout.question else None,
        quantity=None if layout.quantity is None else letter_of(layout.quantity + first),
        reference=None if layout.reference is None else letter_of(layout.reference + first),
    )


def _from_table(numbered: Iterable[tuple[int, Sequence[str]]], max_parts: int, choice: ColumnMapping) -> PartList:
    rows = iter(numbered)
    head = list(islice(rows, ROWS_TO_JUDGE_BY))
    layout = find_layout(head, mapping=choice)
    ours = any(line == layout.header_line and is_ours(cells) for line, cells in head)
    column = _column(layout, chain(head, rows))
    found = from_column(column, max_parts=max_parts, choice=choice, reading=place_of(layout), ours=ours)
    return with_first_rows(found, head)


def _column(layout: Layout, rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[tuple[int, str | Unusable]]:
    for line, row in rows:
        cell = row[layout.column] if layout.column < len(row) else ""
        yield line, cell if not layout.is_above(line) and not is_blank(cell) else in_column(layout, line, cell, row)


def _from_pieces(text: str, max_parts: int, choice: ColumnMapping) -> PartList:
    filled = ((number, line) for number, line in enumerate(physical_lines(text), 1) if line and not is_blank(line))
    head = list(islice(filled, _LINES_BEFORE_HEADING))
    if len(head) > 1 and (question := _counting(head, choice)):
        return with_first_rows(
            replace(Gathering().result(max_parts), reading=question), ((number, [line]) for number, line in head)
        )
    heading = _heading_of(head)
    gathering = Gathering(choice)
    several = False
    for number, line in chain(head, filled):
        if heading is not None and number <= heading:
            if number < heading:
                gathering.reject(number, line.strip(), "above_header", _ABOVE)
            continue
        cells = split_line(line, LIST_SEPARATORS)
        if heading is None and number == head[0][0]:
            cells = _without_label(cells)
        several = several or sum(not is_blank(cell) for cell in cells) > 1
        before = ""
        for cell in cells:
            if _AMOUNT.fullmatch(cell.strip()) and _NUMBER_BEFORE.fullmatch(before.strip()):
                gathering.refuse(number, Unusable(cell.strip(), "quantity_in_cell", _AMOUNT_REASON, cell.strip()))
            else:
                gathering.add(number, cell, blank_counts=False)
            before = cell
    remark = Remark("read_as_list", "Every entry on a line was read as a part number.")
    reading = Reading(remarks=(remark,) if several and len(head) > 1 else ())
    return with_first_rows(gathering.result(max_parts, reading), ((number, [line]) for number, line in head))


def _counting(head: list[tuple[int, str]], choice: ColumnMapping) -> Reading | None:
    """The question for a list that counts 1, 2, 3."""
    if any(separator in line for _, line in head for separator in LIST_SEPARATORS):
        return None
    layout = find_layout(((number, [line]) for number, line in head), mapping=choice)
    return place_of(layout) if layout.question else None


def _heading_of(head: list[tuple[int, str]]) -> int | None:
    """The line of a header that is alone in its line, with nothing like a part number above it."""
    for number, line in head:
        text = line.strip(LIST_SEPARATORS + " ")
        found = rank(text.strip('"'))
        if found is not None and found < FIRST_WEAK:
            return number
        if any(map(str.isdigit, line)):
            return None
    return None


def _without_label(cells: list[str]) -> list[str]:
    """The cells of the first line without its header, if the header is alone or labels the list."""
    filled = [cell for cell in cells if not is_blank(cell)]
    column = header_column(filled) if filled else None
    if len(filled) == 1 and is_header(filled[0]):
        return []
    return filled if column is None else filled[:column] + filled[column + 1 :]


def _row_text(row: Sequence[str]) -> str:
    return " | ".join(cell.strip()[:SHOWN_LENGTH] for cell in islice((c for c in row if not is_blank(c)), 10))
