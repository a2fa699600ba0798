"""A column mapping: how a supplier's file is read. The hub proposes one, and a person may change it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

Delimiter = Literal["", "comma", "semicolon", "tab", "pipe"]
Encoding = Literal["", "utf-8", "utf-16-le", "utf-16-be", "windows-1252"]

DELIMITERS: Final[dict[str, str]] = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
NAME_OF_DELIMITER: Final = {sign: name for name, sign in DELIMITERS.items()}
ENCODINGS: Final = ("utf-8", "utf-16-le", "utf-16-be", "windows-1252")

MOST_ROWS: Final = 200_000
"""The last row that a mapping may name."""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Which column holds what, and how the file is read. What is empty or None is found by the hub.

    Attributes:
        sheet: a sheet's name, or its number from 1; of a workbook.
        column: of the part numbers: a column's letter, its number from 1, or its header.
        include_hidden: also read hidden, filtered and struck-out rows.
        accept_flagged: accept part numbers that look wrong.
        quantity: of the quantities, as `column`.
        reference: of the company's own references, as `column`.
        header_row: the line of the header; 0: there is none.
        first_row: the line of the first part; lines before it are skipped.
        delimiter: what separates the cells of a text file.
        encoding: of a text file.
    """

    sheet: str = ""
    column: str = ""
    include_hidden: bool = False
    accept_flagged: bool = False
    quantity: str = ""
    reference: str = ""
    header_row: int | None = None
    first_row: int | None = None
    delimiter: Delimiter = ""
    encoding: Encoding = ""

    @property
    def separator(self) -> str | None:
        """The delimiter's character, or None to find it."""
        return DELIMITERS.get(self.delimiter)

    @property
    def names_rows(self) -> bool:
        """True if it says where the header or the first part is, so that the file is a table."""
        return self.header_row is not None or self.first_row is not None

    def accepting(self) -> ColumnMapping:
        """The same, which also accepts flagged part numbers."""
        return replace(self, accept_flagged=True)
