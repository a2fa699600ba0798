"""The part numbers that the API accepts, as a regular expression for its description. It is computed from the rule
itself, so that it cannot differ from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Final

from boeing_data_hub.values.part_numbers import MAX_LENGTH, BadPartNumber, clean

# Where Unicode has characters that stand for ASCII, or for nothing.
_RANGES: Final = (
    (0x20, 0x3400), (0xA000, 0xAC00), (0xF900, 0x10000), (0x1D400, 0x1D800), (0x1F100, 0x1F200), (0x1FBF0, 0x1FBFA),
    (0xE0001, 0xE0080),
)  # fmt: skip
_STRIPPED: Final = "\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85"
"""Blanks that are removed around a part number, and rejected within it."""
_SOFT_HYPHEN: Final = "\xad"  # accepted or not by its neighbours
_QUOTES: Final = "\"'"


@cache
def pattern(*, of_list: bool = False) -> str:
    """The pattern of a part number.

    Args:
        of_list: True: an entry of a list, where formula errors (`#N/A`) and shortened numbers (`1E+07`) are rejected.
    """
    blank, quote, solid = _characters()
    first = [one for one in solid if not (of_list and _folded(one) == "#")]
    around = _class([*_STRIPPED, *(one for one in blank if one.isspace())])
    inside = _class([*blank, *quote, *solid])
    shortened = r"(?!.*[Ee]\+)" if of_list else ""
    length = f"(?={inside}{{1,{MAX_LENGTH}}}{around}*$)"
    return f"^{shortened}{around}*{length}{_class([*blank, *quote])}*{_class(first)}{inside}*{around}*$"


@cache
def _characters() -> tuple[list[str], list[str], list[str]]:
    """The characters that clean to nothing or a blank, to quotes, and to anything else that is accepted."""
    blank: list[str] = []
    quote: list[str] = []
    solid: list[str] = []
    for code in chain.from_iterable(range(*bounds) for bounds in _RANGES):
        one = chr(code)
        folded = _folded(one)
        if folded is not None and one != _SOFT_HYPHEN:
            (solid if folded.strip(f"{_QUOTES} ") else quote if folded.strip() else blank).append(one)
    return blank, quote, solid


def _folded(character: str) -> str | None:
    """What a character within a part number becomes; None if it is rejected."""
    try:
        return clean(f"0{character}0")[1:-1]
    except BadPartNumber:
        return None


def _class(characters: Sequence[str]) -> str:
    """A class of characters, in the notation that regular expressions of Python, JavaScript and Rust share."""
    codes = frozenset(map(ord, characters))
    starts = sorted(code for code in codes if code - 1 not in codes)
    ends = sorted(code for code in codes if code + 1 not in codes)
    return "[" + "".join(_range(*bounds) for bounds in zip(starts, ends, strict=True)) + "]"


def _range(first: int, last: int) -> str:
    return _sign(first) if first == last else f"{_sign(first)}-{_sign(last)}"


def _sign(code: int) -> str:
    if code < 0x80:  # noqa: PLR2004 - ASCII, where signs have a meaning of their own
        return chr(code) if chr(code).isalnum() or chr(code) in " '\"!%,:;<=>@_`~" else f"\\x{code:02x}"
    return chr(code)
