"""Guards against malicious workbooks: an XLSX file is an untrusted zip archive, so it is checked before it is opened.

The check reads the bytes, because a zip's declarations may be false: every entry is inflated once, in pieces that are
discarded, and must have exactly its declared size.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final

from boeing_data_hub.errors import BadInput, TooLarge

MAX_ENTRIES: Final = 2_000
MAX_INFLATED: Final = 200_000_000
MAX_RATIO: Final = 100
"""Maximum compression ratio of an entry above `RATIO_COUNTS_ABOVE` bytes; sheets of ordinary lists stay below 20."""
RATIO_COUNTS_ABOVE: Final = 1_000_000
MAX_SHARED_STRINGS: Final = 64_000_000
MAX_STYLES: Final = 16_000_000

_PIECE: Final = 16_384
_OVERLAP: Final = 32
_LOCAL_HEADER: Final = 30
_STYLES: Final = "styles.xml"
_TEXTS: Final = "sharedstrings.xml"
# The UTF-16 form without its last byte is found in either byte order.
_DTD: Final = tuple(
    word.encode(encoding)[:end]
    for word in ("<!DOCTYPE", "<!ENTITY")
    for encoding, end in (("ascii", None), ("utf-16-le", -1))
)
# Folders that the readers never open: pictures, drawings, charts, embedded files, printer settings.
_UNOPENED: Final = (
    "xl/media/", "xl/drawings/", "xl/charts/", "xl/embeddings/", "xl/printersettings/", "xl/diagrams/", "xl/comments",
    "xl/threadedcomments/", "xl/persons/", "xl/pivotcache/", "xl/slicers/", "xl/slicercaches/", "xl/ctrlprops/",
    "xl/externallinks/", "xl/model/", "customxml/", "docprops/",
)  # fmt: skip

_SPELLED: Final = {
    name.lower(): name
    for name in (
        "[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml",
        "xl/styles.xml",
    )
}  # fmt: skip
_NUMBERED: Final = re.compile(r"^(xl/(?:_rels/)?workbook)\d+(?=\.xml)")  # some programs number even a single workbook


def opened(content: bytes) -> bytes:
    """Check the archive of an XLSX file, and return a copy that is safe to open.

    Parts that no reader opens are not counted, and removed if their compression ratio is too high. Names that some
    programs write with backslashes, in capitals or with a number are normalized.

    Raises:
        BadInput: not a workbook, an unsupported kind, protected, with macros, damaged or malicious.
        TooLarge: too many or too large contents.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        entries = archive.infolist()
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, NotImplementedError) as error:
        raise _damaged() from error
    _check_directory(entries)
    _check_kind({_name(entry) for entry in entries})
    wanted = [entry for entry in entries if not _is_bomb(entry)]
    for entry in wanted:
        if not is_opened(_name(entry)):  # an SVG may have a DTD
            continue
        before = b""
        for piece in _inflated(content, entry):
            window = before + piece
            if any(word in window for word in _DTD):
                raise _unsafe("it defines entities of its own")
            before = piece[-_OVERLAP:]
    if len(wanted) == len(entries) and all(_name(entry) == entry.orig_filename for entry in entries):
        return content
    return repacked(content, {})


def repacked(content: bytes, changes: dict[str, bytes]) -> bytes:
    """The archive with normalized names, without unopened parts, and with some parts replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        for entry in old.infolist():
            name = _name(entry)
            if is_opened(name):
                new.writestr(name, changes[name] if name in changes else old.read(entry))
    return out.getvalue()


def is_opened(name: str) -> bool:
    """True if readers open parts of this name. Other parts were not checked."""
    return not name.lower().startswith(_UNOPENED)


def _name(entry: zipfile.ZipInfo) -> str:
    """The normalized name: with slashes, and with the standard spelling of the parts that readers need."""
    name = entry.orig_filename.replace("\\", "/")
    return _SPELLED.get(_NUMBERED.sub(r"\1", name.lower()), name)


def _is_bomb(entry: zipfile.ZipInfo) -> bool:
    """True if an unopened part's compression ratio is too high."""
    return _is_tight(entry) and not is_opened(_name(entry))


def _is_tight(entry: zipfile.ZipInfo) -> bool:
    return entry.file_size > RATIO_COUNTS_ABOVE and entry.file_size > MAX_RATIO * entry.compress_size


def _check_kind(names: set[str]) -> None:
    lowered = {name.lower() for name in names}
    if any(name.endswith("vbaproject.bin") or name.startswith("xl/macrosheets/") for name in lowered):
        raise BadInput(
            "The workbook contains macros, so it was not opened. Save it as .xlsx or CSV and send that.",
            code="macros_refused",
        )
    if "[content_types].xml" in lowered and "xl/workbook.xml" in names:
        return
    if any(name.endswith(".iwa") for name in lowered):
        raise BadInput(
            "This is an Apple Numbers document. Export it as Excel or CSV and send that.", code="not_a_spreadsheet"
        )
    if "word/document.xml" in lowered:
        raise BadInput(
            "This is a zip archive of Word, a text document. Copy its table into a spreadsheet, and save it "
            "as .xlsx or CSV.",
            code="not_a_spreadsheet",
        )
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
        raise _too_large(f"{len(entries):,} parts inside, at most {MAX_ENTRIES:,} can be opened")
    if len({_name(entry).lower() for entry in entries}) < len(entries):
        raise _unsafe("two of its parts have the same name")
    inflated = sum(entry.file_size for entry in entries)
    if inflated > MAX_INFLATED:
        raise _too_large(
            f"{inflated // 1_000_000:,} MB when unpacked, at most {MAX_INFLATED // 1_000_000} can be opened"
        )
    for entry in entries:
        _check_entry(entry, _name(entry))


def _check_entry(entry: zipfile.ZipInfo, name: str) -> None:
    if name.startswith("/") or "\0" in name or ":" in name or ".." in name.split("/"):
        raise _unsafe("one of its parts has a name that points outside the file")
    if entry.flag_bits & 1:
        raise BadInput("The workbook is password protected. Save it without a password.", code="protected_workbook")
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise _unsafe("it is packed in an unusual way")
    if _is_tight(entry) and not _is_bomb(entry):
        raise _unsafe("it is packed far more tightly than any list of part numbers")
    if entry.file_size > MAX_SHARED_STRINGS and name.lower().endswith(_TEXTS):
        raise _too_large("too many different texts in its cells")
    if entry.file_size > MAX_STYLES and name.lower().endswith(_STYLES):
        raise _too_large("too many cell styles")


def _inflated(content: bytes, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The entry's contents in pieces. zipfile would stop at the declared size, while other readers go on."""
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
