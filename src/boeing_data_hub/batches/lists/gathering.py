"""Collects part numbers cell by cell, and sorts them into accepted, repeated, flagged and rejected. Pure.

Nothing is dropped silently: a rejected entry is reported with its line, and a repeated number with both lines.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from boeing_data_hub.batches.lists.headings import is_header
from boeing_data_hub.batches.lists.mapping import ColumnMapping
from boeing_data_hub.batches.lists.reading import FIRST, Reading, Remark, shown
from boeing_data_hub.batches.lists.suspicion import AS_TEXT, Suspicion, broken, is_mangled, suspicion
from boeing_data_hub.errors import BadInput
from boeing_data_hub.values.part_numbers import BadPartNumber, clean

MAX_SAMPLES: Final = 1_000
"""Maximum duplicates and rejections kept as examples; more are only counted."""

MAX_ENTRIES: Final = 500_000
"""Maximum entries read, valid or not. A longer list is rejected at once, without counting it exactly."""

ASIDE: Final = frozenset({"above_header", "repeated_heading", "sum_or_page_line", "empty"})
"""Lines of a table that are not parts. They are reported, but do not block the list."""

_LONGEST_REST: Final = 5
_MEANT: Final = frozenset({"no_digit", "cut_number", "stray_sign", "not_a_part"})
_DAMAGE: Final = frozenset({"date_text", "shortened_number"})


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A part number on `line` that was already on `first_line`."""

    line: int
    part_number: str
    first_line: int


@dataclass(frozen=True, slots=True)
class Rejection:
    """A text that was not accepted. `text` is safe to show: shortened, with control characters escaped.

    If it is only flagged, `part_number` is searched once a person confirms it; else it is None.
    """

    line: int
    text: str
    code: str
    reason: str
    part_number: str | None = None


@dataclass(frozen=True, slots=True)
class PartList:
    """A parsed list.

    Attributes:
        part_numbers: clean, unique, in the order of their first mention.
        duplicates: the first `MAX_SAMPLES` repetitions; `duplicate_count` counts them all.
        rejected: the first `MAX_SAMPLES` rejections; `rejected_count` counts them all.
        aside_count: rejected lines that are not parts: titles, totals, repeated headings.
        flagged: part numbers that are accepted once a person confirms them.
        reading: where they were found, and what was skipped.
        first_lines: the line of each part number's first mention.
    """

    part_numbers: list[str]
    duplicates: list[Duplicate]
    rejected: list[Rejection]
    duplicate_count: int
    rejected_count: int
    aside_count: int = field(default=0, compare=False)
    flagged: list[str] = field(default_factory=list[str], compare=False)
    reading: Reading = field(default_factory=Reading, compare=False)
    first_lines: list[int] = field(default_factory=list[int], compare=False)

    @property
    def refused_count(self) -> int:
        """Rejections that a person must check."""
        return self.rejected_count - self.aside_count


@dataclass(frozen=True, slots=True)
class Unusable:
    """A cell known not to contain a part number. `shown` is its displayed text.

    `part_number` is the cell's content if a person may confirm it.
    """

    shown: str
    code: str
    reason: str
    part_number: str | None = None


