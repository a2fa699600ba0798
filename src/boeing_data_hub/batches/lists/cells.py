"""Reads a cell of the part number column as a person sees it. Pure.

A spreadsheet stores what looks like a number as a number: 00123 becomes 123 with the format `00000`, and a part number
of 16 digits loses its last one. This restores what it can, and rejects the rest with advice.
"""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Final

from boeing_data_hub.batches.lists.gathering import Unusable
from boeing_data_hub.batches.lists.number_formats import as_shown
from boeing_data_hub.batches.lists.suspicion import AS_TEXT

CellValue = int | float | str | bool | dt.date | dt.time | dt.timedelta

_EXACT_BELOW: Final = 10**15
"""A spreadsheet keeps 15 significant digits of a number and replaces the others by zeros."""


def cell_text(value: CellValue, number_format: str = "General") -> str | Unusable:
    """The text of a cell, or the reason why it cannot be a part number.

    Args:
        value: from calamine.
        number_format: the format code of a number, e.g. `00000`; ignored for other cells.
    """
    match value:
        case str():
            return value
        case bool():
            return Unusable(str(value).upper(), "true_false_cell", f"The cell has a yes/no value. {AS_TEXT}")
        case int() | float():
            return _number_text(value, number_format)
        case _:
            reason = f"The spreadsheet turned this into a date or time. {AS_TEXT}"
            return Unusable(plain_text(value), "date_cell", reason)


def plain_text(value: CellValue) -> str:
    """Any cell as text, for headings and messages."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _plain_number(value)
    return value if isinstance(value, str) else str(value)


def error_cell(text: str) -> Unusable:
    """The finding for a cell with a formula error, shown as `text`."""
    return Unusable(text, "error_cell", "This is a spreadsheet formula error, not a part number.")


def uncalculated_cell() -> Unusable:
    """The finding for a formula without a result."""
    reason = (
        "This is a formula that was never calculated, so the file does not hold its result. Open the file in a "
        "spreadsheet program, save it there, and send it again."
    )
    return Unusable("a formula", "formula_not_calculated", reason)


def _number_text(value: float, number_format: str) -> str | Unusable:
    if not math.isfinite(value) or abs(value) >= _EXACT_BELOW:
        reason = f"The number is too long for a spreadsheet cell; its last digits are lost. {AS_TEXT}"
        return Unusable(plain_text(value), "number_too_long", reason)
    held = _plain_number(value)
    seen = as_shown(Decimal(held), number_format)
    if seen is None:
        reason = f"The cell holds {held}, but its number format shows something else. {AS_TEXT}"
        return Unusable(held, "formatted_number", reason, held)
    return seen


def _plain_number(value: float) -> str:
    if not math.isfinite(value) or abs(value) >= _EXACT_BELOW:
        return str(value)
    return str(int(value)) if value == int(value) else f"{Decimal(f'{value:.15g}'):f}"
