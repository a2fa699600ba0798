"""Reads the part numbers of an XLSX workbook. Runs only in the child process: the parsers read untrusted files."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Final
from xml.parsers.expat import ExpatError

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from boeing_data_hub.batches.lists.appearance import CellStyle, Scan, Style, column_of, scan_of, sheet_paths, styles_of
from boeing_data_hub.batches.lists.archive import is_opened, opened, repacked
from boeing_data_hub.batches.lists.cells import CellValue, cell_text, error_cell, plain_text, uncalculated_cell
from boeing_data_hub.batches.lists.columns import ROWS_TO_JUDGE_BY, find_layout
from boeing_data_hub.batches.lists.first_rows import with_first_rows
from boeing_data_hub.batches.lists.gathering import lines
from boeing_data_hub.batches.lists.layout import Layout, is_ours
from boeing_data_hub.batches.lists.mapping import ColumnMapping
from boeing_data_hub.batches.lists.part_list import PartList, Unusable, from_column, in_column, place_of
from boeing_data_hub.batches.lists.profiles import is_blank
from boeing_data_hub.batches.lists.reading import Remark, SheetSeen, index_of, letter_of, shown
from boeing_data_hub.batches.lists.table import ListTable, with_columns
from boeing_data_hub.errors import BadInput, TooLarge

MAX_ROWS: Final = 200_000
MAX_COLUMNS: Final = 200

_SHEETS_LOOKED_AT: Final = 30
_CELL = re.compile(
    rb"<((?:\w+:)?)c\s(?:[^>]*?\s)?r=[\"']([A-Z]{1,3})\d+[\"'][^>]*?(?:/>|(?<!/)>.*?</\1c>)", re.DOTALL | re.IGNORECASE
)
_DIMENSION = re.compile(rb"<(?:\w+:)?dimension\b[^>]*/>")


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet with content: its name, rows below the header, formatting, layout, and first rows."""

    name: str
    rows: int
    scan: Scan
    layout: Layout
    first_column: int
    ours: bool
    head: list[tuple[int, list[str]]]


@dataclass(frozen=True, slots=True)
class _Opened:
    """A workbook that passed the guard.

    Attributes:
        content: the archive.
        paths: the archive's entry for each sheet, by the sheet's name.
        scans: the formatting of each sheet.
        cut: sheets of which only `MAX_COLUMNS` columns were read.
    """

    content: bytes
    paths: dict[str, str]
    scans: dict[str, Scan]
    cut: frozenset[str]


def read_workbook(content: bytes, *, max_parts: int, choice: ColumnMapping | None = None) -> PartList:
    """As `read_workbook_table`, without the other columns."""
    return read_workbook_table(content, max_parts=max_parts, choice=choice, with_others=False).parts


