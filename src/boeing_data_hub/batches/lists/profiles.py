"""Classifies the cells of a column: part numbers, line numbers, or amounts. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from boeing_data_hub.batches.lists.headings import is_header
from boeing_data_hub.batches.lists.reading import FIRST, shown
from boeing_data_hub.batches.lists.suspicion import suspicion
from boeing_data_hub.values.part_numbers import BadPartNumber, clean

ENOUGH: Final = 0.5
"""The share of cells that decides the kind of a column."""

_CONTENT = re.compile(r"[0-9A-Za-z]")
_COUNT = re.compile(r"(\d{1,6})(?:[.,]0+)?\s*[.):]?")
_OUTLINE = re.compile(r"\d{1,3}(?:\.\d{1,3})+\.?")
_MIXED = re.compile(r"(?=.*[A-Za-z])(?=.*\d)")
_LONG_DIGITS = re.compile(r"\d{5,}|0\d{2,}")

# Flagged texts that still show which column is meant.
_NEARLY: Final = frozenset({"blank_inside", "blank_or_quantity", "cut_number", "stray_sign"})
_LETTERED = re.compile(r"[A-Za-z]?(\d{1,3})[A-Za-z]?")
_STEPS: Final = 0.7
_GAPS: Final = 2  # the largest mean step of line numbers with gaps
# Step → highest first number: 1, 2, 3 and 10, 20, 30 are line numbers; 65200, 65201, 65202 may be part numbers.
_COUNTED_BY: Final = {1: 50, 2: 2, 5: 5, 10: 20, 100: 200, 1000: 1000}


@dataclass(frozen=True, slots=True)
class Profile:
    """The profile of a column: how many cells, the share that may be part numbers, and what else they may be."""

    filled: int
    like: float
    mixed: float
    counts: bool
    amounts: bool
    values: tuple[str, ...]

    @property
    def is_candidate(self) -> bool:
        """True if this may be the column of part numbers."""
        return bool(self.filled) and self.like >= ENOUGH and not self.counts and not self.amounts


def is_blank(text: str) -> bool:
    """True for a text that is empty after cleaning: white space, invisible characters, empty quotes."""
    if not text or _CONTENT.search(text):
        return not text
    try:
        clean(text)
    except BadPartNumber as bad:
        return bad.reason_code == "empty"
    return False


def profile_of(cells: list[str]) -> Profile:
    """The profile of a column, without blank cells and headers."""
    values = [cell.strip() for cell in cells if not is_blank(cell) and not is_header(cell)]
    if not values:
        return Profile(0, 0, 0, counts=False, amounts=False, values=())
    like = [value for value in values if _is_like(value)]
    mixed = sum(_MIXED.match(value) is not None for value in like)
    digits = [value for value in like if not _MIXED.match(value)]
    amounts = not mixed and sum(
        _LONG_DIGITS.fullmatch(value) is not None or "-" in value for value in digits
    ) * 2 < len(values)
    first = tuple(shown(value[:40]) for value in values[:FIRST])
    return Profile(len(values), len(like) / len(values), mixed / len(values), _counts(values), amounts, first)


def is_mixed(value: str) -> bool:
    """True if it contains letters and digits."""
    return _MIXED.match(value) is not None


def is_plain(value: str) -> bool:
    """True if it may be a part number without changes."""
    return " " not in value.strip() and _is_like(value)


def _is_like(value: str) -> bool:
    try:
        number = clean(value)
    except BadPartNumber:
        return False
    found = suspicion(value, number)
    return found is None or found.code in _NEARLY


def _counts(values: list[str]) -> bool:
    """True if the cells number the lines: 1, 2, 3; 10, 20, 30; 001, 002; 1.1, 1.2."""
    if is_series(values) and values[0][0].isdigit():
        return True  # A1, A2, A3 in the only column may be part numbers
    found = [match for value in values if (match := _COUNT.fullmatch(value))]
    if len(found) < 2 or len(found) < _STEPS * len(values):  # noqa: PLR2004 - one number counts nothing
        return sum(map(bool, map(_OUTLINE.fullmatch, values))) >= _STEPS * len(values) and len(values) > 1
    numbers = [int(match[1]) for match in found]
    steps = [after - before for before, after in pairwise(numbers)]
    step, times = Counter(steps).most_common(1)[0]
    if min(steps) > 0 and len(steps) > 1 and numbers[0] <= _COUNTED_BY[1] and sum(steps) <= _GAPS * len(steps):
        return True  # 1, 2, 4, 5, 8: some lines were removed
    if step not in _COUNTED_BY or times < _STEPS * len(steps):
        return False
    begins = numbers[0] <= max(_COUNTED_BY[step], 2 * step)
    return begins and (len(numbers) > 2 or numbers[0] == step)  # noqa: PLR2004 - of two, only 1, 2 and the like


def is_series(values: Sequence[str]) -> bool:
    """True if all are counts with a letter: A1, A2, A3; 1a, 1b, 2a."""
    found = [_LETTERED.fullmatch(value) for value in values]
    numbers = [int(match[1]) for match in found if match]
    if len(numbers) < len(values) or len(numbers) < 2 or all(map(str.isdigit, values)):  # noqa: PLR2004 - one counts nothing
        return False
    return numbers[0] <= 1 < numbers[-1] and all(0 <= after - before <= 1 for before, after in pairwise(numbers))
