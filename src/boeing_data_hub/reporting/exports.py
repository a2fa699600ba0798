"""Failures as a file to correct and upload again, and quotes as one to keep. No cell of it can run in a spreadsheet."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from xlsxwriter import Workbook

from boeing_data_hub.model.batches import Item
from boeing_data_hub.model.quotes import Quote
from boeing_data_hub.quoting.answer import item
from boeing_data_hub.reporting.failures import what_to_do
from boeing_data_hub.store import items
from boeing_data_hub.store.work import Database

COLUMNS = ("part_number", "error_code", "error", "what_to_do")
QUOTE_COLUMNS = (
    "part_no", "requested_qty", "status", "price_usd", "qty_available", "uom", "condition", "traceability",
    "price_type", "tag_date", "lead_time", "no_quote", "code", "note",
)  # fmt: skip
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ROWS_AT_A_TIME = 2000
_WIDTHS = (24, 24, 60, 60)
_LONGEST_CELL = 32_767  # what a spreadsheet holds
_XLSX_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: it gets an apostrophe in front, which reading back removes."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def failures_csv(database: Database, batch_id: UUID) -> Iterator[str]:
    """The failed items of a batch as CSV, piece by piece, so that memory stays flat."""
    yield "\ufeff" + _line(COLUMNS)
    for found in _failed_pages(database, batch_id):
        yield "".join(_line(_cells(item)) for item in found)


def _failed_pages(database: Database, batch_id: UUID) -> Iterator[list[Item]]:
    after = 0
    while True:
        found = database.run(
            lambda work, after=after: items.page(work, batch_id, limit=_ROWS_AT_A_TIME, after=after, state="failed")
        )
        if not found:
            return
        yield found
        after = found[-1].position


def _cells(item: Item) -> tuple[str, ...]:
    return item.part_number, item.error_code or "", item.error or "", what_to_do(item.error_code)


def _line(cells: tuple[str, ...]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([safe_cell(cell) for cell in cells])
    return out.getvalue()


def quote_csv(quote: Quote) -> str:
    """The lines of a quote as CSV, by the names of the webhook's answer."""
    told = [item(line, quote.terms) for line in quote.lines]
    heading = ("rfq_number", *QUOTE_COLUMNS)
    lines = [(quote.rfq_number, *(_cell(one[name]) for name in QUOTE_COLUMNS)) for one in told]
    return "\ufeff" + "".join(_line(cells) for cells in (heading, *lines))


def _cell(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def failures_xlsx(database: Database, batch_id: UUID) -> Path:
    """The same as XLSX, in a temporary file that the caller deletes.

    Every cell is text, and marked so that it stays text when somebody edits it: nothing in it is ever calculated.
    """
    handle, name = tempfile.mkstemp(prefix="bdh-failures-", suffix=".xlsx")
    os.close(handle)
    path = Path(name)
    try:
        book: Any = Workbook(name, _XLSX_OPTIONS)
        sheet = book.add_worksheet("failures")
        bold = book.add_format({"bold": True})
        text = book.add_format({"num_format": "@", "quote_prefix": True})
        sheet.freeze_panes(1, 0)
        for column, width in enumerate(_WIDTHS):
            sheet.set_column(column, column, width)
        for column, title in enumerate(COLUMNS):
            sheet.write_string(0, column, title, bold)
        for row, item in enumerate(chain.from_iterable(_failed_pages(database, batch_id)), 1):
            for column, cell in enumerate(_cells(item)):
                sheet.write_string(row, column, cell[:_LONGEST_CELL], text)
        book.close()
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path