def read_workbook_table(
    content: bytes, *, max_parts: int, choice: ColumnMapping | None = None, with_others: bool = True
) -> ListTable:
    """Part numbers of the sheet with a part number header, or that looks like a list of them. A line is the sheet's row
    number.

    Args:
        content: the file.
        max_parts: different part numbers allowed.
        choice: a person's mapping.
        with_others: also return the other columns.

    Raises:
        BadInput: the file is unsafe, damaged or empty, or contains too many part numbers.
        TooLarge: too many rows or bytes.
    """
    choice = choice or ColumnMapping()
    try:
        found = _open(opened(content))
        with CalamineWorkbook.from_filelike(io.BytesIO(found.content)) as book:
            return _read(book, found, max_parts, choice, with_others=with_others)
    except (CalamineError, ExpatError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise BadInput(
            "The workbook cannot be read. Open it in a spreadsheet program and save it again, or save it as CSV.",
            code="damaged_file",
        ) from error


def _open(content: bytes) -> _Opened:
    scans: dict[str, Scan] = {}
    changes: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        here = {name.lower(): name for name in archive.namelist()}
        paths = {name: here.get(path.lower(), path) for name, path in sheet_paths(archive).items()}
        for name, path in paths.items():
            if path.lower() not in here:
                continue
            if not is_opened(path):  # the guard has not checked it
                raise KeyError(path)
            with archive.open(path) as xml:
                scans[name] = scan_of(xml)
            if scans[name].last_column >= scans[name].first_column + MAX_COLUMNS:
                within = partial(_within, end=scans[name].first_column + MAX_COLUMNS)
                changes[path] = _DIMENSION.sub(b"", _CELL.sub(within, archive.read(path)))
    cut = frozenset(name for name, path in paths.items() if path in changes)
    return _Opened(repacked(content, changes) if changes else content, paths, scans, cut)


def _within(cell: re.Match[bytes], *, end: int) -> bytes:
    return cell[0] if (index_of(cell[2].decode()) or 0) < end else b""


def _read(
    book: CalamineWorkbook, found: _Opened, max_parts: int, choice: ColumnMapping, *, with_others: bool
) -> ListTable:
    states = {about.name: about.visible for about in book.sheets_metadata if about.typ == SheetTypeEnum.WorkSheet}
    scans = {name: found.scans.get(name, Scan()) for name in states}
    hidden = {name for name, state in states.items() if state != SheetVisibleEnum.Visible}
    named = _named(choice.sheet, list(states)) if choice.sheet else None
    wanted = [named] if named else [name for name in states if name not in hidden]
    sheets = [
        sheet
        for name in wanted[:_SHEETS_LOOKED_AT]
        if scans[name].rows and (sheet := _looked_at(book, name, scans[name], choice)) is not None
    ]
    if not sheets:
        raise BadInput("The workbook has no visible sheet with content.", code="empty_file")
    best = max(sheets, key=lambda sheet: (sheet.layout.question is None, sheet.layout.grade))
    rows = {sheet.name: sheet.rows for sheet in sheets}
    seen = tuple(
        SheetSeen(shown(name), rows.get(name, scan.rows), name in hidden, name == best.name)
        for name, scan in scans.items()
    )
    reading = replace(place_of(best.layout, first=best.first_column), sheet=shown(best.name), sheets=seen)
    alike = [sheet for sheet in sheets if sheet.layout.grade == best.layout.grade and sheet.layout.question is None]
    if choice.sheet and named is None:
        reading = replace(reading, question=f"The workbook has no sheet “{shown(choice.sheet[:40])}”.", asks="sheet")
    elif len(alike) > 1 and best.layout.grade < 2:  # noqa: PLR2004 - a heading
        reading = replace(reading, question="Several sheets look like lists of part numbers.", asks="sheet")
    if reading.question:
        found_none = from_column((), max_parts=max_parts, reading=reading)
        return ListTable(with_first_rows(found_none, best.head, first=best.first_column))
    shown_cells = _CellsShown(found, best, choice)
    cells = list(shown_cells.cells(book.get_sheet_by_name(best.name)))
    reading = replace(reading, remarks=(*_unread(seen), *shown_cells.remarks()))
    parts = from_column(cells, max_parts=max_parts, choice=choice, reading=reading, ours=best.ours)
    parts = with_first_rows(parts, best.head, first=best.first_column)
    if not with_others:
        return ListTable(parts)
    rows = ((line, list(map(plain_text, row))) for line, row in _rows(book.get_sheet_by_name(best.name)))
    return with_columns(parts, rows, first=best.first_column)


def _named(wanted: str, names: list[str]) -> str | None:
    for name in names:
        if name.casefold().strip() == wanted.casefold().strip():
            return name
    place = int(wanted) if wanted.strip().isdecimal() and wanted.isascii() else 0
    return names[place - 1] if 0 < place <= len(names) else None


def _looked_at(book: CalamineWorkbook, name: str, scan: Scan, choice: ColumnMapping) -> _Sheet | None:
    if scan.last_row > MAX_ROWS:
        raise TooLarge(
            f"The sheet reaches down to row {scan.last_row:,}; at most {MAX_ROWS:,} are read. Split the list.",
            code="workbook_too_large",
        )
    sheet = book.get_sheet_by_name(name)
    if sheet.start is None:
        return None
    first = sheet.start[1]
    head = [(line, [plain_text(value) for value in row]) for line, row in islice(_rows(sheet), ROWS_TO_JUDGE_BY)]
    if all(is_blank(cell) for _, cells in head for cell in cells) and sheet.total_height <= ROWS_TO_JUDGE_BY:
        return None
    unseen = frozenset(column - first for column in scan.hidden_columns)
    layout = find_layout(head, mapping=choice, hidden=unseen, first=first)
    ours = any(line == layout.header_line and is_ours(cells) for line, cells in head)
    above = sum(layout.is_above(line) and not all(map(is_blank, cells)) for line, cells in head)
    return _Sheet(name, scan.rows - above, scan, layout, first, ours, head)


def _rows(sheet: CalamineSheet) -> Iterator[tuple[int, list[CellValue]]]:
    return enumerate(sheet.iter_rows(), 1)


def _unread(sheets: tuple[SheetSeen, ...]) -> Iterator[Remark]:
    for sheet in sheets:
        if not sheet.read and sheet.rows:
            kind = "The hidden sheet" if sheet.hidden else "Sheet"
            rows = f"{sheet.rows:,} row{'s' if sheet.rows != 1 else ''}"
            yield Remark("other_sheet", f"{kind} “{sheet.name}” with {rows} was not read.", sheet.rows)


class _CellsShown:
    """The cells of the part number column, each as a person sees it; counts those that were skipped."""

    def __init__(self, found: _Opened, sheet: _Sheet, choice: ColumnMapping) -> None:
        self._sheet = sheet
        self._all = choice.include_hidden
        self._cut = sheet.name in found.cut
        self._hidden = self._struck = 0
        with zipfile.ZipFile(io.BytesIO(found.content)) as archive:
            self._styles: list[Style] = []
            if "xl/styles.xml" in archive.namelist():
                with archive.open("xl/styles.xml") as xml:
                    self._styles = styles_of(xml)
            column = sheet.first_column + sheet.layout.column
            plain = not sheet.scan.computed and all(style == Style() for style in self._styles)
            self._looks: dict[int, CellStyle] = {}
            if not plain:
                with archive.open(found.paths[sheet.name]) as xml:
                    self._looks = column_of(xml, column)

    def cells(self, sheet: CalamineSheet) -> Iterator[tuple[int, str | Unusable]]:
        """(Line, cell) of the column."""
        layout = self._sheet.layout
        for line, row in _rows(sheet):
            value = row[layout.column] if layout.column < len(row) else ""
            if layout.is_above(line):
                yield line, in_column(layout, line, plain_text(value), [plain_text(other) for other in row])
                continue
            look = self._looks.get(line)
            style = self._style(look)
            cell = self._cell(value, look, style)
            if isinstance(cell, str) and is_blank(cell):
                cell = in_column(layout, line, cell, [plain_text(other) for other in row])
            if not cell or not self._passed_over(line, style):
                yield line, cell

    def _style(self, look: CellStyle | None) -> Style:
        return self._styles[look.style] if look is not None and 0 <= look.style < len(self._styles) else Style()

    def _cell(self, value: CellValue, look: CellStyle | None, style: Style) -> str | Unusable:
        if look is None or (isinstance(value, str) and value):
            return value if isinstance(value, str) else cell_text(value)
        if value == "" and look.kind == "e":
            return error_cell(look.error)
        if look.formula and look.kind != "str" and value in {"", 0}:
            return uncalculated_cell()
        return cell_text(value, style.number_format)

    def _passed_over(self, line: int, style: Style) -> bool:
        if line in self._sheet.scan.hidden_rows:
            self._hidden += 1
        elif style.struck:
            self._struck += 1
        else:
            return False
        return not self._all

    def remarks(self) -> Iterator[Remark]:
        """Remarks on hidden and struck-out rows; complete after the cells were read."""
        done = "read, too" if self._all else "not read; to read them, include hidden rows"
        if self._hidden:
            how = "hidden by a filter" if self._sheet.scan.filtered else "hidden"
            yield Remark("hidden_rows", f"{lines(self._hidden, 'row')} {how}: {done}.", self._hidden)
        if self._struck:
            yield Remark("struck_out", f"{lines(self._struck, 'row')} struck out: {done}.", self._struck)
        for column in self._sheet.layout.columns:
            if column.note == "hidden":
                heading = f" (“{column.heading}”)" if column.heading else ""
                yield Remark("hidden_column", f"Column {column.letter}{heading} is hidden, and was not read.")
        if self._cut:
            last = letter_of(self._sheet.scan.first_column + MAX_COLUMNS - 1)
            yield Remark("far_columns", f"Columns right of {last} were not read.")
