"""One spreadsheet cell of the part number column, read as a person sees it. Pure.

A spreadsheet keeps what looks like a number as a number: 00123 becomes 123 shown through the format `00000`, and a part
number of 16 digits loses its last one for good. What can be restored is restored, the rest is refused with advice.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal
from typing import Final

from boeing_data_hub.intake.part_list import Unusable

CellValue = int | float | str | bool | dt.date | dt.time | dt.timedelta

_EXACT_BELOW: Final = 10**15
"""A spreadsheet keeps 15 significant digits of a number; beyond that the last digits are zeros it made up."""

_AS_TEXT: Final = "Format the column as text and enter the part number again."
_INVISIBLE = re.compile(r"\[[^\]]*\]|_.|\*.")
_ZEROS = re.compile(r"[#?]*(0{2,})(?:\.[0#?]*)?")
_LITERAL = re.compile(r'"[^"]*"|\\.|[^0#?.,%@]')


def cell_text(value: CellValue, number_format: str = "General") -> str | Unusable:
    """The text of a cell, or why it can be no part number.

    Args:
        value: as calamine gives it.
        number_format: the format code a number is shown through, e.g. `00000`; of no effect on other cells.
    """
    match value:
        case str():
            return value
        case bool():
            return Unusable(str(value).upper(), "true_false_cell", f"The cell holds a yes/no value. {_AS_TEXT}")
        case int() | float():
            return _number_text(value, number_format)
        case _:
            reason = f"The spreadsheet turned this into a date or time. {_AS_TEXT}"
            return Unusable(plain_text(value), "date_cell", reason)


def plain_text(value: CellValue) -> str:
    """The cell as text for headings and messages, whatever it holds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _plain_number(value)
    return value if isinstance(value, str) else str(value)


def error_cell(text: str) -> Unusable:
    """What a cell with a formula error, shown as `text`, counts as."""
    return Unusable(text, "error_cell", "This is an error of a spreadsheet formula, not a part number.")


def zero_width(number_format: str) -> int:
    """How many digits the format fills up with leading zeros: 5 for `00000`, 0 for a format that adds none.

    -1 for a format that also adds signs between or before the digits, as `000-0000` does: what the person sees is then
    not what the file holds.
    """
    code = _INVISIBLE.sub("", number_format.split(";", maxsplit=1)[0]).strip()
    if found := _ZEROS.fullmatch(code):
        return len(found[1])
    digits = _LITERAL.sub("", code)
    masked = digits != code and "00" in digits and not set(digits) & set(",%.@")
    return -1 if masked and "E" not in code.upper() else 0


def _number_text(value: float, number_format: str) -> str | Unusable:
    if not math.isfinite(value) or abs(value) >= _EXACT_BELOW:
        reason = f"The number is too long for a spreadsheet cell, its last digits are lost. {_AS_TEXT}"
        return Unusable(plain_text(value), "number_too_long", reason)
    if value != int(value):
        return _plain_number(value)
    width = zero_width(number_format)
    if width < 0:
        reason = f"The cell adds signs to the number it holds, so that it looks different from it. {_AS_TEXT}"
        return Unusable(_plain_number(value), "formatted_number", reason)
    sign, digits = "-" if value < 0 else "", str(abs(int(value)))
    return sign + digits.zfill(width)


def _plain_number(value: float) -> str:
    if not math.isfinite(value) or abs(value) >= _EXACT_BELOW:
        return str(value)
    return str(int(value)) if value == int(value) else f"{Decimal(f'{value:.15g}'):f}"
