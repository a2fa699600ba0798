"""Failures, plans, prices, quotes and differences as spreadsheet files. No cell is ever taken for a formula."""

from __future__ import annotations

import csv
import io
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast
from uuid import UUID

from xlsxwriter import Workbook

from boeing_data_hub.batches import input_columns
from boeing_data_hub.batches.failure_groups import what_to_do
from boeing_data_hub.batches.lists.dates import MONTH
from boeing_data_hub.catalogue.listings import Change
from boeing_data_hub.catalogue.price_preview import PriceMove
from boeing_data_hub.catalogue.pricing import PriceRules
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.quotes.quote import Quote
from boeing_data_hub.shopify import adoption_rows, plans, store_job_rows
from boeing_data_hub.shopify.adoption import AdoptionRow
from boeing_data_hub.shopify.adoption_rows import RowFilter
from boeing_data_hub.shopify.planned import PlanItem
from boeing_data_hub.shopify.store_job_rows import DifferingProduct
from boeing_data_hub.web.api.quote_answer import item
from boeing_data_hub.work import items
from boeing_data_hub.work.batch import Item

COLUMNS = ("part_number", "error_code", "error", "what_to_do")
QUOTE_COLUMNS = (
    "part_no", "requested_qty", "status", "price_usd", "qty_available", "uom", "condition", "traceability",
    "price_type", "tag_date", "lead_time", "no_quote", "code", "note", "requested_part_no",
)  # fmt: skip
PLAN_COLUMNS = ("part_number", "sku", "action", "code", "reason", "field", "old", "new")
ADOPTION_COLUMNS = (
    "part_number", "confidence", "rule", "doubt", "keep", "choice", "state", "product_id", "title", "vendor",
    "sku_in_store", "status", "stock", "other_parts", "reason", "note",
)  # fmt: skip
DIFFERENCE_COLUMNS = ("sku", "product_id", "field", "published", "in_store", "next_publish", "seen")
PRICE_COLUMNS = ("sku", "old", "new", "ratio", "cost", "below_cost", "rule", "rule_name", "in_store")
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ROWS_AT_A_TIME = 2000
_LONGEST_CELL = 32_767  # the most rows a worksheet holds
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


def failures(database: Database, batch_id: UUID, *, with_input: bool = False) -> Sheet:
    """The failed items of a batch, to be corrected and uploaded again.

    Args:
        database: Postgres.
        batch_id: the batch.
        with_input: put the other columns of the batch's file first, if it came from one.
    """
    columns = database.run(lambda work: input_columns.columns(work, batch_id)) if with_input else []
    rows = (
        (*cells, *_failure(item))
        for page in _failed(database, batch_id)
        for item, cells in _with_cells(database, batch_id, page, columns)
    )
    return Sheet("failures", (*columns, *COLUMNS), (*(24 for _ in columns), 24, 24, 60, 60), rows)


def plan(database: Database, batch_id: UUID) -> Sheet:
    """A plan: a row for each field that would change, and one for a part without changes."""
    rows = (row for part in _planned(database, batch_id) for row in _changes(part))
    return Sheet("plan", PLAN_COLUMNS, (24, 24, 12, 24, 60, 24, 40, 40), rows)


def adoption(database: Database, adoption_id: UUID) -> Sheet:
    """A plan to adopt a store: a row for each of its products."""
    rows = (_adopted(row) for row in _adoptions(database, adoption_id))
    return Sheet("adoption", ADOPTION_COLUMNS, (24,) * len(ADOPTION_COLUMNS), rows)


def price_moves(moves: Iterable[PriceMove], rules: PriceRules) -> Sheet:
    """The prices that a price list would change, each with the rule that makes it."""
    names = {place: rule.name for place, rule in enumerate(rules.listed, 1)}
    rows = (
        (
            move.sku,
            _cell(move.old),
            _cell(move.new),
            _cell(move.ratio),
            _cell(move.cost),
            _cell(move.is_below_cost),
            _cell(move.rule),
            names.get(move.rule or 0, "default rule"),
            _cell(move.in_store),
        )
        for move in moves
    )
    return Sheet("prices", PRICE_COLUMNS, (24, 14, 14, 10, 14, 12, 8, 40, 10), rows)