class Gathering:
    """Collects part numbers, each with the line of its first occurrence.

    Args:
        choice: the person's choices.
        by_program: True for a JSON list, in which only impossible values are rejected.
        ours: True for a file downloaded from the hub.
    """

    def __init__(self, choice: ColumnMapping | None = None, *, by_program: bool = False, ours: bool = False) -> None:
        self._accepts = choice is not None and choice.accept_flagged
        self._by_program = by_program
        self._ours = ours
        self._first_lines: dict[str, int] = {}
        self._duplicates: list[Duplicate] = []
        self._rejected: list[Rejection] = []
        self._flagged: dict[str, None] = {}
        self._duplicate_count = self._rejected_count = self._aside_count = self._entries = 0
        self._was_cut = self._damaged = False

    def _count_entry(self) -> None:
        self._entries += 1
        if self._entries > MAX_ENTRIES:
            raise BadInput(
                f"You sent more than {MAX_ENTRIES:,} entries. Split the list.",
                code="too_many_parts",
                details={"limit": MAX_ENTRIES},
            )

    def add(self, line: int, text: str, *, blank_counts: bool) -> None:
        """Add an entry. A blank one counts only if it is significant."""
        self._count_entry()
        try:
            number = clean(text)
        except BadPartNumber as bad:
            if blank_counts or bad.reason_code != "empty":
                self._suspect(line, text, broken(text, bad))
            return
        was_cut, self._was_cut = self._was_cut, False
        if number not in self._first_lines and (found := self._doubt(text, number, was_cut=was_cut)):
            self._suspect(line, text, found)
        else:
            self._take(line, number)

    def _doubt(self, text: str, number: str, *, was_cut: bool) -> Suspicion | None:
        if self._by_program:
            return is_mangled(number)
        found = suspicion(text, number)
        if found is None:
            if was_cut and len(number) <= _LONGEST_REST:
                reason = "This may be the rest of the number cut off on the line above."
                return Suspicion("cut_number", reason, number)
            return None
        kept = found.code in _MEANT or text.lstrip().startswith('="')  # as the download was written
        if self._ours and kept:  # it was searched before, so a person has confirmed it
            return None
        if found.code in {"no_digit", "placeholder"} and is_header(text):
            return Suspicion("repeated_heading", "This is a repeated header, not a part number.", None)
        self._was_cut = found.code == "cut_number"
        self._damaged = self._damaged or found.code in _DAMAGE
        return found

    def _suspect(self, line: int, text: str, found: Suspicion) -> None:
        if self._accepts and found.part_number is not None and found.code not in ASIDE:
            self._take(line, found.part_number)
            return
        self.reject(line, text, found.code, found.reason, found.part_number)

    def _take(self, line: int, number: str) -> None:
        first_line = self._first_lines.get(number)
        if first_line is None:
            self._first_lines[number] = line
            return
        self._duplicate_count += 1
        if self._duplicate_count <= MAX_SAMPLES:
            self._duplicates.append(Duplicate(line, number, first_line))

    def refuse(self, line: int, cell: Unusable) -> None:
        """Report a cell known not to contain a part number."""
        self._suspect(line, cell.shown, Suspicion(cell.code, cell.reason, cell.part_number))

    def reject(self, line: int, text: str, code: str, reason: str, part_number: str | None = None) -> None:
        """Report a text that is not accepted."""
        self._rejected_count += 1
        self._aside_count += code in ASIDE and not self._by_program
        if part_number is not None:
            self._flagged[part_number] = None
        if self._rejected_count <= MAX_SAMPLES:
            self._rejected.append(Rejection(line, shown(text), code, reason, part_number))

    def _distrust_digits(self) -> None:
        """Flag all-digit numbers in our own download if a spreadsheet has damaged it: zeros may be missing."""
        digits = [number for number in self._first_lines if number.isdigit()]
        if self._accepts or any(number.startswith("0") for number in digits):
            return
        for number in digits:
            line = self._first_lines.pop(number)
            reason = f"A spreadsheet changed this file, so leading zeros may be lost here. {AS_TEXT}"
            self.reject(line, number, "zeros_lost", reason, number)

    def result(self, max_parts: int, reading: Reading | None = None) -> PartList:
        """The list.

        Raises:
            BadInput: `too_many_parts`.
        """
        if self._ours and self._damaged:
            self._distrust_digits()
        sent = len(self._first_lines)
        if sent > max_parts:
            raise BadInput(
                f"You sent {sent:,} part numbers; the limit is {max_parts:,}. Split the list.",
                code="too_many_parts",
                details={"sent": sent, "limit": max_parts},
            )
        numbers = list(self._first_lines)
        reading = reading or Reading()
        return PartList(
            numbers,
            self._duplicates,
            sorted(self._rejected, key=lambda one: one.line),
            self._duplicate_count,
            self._rejected_count,
            self._aside_count,
            [number for number in self._flagged if number not in self._first_lines],
            replace(reading, first=tuple(numbers[:FIRST]), remarks=(*reading.remarks, *self._remarks())),
            list(self._first_lines.values()),
        )

    def _remarks(self) -> list[Remark]:
        told: list[Remark] = []
        if self._aside_count:
            text = f"{lines(self._aside_count)} skipped: no part number (titles, totals, repeated headers, gaps)."
            told.append(Remark("lines_aside", text, self._aside_count))
        if refused := self._rejected_count - self._aside_count:
            told.append(
                Remark(
                    "refused",
                    f"{lines(refused)} skipped as invalid or doubtful; each is listed with its reason.",
                    refused,
                )
            )
        if self._duplicate_count:
            told.append(
                Remark(
                    "duplicates", f"{lines(self._duplicate_count, 'duplicate line')} skipped.", self._duplicate_count
                )
            )
        return told


def lines(count: int, noun: str = "line") -> str:
    """A count with its verb: `1 line is`, `45 rows are`."""
    return f"{count:,} {noun} is" if count == 1 else f"{count:,} {noun}s are"
