"""Reads the formatting of a sheet: number formats, strike-through, hidden rows and columns, formulas, errors.

The reader of values does not provide it. Runs only in the child process; the guard has rejected entities, and only
element names and attributes are read.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from functools import lru_cache
from typing import IO, Any, Final
from xml.parsers import expat

from boeing_data_hub.batches.lists.number_formats import BUILT_IN
from boeing_data_hub.batches.lists.reading import index_of

_TRUE: Final = frozenset({"1", "true", "on"})
_MOST_COLUMNS: Final = 16_384
_LONGEST_ERROR: Final = 40
_NO: Final = frozenset({"0", "false", "off"})


@dataclass(frozen=True, slots=True)
class Style:
    """A cell's number format code, and whether its text is struck out."""

    number_format: str = "General"
    struck: bool = False


@dataclass(slots=True)
class CellStyle:
    """A cell's style index, its type, whether it is a formula, and the text of its error."""

    style: int
    kind: str
    formula: bool = False
    error: str = ""


@dataclass(slots=True)
class Scan:
    """The formatting of a whole sheet.

    Attributes:
        rows: number of rows with content.
        last_row: last row with content, from 1.
        first_column: first column with content, from 0.
        last_column: last column with content, from 0.
        hidden_rows: lines from 1.
        filtered: a filter is active.
        hidden_columns: from 0.
        computed: a cell contains a formula or an error.
    """

    rows: int = 0
    last_row: int = 0
    first_column: int = 0
    last_column: int = 0
    hidden_rows: set[int] = field(default_factory=set[int])
    filtered: bool = False
    hidden_columns: set[int] = field(default_factory=set[int])
    computed: bool = False


def styles_of(content: IO[bytes]) -> list[Style]:
    """The styles of a workbook's `styles.xml`, by their index. Raises expat.ExpatError."""
    reader = _Styles()
    _parse(content, reader.start, reader.end)
    return reader.styles()


def scan_of(content: IO[bytes]) -> Scan:
    """Scan a sheet's XML. Raises expat.ExpatError, ValueError."""
    reader = _Sheet()
    _parse(content, reader.start, None)
    return reader.scan


def column_of(content: IO[bytes], column: int) -> dict[int, CellStyle]:
    """The formatting of the cells of one column (from 0), by line. Raises expat.ExpatError, ValueError."""
    reader = _Sheet(column)
    _parse(content, reader.start, None, texts=reader.text)
    return reader.cells


def sheet_paths(archive: zipfile.ZipFile) -> dict[str, str]:
    """The archive's entry for each sheet, by the sheet's name. Raises KeyError, expat.ExpatError."""
    names: dict[str, str] = {}
    targets: dict[str, str] = {}

    def sheet(tag: str, found: dict[str, str]) -> None:
        if tag == "sheet":
            names[found.get("name", "")] = next((v for k, v in found.items() if k.rpartition(":")[2] == "id"), "")

    def relation(tag: str, found: dict[str, str]) -> None:
        if tag == "Relationship":
            targets[found.get("Id", "")] = found.get("Target", "")

    for part, handler in (("xl/workbook.xml", sheet), ("xl/_rels/workbook.xml.rels", relation)):
        with archive.open(part) as content:
            _parse(content, handler, None)
    paths: dict[str, str] = {}
    for name, key in names.items():
        target = targets.get(key, "").replace("\\", "/")
        paths[name] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return paths


def _parse(content: IO[bytes], start: Any, end: Any, *, texts: Any = None) -> None:
    parser = expat.ParserCreate()
    reading_text: list[bool | None] = [None]

    def opened(tag: str, attributes: dict[str, str]) -> None:
        wants_text = start(tag.rpartition(":")[2] if ":" in tag else tag, attributes)
        if wants_text is not reading_text[0]:
            reading_text[0] = wants_text
            parser.CharacterDataHandler = texts if wants_text else None

    def closed(tag: str) -> None:
        end(tag.rpartition(":")[2])

    parser.StartElementHandler = opened
    if end is not None:
        parser.EndElementHandler = closed
    parser.ParseFile(content)


class _Styles:
    def __init__(self) -> None:
        self._formats: dict[int, str] = dict(BUILT_IN)
        self._struck: list[bool] = []
        self._cells: list[tuple[int, int]] = []
        self._inside: list[str] = []

    def start(self, tag: str, found: dict[str, str]) -> None:
        within = self._inside[-1] if self._inside else ""
        if tag == "numFmt" and within == "numFmts":
            self._formats[int(found.get("numFmtId", "0"))] = found.get("formatCode", "General")
        elif tag == "font" and within == "fonts":
            self._struck.append(False)
        elif tag == "strike" and within == "font" and "fonts" in self._inside:
            self._struck[-1] = found.get("val", "1").lower() not in _NO
        elif tag == "xf" and within == "cellXfs":
            self._cells.append((int(found.get("numFmtId", "0")), int(found.get("fontId", "0"))))
        self._inside.append(tag)

    def end(self, _tag: str) -> None:
        self._inside.pop()

    def styles(self) -> list[Style]:
        return [
            Style(self._formats.get(number, "General"), 0 <= font < len(self._struck) and self._struck[font])
            for number, font in self._cells
        ]


class _Sheet:
    """Walks a sheet, and records the cells of one column if requested."""

    def __init__(self, wanted: int | None = None) -> None:
        self.scan = Scan()
        self.cells: dict[int, CellStyle] = {}
        self._wanted = wanted
        self._row = 0
        self._column = -1
        self._look: CellStyle | None = None

    def start(self, tag: str, found: dict[str, str]) -> bool:
        """True if the following text is an error's, which is needed."""
        if tag == "c":
            self._cell(found)
        elif tag in {"v", "is", "f"}:
            self._filled()
            if tag == "f":
                self.scan.computed = True
                if self._look is not None:
                    self._look.formula = True
            return tag == "v" and self._look is not None and self._look.kind == "e"
        elif tag == "row":
            self._row = int(found.get("r", self._row + 1))
            self._column = -1
            if found.get("hidden", "0").lower() in _TRUE or found.get("ht") == "0":
                self.scan.hidden_rows.add(self._row)
        elif tag == "col" and (found.get("hidden", "0").lower() in _TRUE or found.get("width") == "0"):
            first, last = int(found.get("min", "1")), int(found.get("max", "1"))
            self.scan.hidden_columns.update(range(first - 1, min(last, _MOST_COLUMNS)))
        elif tag == "autoFilter":
            self.scan.filtered = True
        return False

    def text(self, piece: str) -> None:
        """Add a piece of an error's text."""
        if self._look is not None:
            self._look.error += piece[:_LONGEST_ERROR]

    def _filled(self) -> None:
        scan = self.scan
        scan.first_column = min(scan.first_column, self._column) if scan.rows else self._column
        if self._row != scan.last_row:
            scan.rows += 1
            scan.last_row = max(self._row, scan.last_row)
        scan.last_column = max(scan.last_column, self._column)

    def _cell(self, found: dict[str, str]) -> None:
        letters = found.get("r", "").rstrip("0123456789")
        self._column = _place(letters) if letters else self._column + 1
        kind = found.get("t", "n")
        if kind == "e":
            self.scan.computed = True
        if self._column != self._wanted:
            self._look = None
            return
        self._look = self.cells[self._row] = CellStyle(int(found.get("s", "0")), kind)


@lru_cache(maxsize=2048)
def _place(letters: str) -> int:
    return index_of(letters) or 0