def quote(of: Quote) -> Sheet:
    """The lines of a quote, by the names of the webhook's answer."""
    told = (item(line, of.terms).model_dump(mode="json") for line in of.lines)
    rows = ((of.rfq_number, *(_cell(one[name]) for name in QUOTE_COLUMNS)) for one in told)
    return Sheet("quote", ("rfq_number", *QUOTE_COLUMNS), (24,) * (len(QUOTE_COLUMNS) + 1), rows)


def differences(database: Database, *, field: str | None, prefix: str | None) -> Sheet:
    """What differs in the store: a row for each field of each product."""
    rows = (row for product in _differing(database, field, prefix) for row in _differences(product, field))
    return Sheet("differences", DIFFERENCE_COLUMNS, (24, 40, 24, 40, 40, 14, 24), rows)


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


def _cell(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


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


def _with_cells(
    database: Database, batch_id: UUID, page: Sequence[Item], columns: Sequence[str]
) -> Iterator[tuple[Item, Sequence[str]]]:
    """The items, each with the cells of its line in the other columns of the batch's file."""
    lines: Mapping[int, Sequence[str]] = {}
    if columns:
        positions = [item.position for item in page]
        lines = database.run(lambda work: input_columns.lines(work, batch_id, positions))
    empty = [""] * len(columns)
    return ((item, lines.get(item.position, empty)) for item in page)


def _failed(database: Database, batch_id: UUID) -> Iterator[list[Item]]:
    after = 0
    while found := database.run(
        lambda work, after=after: items.page(work, batch_id, limit=_ROWS_AT_A_TIME, after=after, state="failed")
    ):
        yield found
        after = found[-1].position


def _planned(database: Database, batch_id: UUID) -> Iterator[PlanItem]:
    after = 0
    while found := database.run(
        lambda work, after=after: plans.page(work, batch_id, limit=_ROWS_AT_A_TIME, after=after)
    ):
        yield from found
        after = found[-1].position


def _adoptions(database: Database, adoption_id: UUID) -> Iterator[AdoptionRow]:
    after = 0
    while found := database.run(
        lambda work, after=after: adoption_rows.page(work, adoption_id, RowFilter(), limit=_ROWS_AT_A_TIME, after=after)
    ):
        yield from found
        after = found[-1].position


def _adopted(row: AdoptionRow) -> Row:
    others = ", ".join(sku for sku in row.candidates if sku != row.part)
    named = (row.part, row.confidence, row.rule, row.doubt, row.keep, row.choice, row.state, row.product_id, row.title)
    return tuple(map(_cell, (*named, row.vendor, row.sku, row.status, row.pieces, others, row.reason, row.note)))


def _differing(database: Database, field: str | None, prefix: str | None) -> Iterator[DifferingProduct]:
    after = ""
    while found := database.run(
        lambda work, after=after: store_job_rows.differing(
            work, limit=_ROWS_AT_A_TIME, after=after, field=field, prefix=prefix
        )
    ):
        yield from found
        after = found[-1].sku


def _differences(product: DifferingProduct, field: str | None) -> Iterator[Row]:
    for each in product.differences:
        if field is None or str(each["field"]).partition(".")[0] == field:
            said = (
                _listed(each["ours"]),
                _listed(each["there"]),
                "overwrite" if each["policy"] == "put_right" else "keep",
            )
            yield product.sku, product.product_id, str(each["field"]), *said, product.looked_at.isoformat()


def _listed(value: Any) -> str:
    return ", ".join(str(each) for each in cast("list[object]", value)) if isinstance(value, list) else _text(value)


def _failure(item: Item) -> Row:
    return item.part_number, item.error_code or "", item.error or "", what_to_do(item.error_code)


def _changes(part: PlanItem) -> Iterator[Row]:
    named = tuple(_text(getattr(part, name)) for name in ("part_number", "sku", "action", "code", "sentence"))
    for change in part.changes or [Change("", None, None)]:
        yield (*named, *(change.field, _text(change.old), _text(change.new)))


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _line(cells: Row, numbers: frozenset[int]) -> str:
    out = io.StringIO()
    safe = [text_cell(cell) if place in numbers else safe_cell(cell) for place, cell in enumerate(cells)]
    csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerow(safe)
    return out.getvalue()
