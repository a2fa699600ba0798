"""What was read of a list, and what was not: one value that the API, the command line and the console all show.

A person sees it before anything is asked of Boeing. Where the list can be understood in several ways, it is a question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from boeing_data_hub.errors import BadInput

FIRST: Final = 10
"""Part numbers, and values of a column, that are shown."""

SHOWN_LENGTH: Final = 80
"""Characters of a text from outside that are repeated to the person."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the person says of their list; empty: the hub finds it out.

    Attributes:
        sheet: a sheet's name, or its place from 1.
        column: a column's letter, or its heading.
        include_hidden: hidden, filtered and struck-out rows are read, too.
        accept_flagged: numbers that look wrong are right, and taken.
    """

    sheet: str = ""
    column: str = ""
    include_hidden: bool = False
    accept_flagged: bool = False


@dataclass(frozen=True, slots=True)
class ColumnSeen:
    """A column that was not, or may not have been, the one of the part numbers.

    Attributes:
        letter: as a spreadsheet names it.
        heading: its text in the line of headings, or empty.
        first: its first values, at most `FIRST`.
        note: what speaks against it, or empty.
    """

    letter: str
    heading: str
    first: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class SheetSeen:
    """A sheet of the workbook: its name, how many rows hold anything, whether it is hidden, whether it was read."""

    name: str
    rows: int
    hidden: bool
    read: bool


@dataclass(frozen=True, slots=True)
class Remark:
    """Something a person should know of the list: a code for programs, a sentence, and how many rows it concerns."""

    code: str
    text: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Reading:
    """Where the part numbers were found.

    Attributes:
        sheet: name of the sheet; None for text.
        column: letter of the column; None where the text is a plain list.
        heading: text of its heading, None without one; it stands on `heading_line`.
        first: the first part numbers, at most `FIRST`.
        remarks: what was left unread, and why.
        columns: the other columns with content.
        sheets: the sheets of the workbook, in order.
        question: why a person must choose, in a sentence; None when it is clear. Then nothing was read.
        asks: `sheet` or `column`, whichever is to be chosen.
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

    def said(self) -> list[str]:
        """All of it in sentences, in the words every entrance uses."""
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

    def document(self) -> dict[str, Any]:
        """As JSON, with the sentences."""
        return {**asdict(self), "said": self.said()}


def reading_of(document: Mapping[str, Any]) -> Reading:
    """The value again, from its document."""
    told: dict[str, Any] = {name: document[name] for name in Reading.__dataclass_fields__ if name in document}
    columns: list[dict[str, Any]] = told.pop("columns", [])
    return Reading(
        first=tuple(told.pop("first", ())),
        remarks=tuple(Remark(**one) for one in told.pop("remarks", ())),
        columns=tuple(ColumnSeen(one["letter"], one["heading"], tuple(one["first"]), one["note"]) for one in columns),
        sheets=tuple(SheetSeen(**one) for one in told.pop("sheets", ())),
        **told,
    )


def settled(reading: Reading) -> None:
    """Let through a list that was understood.

    Raises:
        BadInput: `needs_choice`; its details hold the sheets and columns to choose from.
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
    """The text made safe to show: control and invisible characters escaped, at most `SHOWN_LENGTH` characters."""
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
    """The place of a column from 0, by its letters; None when they are none."""
    if not (letters.isascii() and letters.isalpha() and len(letters) <= 3):  # noqa: PLR2004 - XFD is the last column
        return None
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1
