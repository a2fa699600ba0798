"""A list with the other columns of its file, so that an export can return them beside each part. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from boeing_data_hub.batches.lists.gathering import PartList
from boeing_data_hub.batches.lists.layout import is_ours
from boeing_data_hub.batches.lists.profiles import is_blank
from boeing_data_hub.batches.lists.reading import index_of, letter_of, shown

MOST_COLUMNS: Final = 50
"""Other columns that are kept, from the left."""

LONGEST_CELL: Final = 200
"""Characters of a cell that are kept."""

MOST_CHARACTERS: Final = 8_000_000
"""Characters of all cells; if there are more, the other columns are not kept."""

_OWN: Final = frozenset({"part_number", "error_code", "error", "what_to_do"})  # an export would repeat them


@dataclass(frozen=True, slots=True)
class ListTable:
    """A list, with the other columns of its file.

    Attributes:
        parts: what was read.
        columns: headers of the other columns.
        cells: for each part number, the cells of its first line in these columns.
        quantity: the index in `columns` of the quantities; None without.
        reference: the index in `columns` of the company's own references; None without.
        is_too_large: True if the other columns were not kept because of their size.
    """

    parts: PartList
    columns: list[str] = field(default_factory=list[str])
    cells: list[list[str]] = field(default_factory=list[list[str]])
    quantity: int | None = None
    reference: int | None = None
    is_too_large: bool = False

    def of(self, part_numbers: Sequence[str]) -> list[list[str]]:
        """The cells for these part numbers, in their order; empty cells for a number that the list lacks."""
        if not self.columns:
            return []
        known = dict(zip(self.parts.part_numbers, self.cells, strict=True))
        return [known.get(number, [""] * len(self.columns)) for number in part_numbers]


def with_columns(parts: PartList, rows: Iterable[tuple[int, Sequence[str]]], *, first: int = 0) -> ListTable:
    """The list with its other columns.

    Args:
        parts: what was read, of a table.
        rows: (line, cells) of all rows.
        first: the sheet's column of the first cell.
    """
    reading = parts.reading
    if reading.column is None or reading.question:
        return ListTable(parts)
    own = (index_of(reading.column) or 0) - first
    wanted = frozenset(parts.first_lines)
    names: Sequence[str] = ()
    kept: dict[int, list[str]] = {}
    size = 0
    for line, row in rows:
        if line == reading.heading_line:
            names = [" ".join(cell.split()) for cell in row]
        elif line in wanted:
            kept[line] = [_cell(cell) for cell in row[: MOST_COLUMNS + 1]]
            size += sum(map(len, kept[line]))
            if size > MOST_CHARACTERS:
                return ListTable(parts, is_too_large=True)
    left_out = _OWN if is_ours(names) else frozenset[str]()
    filled = {place for cells in kept.values() for place, cell in enumerate(cells) if cell}
    filled |= {place for place, name in enumerate(names[: MOST_COLUMNS + 1]) if name}
    places = [place for place in sorted(filled) if place != own and _name(names, place).lower() not in left_out]
    return ListTable(
        parts,
        [shown(_name(names, place) or f"Column {letter_of(first + place)}") for place in places],
        [[_at(kept.get(line, ()), place) for place in places] for line in parts.first_lines],
        _index(places, reading.quantity, first),
        _index(places, reading.reference, first),
    )


def _index(places: list[int], letter: str | None, first: int) -> int | None:
    place = None if letter is None else (index_of(letter) or 0) - first
    return places.index(place) if place in places else None


def _name(names: Sequence[str], place: int) -> str:
    return _at(names, place).strip()


def _at(cells: Sequence[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""


def _cell(text: str) -> str:
    """A cell without what Postgres cannot store, cut."""
    return "" if is_blank(text) else text.replace("\0", "").strip()[:LONGEST_CELL]
