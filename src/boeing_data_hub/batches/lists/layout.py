"""The layout of a table: which column holds the part numbers, and which ones the quantities and references. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from boeing_data_hub.batches.lists.headings import fold, is_own_reference, is_quantity
from boeing_data_hub.batches.lists.mapping import ColumnMapping
from boeing_data_hub.batches.lists.reading import ColumnSeen, index_of, letter_of, shown

OURS: Final = ("part_number", "error_code")
"""Headers of a failure file of the hub."""

_LONGEST_NUMBER: Final = 5  # digits of a column's number


def is_ours(names: Sequence[str]) -> bool:
    """True if these are the headers of a failure file."""
    return set(OURS) <= {name.strip().lower() for name in names}


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of a table.

    Attributes:
        column: index of the part number column, from 0.
        header_line: the line of the header, or None if the table has none. Lines above it are titles.
        heading: the header's text.
        question: why a person must choose the column; None if it is clear.
        grade: confidence: 2 by a header, 1 by the cells, 0 none.
        columns: the other columns with content.
        names: the headers, by column.
        first_line: the line of the first part, if a person chose it.
        quantity: index of the column of quantities.
        reference: index of the column of the company's own references.
    """

    column: int
    header_line: int | None
    heading: str | None = None
    question: str | None = None
    grade: int = 0
    columns: tuple[ColumnSeen, ...] = field(default=())
    names: tuple[str, ...] = ()
    first_line: int | None = None
    quantity: int | None = None
    reference: int | None = None

    def is_above(self, line: int) -> bool:
        """True for the header, and for the lines above the header or the first part."""
        return line <= (self.header_line or 0) or line < (self.first_line or 0)


def with_others(found: Layout, mapping: ColumnMapping, first: int) -> Layout:
    """The layout with the columns of quantities and references, as chosen or by their headers, and the first line.

    Args:
        found: the layout of the part numbers.
        mapping: what a person chose.
        first: the sheet's column of the first cell.
    """
    quantity = _other(found, mapping.quantity, is_quantity, first)
    reference = _other(found, mapping.reference, is_own_reference, first)
    for what, wanted, place in (
        ("quantity", mapping.quantity, quantity),
        ("reference", mapping.reference, reference),
    ):
        if wanted and place is None:
            question = f"This list has no column “{shown(wanted[:40])}” with content, for the {what}."
            return replace(found, question=question)
    return replace(found, first_line=mapping.first_row, quantity=quantity, reference=reference)


def _other(found: Layout, wanted: str, is_one: Callable[[str], bool], first: int) -> int | None:
    """The column that was chosen for something else than the part numbers, or the only one with such a header."""
    seen = {one.letter for one in found.columns}
    places = {place: name for place, name in enumerate(found.names) if letter_of(first + place) in seen}
    places |= {place: "" for one in seen if (place := (index_of(one) or 0) - first) not in places}
    if wanted:
        return place_named(wanted, places, first)
    named = [place for place, name in places.items() if place != found.column and is_one(name)]
    return named[0] if len(named) == 1 else None


def place_named(wanted: str, names: Mapping[int, str], first: int) -> int | None:
    """The column with this header, or else this letter or number."""
    wanted = wanted.strip()
    by_name = [place for place, name in names.items() if name and fold(name.strip()) == fold(wanted)]
    number = int(wanted) - 1 if wanted.isascii() and wanted.isdecimal() and len(wanted) <= _LONGEST_NUMBER else None
    index = index_of(wanted) if number is None else number
    if not by_name and index is not None and index - first in names:
        return index - first
    return by_name[0] if by_name else None
