"""What was read from a list, and what was not: one value that the API, the command line and the console all show.

People see it before the hub calls Boeing. If the list can be understood in several ways, it contains a question.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Final, cast

from boeing_data_hub.batches.lists.mapping import ColumnMapping, Delimiter, Encoding
from boeing_data_hub.errors import BadInput

FIRST: Final = 10
"""Maximum part numbers, and values of a column, to show."""

FIRST_ROWS: Final = 20
"""Maximum rows to show as they are in the file."""

SHOWN_LENGTH: Final = 80
"""Maximum characters of outside text that are shown."""


@dataclass(frozen=True, slots=True)
class ColumnSeen:
    """A column other than the one of the part numbers, or a candidate for it.

    Attributes:
        letter: as in a spreadsheet.
        heading: its header, or empty.
        first: its first values, at most `FIRST`.
        note: why it may not be the one, or empty.
    """

    letter: str
    heading: str
    first: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class SheetSeen:
    """A sheet of the workbook: its name, number of rows with content, whether it is hidden, and whether it was read."""

    name: str
    rows: int
    hidden: bool
    read: bool


@dataclass(frozen=True, slots=True)
class Remark:
    """A remark on the list: a code for programs, a sentence for people, and the number of rows concerned."""

    code: str
    text: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class RowSeen:
    """One of the first rows of a table or list, and what was read of it.

    Attributes:
        line: its number in the file, from 1.
        cells: its first cells, safe to show.
        part_numbers: what was read as part numbers.
        note: why nothing was read, or that it repeats an earlier line; empty if neither.
    """

    line: int
    cells: tuple[str, ...]
    part_numbers: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """Where the part numbers were found.

    Attributes:
        sheet: name of the sheet; None for text.
        column: letter of the column; None for a plain list.
        heading: text of its header in `heading_line`; None without one.
        first: the first part numbers, at most `FIRST`.
        remarks: what was not read, and why.
        columns: the other columns with content.
        sheets: the sheets of the workbook, in order.
        question: why a person must choose, in a sentence; then nothing was read. None if it is clear.
        asks: what to choose, `sheet` or `column`.
        quantity: letter of the column of quantities; None without one.
        reference: letter of the column of the company's own references; None without one.
        delimiter: name of the delimiter of a text table; None for a plain list or a workbook.
        encoding: name of a text file's encoding; None for a workbook or pasted text.
        letters: of the columns of `rows`, in order.
        rows: the first rows with content, at most `FIRST_ROWS`.
    """

    sheet: str | None = None
    column: str | None = None
    heading: str | None = None
    heading_line: int | None = None
    first: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    columns: tuple[ColumnSeen, ...] = ()
    sheets: tuple[SheetSeen, ...] = ()
    question: str | None = None
    asks: str | None = None
    quantity: str | None = None
    reference: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    letters: tuple[str, ...] = ()
    rows: tuple[RowSeen, ...] = ()

    def said(self) -> list[str]:
        """The reading in sentences, which all entrances show."""
        lines = [] if self.question else [self._place()]
        if self.first:
            lines.append(f"First part numbers: {', '.join(self.first)}.")
        return lines + [remark.text for remark in self.remarks]

    def _place(self) -> str:
        if self.column is None:
            return "Read as a plain list of part numbers."
        heading = f", headed “{self.heading}” on line {self.heading_line}" if self.heading else ", without a header"
        where = f"sheet “{self.sheet}”, " if self.sheet else ""
        return f"Read from {where}column {self.column}{heading}."

    def proposed(self, mapping: ColumnMapping) -> ColumnMapping:
        """The mapping, with what was found in the places that a person left empty."""
        if self.question:
            return mapping
        return replace(
            mapping,
            sheet=mapping.sheet or self.sheet or "",
            column=mapping.column or self.column or "",
            quantity=mapping.quantity or self.quantity or "",
            reference=mapping.reference or self.reference or "",
            header_row=(self.heading_line or 0)
            if mapping.header_row is None and self.column is not None
            else mapping.header_row,
            delimiter=mapping.delimiter or cast("Delimiter", self.delimiter or ""),
            encoding=mapping.encoding or cast("Encoding", self.encoding or ""),
        )

    def document(self) -> dict[str, Any]:
        """As JSON, with the sentences."""
        return {**asdict(self), "said": self.said()}


def settled(reading: Reading) -> None:
    """Verify that a list was understood.

    Raises:
        BadInput: `needs_choice`; its details contain the sheets and columns to choose from.
    """
    if reading.question is None:
        return
    told = reading.document()
    raise BadInput(
        f"{reading.question} Nothing was started. Set the {reading.asks} in the field `{reading.asks}` "
        f"(`--{reading.asks}` on the command line) and send the list again.",
        code="needs_choice",
        details={"question": reading.question, "asks": reading.asks, "read": told},
    )


def shown(text: str) -> str:
    """A text that is safe to show: control and invisible characters escaped, at most `SHOWN_LENGTH` characters."""
    start = text[: SHOWN_LENGTH + 1]
    if not start.isprintable():
        start = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in start)
    return start if len(start) <= SHOWN_LENGTH else start[: SHOWN_LENGTH - 1] + "…"


def letter_of(index: int) -> str:
    """The letters of a column, counted from 0: A, B, ... Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def index_of(letters: str) -> int | None:
    """The index of a column from 0, by its letters; None if they are not column letters."""
    if not (letters.isascii() and letters.isalpha() and len(letters) <= 3):  # noqa: PLR2004 - XFD is the last column
        return None
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1
