"""The guard before a workbook: an XLSX file is a zip archive from a stranger, opened only if it is an honest one.

Checked on the bytes themselves, since a zip may say anything of its contents: every entry is inflated once and thrown
away, piece by piece, and must come out exactly as large as it was declared.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from boeing_data_hub.errors import BadInput, TooLarge
from boeing_data_hub.intake.cells import zero_width

MAX_ENTRIES: Final = 2_000
MAX_INFLATED: Final = 200_000_000
MAX_RATIO: Final = 100
"""Inflated to packed size of an entry above `RATIO_COUNTS_ABOVE` bytes; sheets of ordinary lists stay below 20."""
RATIO_COUNTS_ABOVE: Final = 1_000_000
MAX_SHARED_STRINGS: Final = 64_000_000
MAX_STYLES: Final = 16_000_000

_PIECE: Final = 16_384
_OVERLAP: Final = 32
_LOCAL_HEADER: Final = 30
_STYLES: Final = "styles.xml"
_TEXTS: Final = "sharedstrings.xml"
# The UTF-16 spelling less its last byte is found in either byte order.
_DTD: Final = tuple(
    word.encode(encoding)[:end]
    for word in ("<!DOCTYPE", "<!ENTITY")
    for encoding, end in (("ascii", None), ("utf-16-le", -1))
)
_ERROR_CELL: Final = (b't="e"', b"t='e'")
_FORMAT_CODE = re.compile(rb"""formatCode\s*=\s*(?:"([^"]*)"|'([^']*)')""")


@dataclass(frozen=True, slots=True)
class Findings:
    """What the guard saw in passing, which decides whether the reader must look twice.

    Attributes:
        error_cells: some sheet holds formula errors, which calamine reads as blank.
        zero_formats: some number format adds digits or signs to a number.
    """

    error_cells: bool
    zero_formats: bool


def inspect(content: bytes) -> Findings:
    """Inspects the zip archive of an XLSX file.

    Raises:
        BadInput: not a workbook, another kind of one, protected, with macros, damaged, or made to do harm.
        TooLarge: more or larger contents than we open.
    """
    try:
        entries = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, NotImplementedError) as error:
        raise _damaged() from error
    _check_kind({entry.orig_filename for entry in entries})
    _check_directory(entries)
    error_cells, styles = False, b""
    for entry in entries:
        name = entry.orig_filename.lower()
        is_picture = name.startswith("xl/media/")  # an SVG may well have a DTD, and is never opened
        before = b""
        for piece in _inflated(content, entry):
            window = before + piece
            if not is_picture and any(word in window for word in _DTD):
                raise _unsafe("it defines entities of its own")
            error_cells = error_cells or any(word in window for word in _ERROR_CELL)
            if name.endswith(_STYLES):
                styles += piece
            before = piece[-_OVERLAP:]
    codes = (html.unescape((a or b).decode("utf-8", "replace")) for a, b in _FORMAT_CODE.findall(styles))
    return Findings(error_cells, any(zero_width(code) for code in codes))


def _check_kind(names: set[str]) -> None:
    lowered = {name.lower() for name in names}
    if any(name.endswith("vbaproject.bin") or name.startswith("xl/macrosheets/") for name in lowered):
        raise BadInput(
            "The workbook contains macros, so it was not opened. Save it as .xlsx or CSV and send that.",
            code="macros_refused",
        )
    if "[content_types].xml" in lowered and "xl/workbook.xml" in names:
        return
    if "xl/workbook.bin" in lowered:
        raise BadInput("This is a binary workbook (.xlsb). Save it as .xlsx or CSV.", code="not_a_spreadsheet")
    if "mimetype" in lowered and "content.xml" in lowered:
        raise BadInput("This is an OpenDocument file. Save it as .xlsx or CSV.", code="not_a_spreadsheet")
    raise BadInput(
        "The file is a zip archive but not a workbook. Unpack it and send the .xlsx or CSV file inside.",
        code="not_a_spreadsheet",
    )


def _check_directory(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise _too_large(f"{len(entries):,} parts inside, at most {MAX_ENTRIES:,} are opened")
    if len({entry.orig_filename.lower() for entry in entries}) < len(entries):
        raise _unsafe("two of its parts have the same name")
    inflated = sum(entry.file_size for entry in entries)
    if inflated > MAX_INFLATED:
        raise _too_large(f"{inflated // 1_000_000:,} MB when unpacked, at most {MAX_INFLATED // 1_000_000} are opened")
    for entry in entries:
        _check_entry(entry, entry.orig_filename)


def _check_entry(entry: zipfile.ZipInfo, name: str) -> None:
    if name.startswith("/") or "\\" in name or "\0" in name or ":" in name or ".." in name.split("/"):
        raise _unsafe("a part of it has a name that leads elsewhere")
    if entry.flag_bits & 1:
        raise BadInput("The workbook is password protected. Save it without a password.", code="protected_workbook")
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise _unsafe("it is packed in an unusual way")
    if entry.file_size > RATIO_COUNTS_ABOVE and entry.file_size > MAX_RATIO * entry.compress_size:
        raise _unsafe("it is packed far more tightly than any list of part numbers")
    if entry.file_size > MAX_SHARED_STRINGS and name.lower().endswith(_TEXTS):
        raise _too_large("too many different texts in its cells")
    if entry.file_size > MAX_STYLES and name.lower().endswith(_STYLES):
        raise _too_large("too many cell styles")


def _inflated(content: bytes, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The entry's contents in pieces. Not with zipfile, which stops at the declared size where others read on."""
    start = entry.header_offset
    header = content[start : start + _LOCAL_HEADER]
    if len(header) < _LOCAL_HEADER or not header.startswith(b"PK\x03\x04"):
        raise _damaged()
    start += _LOCAL_HEADER + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    end = start + entry.compress_size
    if end > len(content):
        raise _damaged()
    inflater = zlib.decompressobj(-zlib.MAX_WBITS) if entry.compress_type == zipfile.ZIP_DEFLATED else None
    total = 0
    for place in range(start, end, _PIECE):
        piece = content[place : min(place + _PIECE, end)]
        if inflater is not None:
            try:
                piece = inflater.decompress(piece)
            except zlib.error as error:
                raise _damaged() from error
        total += len(piece)
        if total > entry.file_size:
            break
        yield piece
    if total != entry.file_size or (inflater is not None and not inflater.eof):
        raise _unsafe("a part of it is not as large as it says")


def _damaged() -> BadInput:
    return BadInput("The workbook is damaged. Open it in a spreadsheet program and save it again.", code="damaged_file")


def _unsafe(why: str) -> BadInput:
    return BadInput(
        f"The workbook was not opened: {why}. Save the list again as .xlsx or CSV and send that.",
        code="unsafe_workbook",
    )


def _too_large(what: str) -> TooLarge:
    return TooLarge(
        f"The workbook was not opened: {what}. Save only the column of part numbers, as .xlsx or CSV.",
        code="workbook_too_large",
    )
