"""Detects an upload's file type by its content, and decodes text. File names and declared types are ignored."""

from __future__ import annotations

import codecs
from typing import Final, Literal

from boeing_data_hub.errors import BadInput

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OTHERS: Final = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"{\\rtf": "a formatted document",
    b"\x1f\x8b": "a compressed file",
    b"7z\xbc\xaf": "a compressed file",
    b"Rar!": "a compressed file",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
}
_MARKUP: Final = (b"<!doctype", b"<html", b"<?xml", b"<table", b"<head", b"<body", b"<style", b"<script", b"<meta")
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS: Final = bytes(code for code in range(32) if code not in b"\t\n\x0b\x0c\r\x1a") + b"\x7f"
_SAMPLE: Final = 65_536
_SOME_CONTROLS: Final = 8
_MOST_CONTROLS: Final = 0.01
_MANY: Final = 0.6
_FEW: Final = 0.05


def kind_of(content: bytes) -> Literal["workbook", "text"]:
    """The file type: an XLSX workbook or text.

    Raises:
        BadInput: it is neither.
    """
    if not content.removeprefix(codecs.BOM_UTF8).strip(b" \t\r\n\0"):
        raise BadInput("The file is empty.", code="empty_file")
    if content.startswith(_OLE):
        raise BadInput(f"{_ole(content)} and send that.", code="old_or_protected_workbook")
    if content.startswith(_ZIP):
        return "workbook"
    for start, what in _OTHERS.items():
        if content.startswith(start):
            raise _no_table(what)
    sample = content[:_SAMPLE]
    encoding = _encoding(sample)
    if encoding is not None:
        sample = sample.decode(encoding, "replace").encode("utf-8", "replace")
    if sample.lstrip(codecs.BOM_UTF8 + b" \t\r\n").lower().startswith(_MARKUP):
        raise _no_table("a web page or XML document, whatever its name")
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if (encoding is None and b"\0" in content) or controls > _SOME_CONTROLS + _MOST_CONTROLS * len(sample):
        raise _no_table("not text")
    return "text"


def _ole(content: bytes) -> str:
    """Classify an OLE file by its directory: an old format, or a protected workbook."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        return "The workbook is protected by a password. Open it, save it without the password as .xlsx or CSV,"
    if "Workbook".encode("utf-16-le") in content or "Book".encode("utf-16-le") in content:
        return "This is an old .xls workbook. Open it, save it as .xlsx or CSV,"
    return "The workbook is password protected or an old .xls. Save it without a password as .xlsx or CSV,"


def decode(content: bytes, encoding: str = "") -> tuple[str, str]:
    """The text of a file, and the name of its encoding.

    Args:
        content: the file.
        encoding: as a person chose it; empty: UTF-8, UTF-16 (with a byte order mark, or recognizable without one), or
            else Windows Latin.
    """
    if found := encoding or _encoding(content[:_SAMPLE]):
        return content.decode(found, "replace").removeprefix("\ufeff"), found
    for attempt in ("utf-8", "windows-1252"):
        try:
            return content.decode(attempt), attempt
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1"), "windows-1252"


def _encoding(sample: bytes) -> str | None:
    """The encoding indicated by the first bytes; None if unclear."""
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return encoding
    pairs = len(sample) // 2
    if pairs:
        even, odd = sample[0 : 2 * pairs : 2].count(0) / pairs, sample[1 : 2 * pairs : 2].count(0) / pairs
        if odd > _MANY and even < _FEW:
            return "utf-16-le"
        if even > _MANY and odd < _FEW:
            return "utf-16-be"
    return None


def _no_table(what: str) -> BadInput:
    return BadInput(
        f"The file is {what}. Send the part numbers as .xlsx, as CSV, or as plain text.", code="not_a_spreadsheet"
    )
