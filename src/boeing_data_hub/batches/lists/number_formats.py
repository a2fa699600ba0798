"""Decides whether a number format changes how a spreadsheet shows a number. Pure.

The part number is what a person sees in the cell: 31000000 shown as 3.10E+07 may have been typed as either.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

BUILT_IN: Final = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 37: "#,##0 ;(#,##0)", 38: "#,##0 ;[Red](#,##0)", 39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;[Red](#,##0.00)", 41: "#,##0", 42: '"$"#,##0', 43: "#,##0.00", 44: '"$"#,##0.00', 48: "##0.0E+0",
    49: "@",
}  # fmt: skip
"""Built-in formats, which a workbook refers to by number. Dates are detected otherwise."""

_SHOWN_BY_GENERAL: Final = 10**11
"""Digits from which a cell with the format General shows an exponent."""

_LONGEST_OF_GENERAL: Final = 11
"""Maximum characters of a decimal number in such a cell; the rest is rounded."""

_SMALLEST_OF_GENERAL: Final = Decimal("0.0001")
"""Numbers below this are shown with an exponent in such a cell."""

_INVISIBLE = re.compile(
    r'\[(?:Black|Blue|Cyan|Green|Magenta|Red|White|Yellow|Color ?\d+|\$-[^\]]*)\]|_.|\*.|""', re.IGNORECASE
)
_WHOLE = re.compile(r"[#?]*(0*)(?:\.([0#?]*))?")


def as_shown(value: Decimal, number_format: str) -> str | None:
    """The number as shown in the cell; None if it is altered: with an exponent, a percent sign or a currency.

    Args:
        value: the cell's value.
        number_format: its format code.
    """
    held = f"{value.normalize():f}"
    code = _section(number_format, negative=value < 0)
    if code.lower() == "general" or code == "@" or not number_format:
        cut = len(held.lstrip("-")) > _LONGEST_OF_GENERAL or 0 < abs(value) < _SMALLEST_OF_GENERAL
        return None if abs(value) >= _SHOWN_BY_GENERAL or ("." in held and cut) else held
    if value == value.to_integral_value() and abs(value) < 1000 and "." not in code:  # noqa: PLR2004 - no thousands yet
        code = code.replace("#,##0", "0").replace("#,###", "#")
    found = _WHOLE.fullmatch(code)
    if found is None or not code:  # an empty section shows nothing
        return None
    whole, _, decimals = held.lstrip("-").partition(".")
    pattern = found[2] or ""
    if (
        len(decimals) > len(pattern)
        or len(pattern.rstrip("#")) > len(decimals)
        or (found[2] is not None and not decimals)
    ):
        return None  # rounded, or with added decimals
    if whole == "0" and not found[1]:
        return None
    sign = "-" if value < 0 else ""
    return sign + whole.zfill(len(found[1])) + (f".{decimals}" if decimals else "")


@lru_cache(maxsize=512)
def _section(number_format: str, *, negative: bool) -> str:
    """The section of the code for numbers of this sign."""
    parts = number_format.split(";")
    part = parts[1] if negative and len(parts) > 1 else parts[0]
    code = _INVISIBLE.sub("", part).strip()
    return code.removeprefix("-") if negative and len(parts) > 1 else code
