"""Tables as files, CSV or XLSX, in which no spreadsheet takes a cell for a formula or changes a part number."""

from __future__ import annotations

import csv
import io
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from xlsxwriter import Workbook

from boeing_data_hub.batches.lists.dates import MONTH

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ROWS_AT_A_TIME: Final = 2000
_LONGEST_CELL: Final = 32_767  # characters: Excel's limit
_XLSX_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

# If a spreadsheet splits lines at semicolons, one of our cells becomes several, and quotes within a line have no
# effect: text after a semicolon or a line end starts a new cell.
_FORMULA_WITHIN: Final = re.compile(r"""(?<![ ";\t\r\n])([ ";\t\r\n]++)([=+@\uff1d\uff0b\uff0d\uff20-])""")
_BEGINS_A_CELL: Final = re.compile(r"[;\r\n]")

_PART_NUMBERS: Final = frozenset({"part_number", "sku", "part_no", "sku_in_store"})
# What spreadsheet programs convert when they open a CSV file: leading zeros and long numbers, powers of ten, decimals,
# fractions, dates and times in any order and with any name of a month, percentages, amounts, booleans.
_CHANGED_BY_SPREADSHEETS: Final = re.compile(
    r"0\d+|\d{12,}|\d+(?:[.,]\d*)?E[+-]?\d+|\d+[.,]\d+|\d{1,4}([-/.: ])\d{1,4}(?:\1\d{1,4})?|\d+(?:[.,]\d+)*%"
    rf"|\d{{1,4}}[-/. ]*{MONTH}(?:[-/. ]*\d{{2,4}})?|{MONTH}[-/. ]*\d{{1,4}}(?:[-/., ]+\d{{1,4}})?"
    r"|\d{1,2}(?::\d{2})* ?[AP]M?|TRUE|FALSE|\d{1,3}(?:,\d{3})+",
    re.IGNORECASE,
)

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table to export.

    Attributes:
        name: of the sheet, and the beginning of the file's name.
        columns: titles.
        widths: of the columns, in characters.
        rows: an iterator, so that memory use does not grow with their number.
    """

    name: str
    columns: Row
    widths: tuple[int, ...]
    rows: Iterable[Row]


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: with an apostrophe in front, which an upload removes.

    Text that would begin a cell where a spreadsheet splits at semicolons gets one, too.
    """
    text = _FORMULA_WITHIN.sub(_guarded, text)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _guarded(found: re.Match[str]) -> str:
    return f"{found[1]}'{found[2]}" if _BEGINS_A_CELL.search(found[1]) else found[0]


def text_cell(text: str) -> str:
    """The part number as a cell that a spreadsheet leaves unchanged.

    A text that it would convert to a date, a power of ten or a number without its zeros gets an apostrophe in front,
    which an upload removes.
    """
    return f"'{text}" if _CHANGED_BY_SPREADSHEETS.fullmatch(text) else safe_cell(text)


def as_csv(sheet: Sheet) -> Iterator[str]:
    """As CSV, piece by piece."""
    numbers = frozenset(place for place, name in enumerate(sheet.columns) if name in _PART_NUMBERS)
    pieces = ["\ufeff" + _line(sheet.columns, frozenset())]
    for row in sheet.rows:
        pieces.append(_line(row, numbers))
        if len(pieces) >= _ROWS_AT_A_TIME:
            yield "".join(pieces)
            pieces = []
    yield "".join(pieces)


def as_xlsx(sheet: Sheet) -> Path:
    """As XLSX, in a temporary file that the caller deletes.

    Every cell has the format text, which it keeps when it is edited: nothing is ever calculated.
    """
    handle, name = tempfile.mkstemp(prefix=f"bdh-{sheet.name}-", suffix=".xlsx")
    os.close(handle)
    path = Path(name)
    try:
        book: Any = Workbook(name, _XLSX_OPTIONS)
        page = book.add_worksheet(sheet.name)
        bold = book.add_format({"bold": True})
        text = book.add_format({"num_format": "@", "quote_prefix": True})
        page.freeze_panes(1, 0)
        for column, width in enumerate(sheet.widths):
            page.set_column(column, column, width)
        for column, title in enumerate(sheet.columns):
            page.write_string(0, column, title, bold)
        for number, row in enumerate(sheet.rows, 1):
            for column, cell in enumerate(row):
                page.write_string(number, column, cell[:_LONGEST_CELL], text)
        book.close()
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _line(cells: Row, numbers: frozenset[int]) -> str:
    out = io.StringIO()
    safe = [text_cell(cell) if place in numbers else safe_cell(cell) for place, cell in enumerate(cells)]
    csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerow(safe)
    return out.getvalue()
