"""Failures as a file a person can correct and upload again. No cell of it can run in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from uuid import UUID

from boeing_data_hub.reporting.failures import what_to_do
from boeing_data_hub.store import items
from boeing_data_hub.store.work import Database

COLUMNS = ("part_number", "error_code", "error", "what_to_do")
_ROWS_AT_A_TIME = 2000
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: it gets an apostrophe in front, which reading back removes."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def failures_csv(database: Database, batch_id: UUID) -> Iterator[str]:
    """The failed items of a batch as CSV, piece by piece, so that memory stays flat."""
    yield "\ufeff" + _line(COLUMNS)
    after = 0
    while True:
        found = database.run(
            lambda work, after=after: items.page(work, batch_id, limit=_ROWS_AT_A_TIME, after=after, state="failed")
        )
        if not found:
            return
        yield "".join(
            _line((item.part_number, item.error_code or "", item.error or "", what_to_do(item.error_code)))
            for item in found
        )
        after = found[-1].position


def _line(cells: tuple[str, ...]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([safe_cell(cell) for cell in cells])
    return out.getvalue()
