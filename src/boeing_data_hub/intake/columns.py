"""Which column of a table holds the part numbers. Pure; used for pasted tables, CSV and XLSX alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from boeing_data_hub.model.part_numbers import BadPartNumber, clean

# Best first: where a table has several of them, the full number (with its variant suffix) beats the shortened one.
_NAMES: Final = (
    "aviallpartnumber",
    "aviallpartno",
    "aviallpn",
    "boeingpartnumber",
    "boeingpartno",
    "boeingpn",
    "partnumber",
    "partnumbers",
    "partno",
    "partnos",
    "partnum",
    "partnr",
    "partcode",
    "pn",
    "pns",
    "manufacturerpartnumber",
    "manufacturerpartno",
    "mfrpartnumber",
    "mfrpartno",
    "mfgpartnumber",
    "mfgpartno",
    "mpn",
    "productcode",
    "productcodes",
    "productnumber",
    "productno",
    "sku",
    "skus",
    "variantsku",
    "productsku",
    "itemnumber",
    "itemno",
    "itemcode",
    "materialnumber",
    "materialno",
)
# Also ordinary words: they may stand in a row of data ("AN3-43A, Part, 5"), so they count only beside other words.
_WEAK_NAMES: Final = ("part", "parts", "item", "items", "material", "product")
_RANK: Final = {name: rank for rank, name in enumerate((*_NAMES, *_WEAK_NAMES))}
_FIRST_WEAK: Final = len(_NAMES)
_LONGEST_HEADER: Final = 60
_MOST_COLUMNS: Final = 500
_CONTENT = re.compile(r"[0-9A-Za-z]")
_DIGIT = re.compile(r"\d")
_ROWS_BEFORE_HEADER: Final = 10


@dataclass(frozen=True, slots=True)
class Layout:
    """Where to read.

    Attributes:
        column: index of the part number column, from 0.
        header_line: the line of the heading, or None when the table has none. What stands above it is a title.
    """

    column: int
    header_line: int | None


def is_blank(text: str) -> bool:
    """True for what cleans to nothing: no text, white space, invisible characters, quotes around nothing."""
    if not text or _CONTENT.search(text):
        return not text
    try:
        clean(text)
    except BadPartNumber as bad:
        return bad.reason_code == "empty"
    return False


def is_header(text: str) -> bool:
    """True when the text is a known heading of a part number column: `Part No.`, `P/N`, `aviallPartNumber`, `SKU`."""
    return _rank(text) is not None


def header_column(cells: Sequence[str]) -> int | None:
    """The index of the part number heading in a row of headings; None when the row is no such row."""
    ranks = {index: rank for index, cell in enumerate(cells[:_MOST_COLUMNS]) if (rank := _rank(cell)) is not None}
    if not ranks:
        return None
    best = min(ranks, key=ranks.__getitem__)
    if ranks[best] >= _FIRST_WEAK and any(map(_DIGIT.search, cells)):
        return None
    return best


def find_layout(rows: Iterable[tuple[int, Sequence[str]]]) -> Layout:
    """The layout of a table, judged by its first rows.

    A heading in the first row that has content decides. Title rows above it are skipped if the heading has company in
    its row. Without a heading, it is the first column with content.

    Args:
        rows: (line number, cells) of the first rows.
    """
    filled = [(line, cells) for line, cells in rows if not all(map(is_blank, cells))]
    for place, (line, cells) in enumerate(filled[:_ROWS_BEFORE_HEADER]):
        column = header_column(cells)
        if column is None:
            continue
        company = sum(not is_blank(cell) for cell in cells) > 1
        if place == 0 or (company and (_rank(cells[column]) or 0) < _FIRST_WEAK):
            return Layout(column, line)
    firsts = [next(index for index, cell in enumerate(cells) if not is_blank(cell)) for _, cells in filled]
    return Layout(min(firsts, default=0), None)


def _rank(text: str) -> int | None:
    if len(text) > _LONGEST_HEADER or _DIGIT.search(text):
        return None
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _RANK.get("".join(character for character in folded if character.isalnum()))
