"""XLSX → part list. Runs in the child process only: the parsers here meet files made by strangers."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, cast

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from boeing_data_hub.errors import BadInput, TooLarge
from boeing_data_hub.intake.archive import Findings, inspect
from boeing_data_hub.intake.cells import cell_text, error_cell, plain_text
from boeing_data_hub.intake.columns import Layout, find_layout, is_blank
from boeing_data_hub.intake.part_list import PartList, Unusable, from_column, in_column

MAX_ROWS: Final = 200_000
MAX_COLUMNS: Final = 200

_ROWS_TO_JUDGE_BY: Final = 50


def read_workbook(content: bytes, *, max_parts: int) -> PartList:
    """Part numbers of the first visible sheet that holds anything. A line is the row's number in the sheet.

    Raises:
        BadInput: the file is refused by the guard, damaged or empty, or holds too many part numbers.
        TooLarge: more rows, columns or bytes than we read.
    """
    findings = inspect(content)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            sheet = _first_filled(book)
            if sheet is None:
                raise BadInput("The workbook has no visible sheet with content.", code="empty_file")
            return from_column(_part_column(content, sheet, findings), max_parts=max_parts)
    except CalamineError as error:
        raise BadInput(
            "The workbook cannot be read. Open it in a spreadsheet program and save it again, or save it as CSV.",
            code="damaged_file",
        ) from error


def _first_filled(book: CalamineWorkbook) -> CalamineSheet | None:
    for about in book.sheets_metadata:
        if about.typ != SheetTypeEnum.WorkSheet or about.visible != SheetVisibleEnum.Visible:
            continue
        sheet = book.get_sheet_by_name(about.name)
        _check_size(sheet)
        if any(not is_blank(plain_text(value)) for row in sheet.iter_rows() for value in row):
            return sheet
    return None


def _check_size(sheet: CalamineSheet) -> None:
    if sheet.width > MAX_COLUMNS:
        raise TooLarge(
            f"The sheet has {sheet.width:,} columns; at most {MAX_COLUMNS} are read. Keep only the part numbers.",
            code="workbook_too_large",
        )
    last_row = sheet.end[0] + 1 if sheet.end else 0
    if last_row > MAX_ROWS:
        raise TooLarge(
            f"The sheet reaches down to row {last_row:,}; at most {MAX_ROWS:,} are read. Split the list.",
            code="workbook_too_large",
        )


def _part_column(content: bytes, sheet: CalamineSheet, findings: Findings) -> Iterator[tuple[int, str | Unusable]]:
    layout = find_layout(_shown_rows(sheet, _ROWS_TO_JUDGE_BY))
    column = layout.column
    looks: dict[int, str] = {}
    if _needs_second_look(sheet, layout, findings):
        first_column = sheet.start[1] if sheet.start else 0
        looks = _second_look(content, sheet.name, first_column + column + 1)
    for line, row in enumerate(sheet.iter_rows(), 1):
        value = row[column]
        look = looks.get(line, "General")
        if value == "" and look.startswith("#"):
            yield line, error_cell(look)
        elif isinstance(value, str) and line > (layout.header_line or 0) and not is_blank(value):
            yield line, value
        else:
            yield line, in_column(layout, line, cell_text(value, look), [plain_text(other) for other in row])


def _shown_rows(sheet: CalamineSheet, most: int) -> Iterator[tuple[int, list[str]]]:
    for line, row in islice(enumerate(sheet.iter_rows(), 1), most):
        yield line, [plain_text(value) for value in row]


def _needs_second_look(sheet: CalamineSheet, layout: Layout, findings: Findings) -> bool:
    """Whether the part numbers may hold what calamine does not tell: a number's format, an error shown as a blank."""
    suspects = (row[layout.column] for row in islice(sheet.iter_rows(), layout.header_line or 0, None))
    return (findings.zero_formats or findings.error_cells) and any(
        (findings.error_cells and value == "") or (findings.zero_formats and isinstance(value, int | float))
        for value in suspects
    )


def _second_look(content: bytes, sheet_name: str, column: int) -> dict[int, str]:
    """By row: the format code of a number, or the text of an error, in one column (counted from 1).

    Calamine gives neither. The slower reader is used only for files that need it.
    """
    from openpyxl import load_workbook  # noqa: PLC0415 - loading it takes longer than reading most files

    looks: dict[int, str] = {}
    try:
        book = cast("Any", load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False))
        sheet = book[sheet_name]
        sheet.reset_dimensions()  # the declared size of the sheet may be wrong, and rows beyond it would be left out
        for (cell,) in sheet.iter_rows(min_col=column, max_col=column):
            if cell.value is None:
                continue
            if cell.data_type == "e":
                looks[cell.row] = str(cell.value)
            elif cell.data_type == "n":
                looks[cell.row] = str(cell.number_format)
    except MemoryError:
        raise
    except Exception as error:
        raise BadInput(
            "The number formats of the part numbers cannot be read, so leading zeros could be lost. Format the column "
            "as text, or save the list as CSV.",
            code="damaged_file",
        ) from error
    return looks
