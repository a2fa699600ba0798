"""Failures, plans and quotes as files that a person opens. No cell of them can run in a spreadsheet."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from xlsxwriter import Workbook

from boeing_data_hub.model.batches import Item
from boeing_data_hub.model.quotes import Quote
from boeing_data_hub.quoting.answer import item
from boeing_data_hub.reporting.failures import what_to_do
from boeing_data_hub.store import items, plans
from boeing_data_hub.store.work import Database

COLUMNS = ("part_number", "error_code", "error", "what_to_do")
QUOTE_COLUMNS = (
    "part_no", "requested_qty", "status", "price_usd", "qty_available", "uom", "condition", "traceability",
    "price_type", "tag_date", "lead_time", "no_quote", "code", "note",
)  # fmt: skip
PLAN_COLUMNS = ("part_number", "sku", "action", "code", "reason", "field", "old", "new")
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ROWS_AT_A_TIME = 2000
_LONGEST_CELL = 32_767  # what a spreadsheet holds
_XLSX_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is exported.

    Attributes:
        name: of the sheet, and how the file's name begins.
        columns: titles.
        widths: of the columns, in characters.
        rows: read as they are written, so that memory stays flat.
    """

    name: str
    columns: Row
    widths: tuple[int, ...]
    rows: Iterable[Row]


def failures(database: Database, batch_id: UUID) -> Sheet:
    """The failed items of a batch, to be corrected and uploaded again."""
    rows = (_failure(item) for item in _failed(database, batch_id))
    return Sheet("failures", COLUMNS, (24, 24, 60, 60), rows)


def plan(database: Database, batch_id: UUID) -> Sheet:
    """A plan, a row for each field that would change; a part of which none would has a row, too."""
    rows = (row for part in _planned(database, batch_id) for row in _changes(part))
    return Sheet("plan", PLAN_COLUMNS, (24, 24, 12, 24, 60, 24, 40, 40), rows)


def quote(of: Quote) -> Sheet:
    """The lines of a quote, by the names of the webhook's answer."""
    told = (item(line, of.terms) for line in of.lines)
    rows = ((of.rfq_number, *(_cell(one[name]) for name in QUOTE_COLUMNS)) for one in told)
    return Sheet("quote", ("rfq_number", *QUOTE_COLUMNS), (24,) * (len(QUOTE_COLUMNS) + 1), rows)


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: it gets an apostrophe in front, which reading back removes."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def as_csv(sheet: Sheet) -> Iterator[str]:
    """As CSV, piece by piece."""
    pieces = ["\ufeff" + _line(sheet.columns)]
    for row in sheet.rows:
        pieces.append(_line(row))
        if len(pieces) >= _ROWS_AT_A_TIME:
            yield "".join(pieces)
            pieces = []
    yield "".join(pieces)


def _cell(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def as_xlsx(sheet: Sheet) -> Path:
    """As XLSX, in a temporary file that the caller deletes.

    Every cell is text, and marked so that it stays text when somebody edits it: nothing in it is ever calculated.
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


def _failed(database: Database, batch_id: UUID) -> Iterator[Item]:
    after = 0
    while found := database.run(
        lambda work, after=after: items.page(work, batch_id, limit=_ROWS_AT_A_TIME, after=after, state="failed")
    ):
        yield from found
        after = found[-1].position


def _planned(database: Database, batch_id: UUID) -> Iterator[Mapping[str, Any]]:
    after = 0
    while found := database.run(
        lambda work, after=after: plans.page(work, batch_id, limit=_ROWS_AT_A_TIME, after=after)
    ):
        yield from found
        after = found[-1]["position"]


def _failure(item: Item) -> Row:
    return item.part_number, item.error_code or "", item.error or "", what_to_do(item.error_code)


def _changes(part: Mapping[str, Any]) -> Iterator[Row]:
    named = tuple(_text(part[name]) for name in ("part_number", "sku", "action", "code", "sentence"))
    for change in part["changes"] or [{"field": None, "old": None, "new": None}]:
        yield (*named, *(_text(change[name]) for name in ("field", "old", "new")))


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _line(cells: Row) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([safe_cell(cell) for cell in cells])
    return out.getvalue()
