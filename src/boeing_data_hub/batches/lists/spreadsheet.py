"""Reads the part numbers of an uploaded file in a child process, so that a malicious file cannot harm the server.

The server itself only reads the first bytes and passes the content on.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import asdict
from typing import Any, Final

import msgspec

from boeing_data_hub.batches.lists.decoding import kind_of
from boeing_data_hub.batches.lists.gathering import PartList
from boeing_data_hub.batches.lists.mapping import ColumnMapping
from boeing_data_hub.batches.lists.reading import shown
from boeing_data_hub.batches.lists.table import ListTable
from boeing_data_hub.errors import BadInput, TooLarge, Unavailable

MAX_BYTES: Final = 20 * 1024 * 1024

_WALL_SECONDS: Final = 20.0
_AT_ONCE: Final = 2
_ANSWER_BYTES: Final = 4_000_000
_ANSWER_BYTES_PER_PART: Final = 128
_ANSWER_BYTES_OF_OTHERS: Final = 64_000_000  # `MOST_CHARACTERS` of another script, escaped, and the signs between cells

_places = threading.BoundedSemaphore(_AT_ONCE)


def read_upload(content: bytes, filename: str, *, max_parts: int, choice: ColumnMapping | None = None) -> PartList:
    """The part numbers in an XLSX, CSV or text file. The content determines the type, not the name.

    Args:
        content: the whole file, at most `MAX_BYTES`.
        filename: as declared by the sender; used only in error details, never as a path.
        max_parts: different part numbers allowed.
        choice: the person's choices.

    Raises:
        BadInput: not such a file, protected, with macros, damaged, unsafe, empty, or with too many part numbers.
        TooLarge: too many bytes, rows or columns, or too slow to read.
        Unavailable: too many files are being read.
    """
    return read_upload_table(content, filename, max_parts=max_parts, choice=choice, with_others=False).parts


def read_upload_table(
    content: bytes,
    filename: str,
    *,
    max_parts: int,
    choice: ColumnMapping | None = None,
    with_others: bool = True,
    is_text: bool = False,
) -> ListTable:
    """As `read_upload`, with the file's other columns.

    Args:
        content: the whole file.
        filename: as declared by the sender.
        max_parts: different part numbers allowed.
        choice: the person's mapping.
        with_others: also return the other columns.
        is_text: True for pasted text, which is never taken for a workbook.
    """
    try:
        kind = "text" if is_text else None
        return _read(content, max_parts, choice or ColumnMapping(), kind, with_others=with_others)
    except (BadInput, TooLarge) as refused:
        refused.details.setdefault("filename", shown(filename))
        raise


def _read(content: bytes, max_parts: int, choice: ColumnMapping, kind: str | None, *, with_others: bool) -> ListTable:
    if len(content) > MAX_BYTES:
        raise TooLarge(
            f"The file has {len(content) / 1_048_576:.1f} MB; at most {MAX_BYTES // 1_048_576} MB are accepted. "
            "Send only the part numbers.",
            code="file_too_large",
        )
    kind = kind or kind_of(content)
    if not _places.acquire(timeout=_WALL_SECONDS):
        raise Unavailable("Other files are being read. Try again in a moment.", code="busy", retry_after=5)
    try:
        return _table(*_ask_child(content, kind, max_parts, choice, with_others=with_others))
    finally:
        _places.release()


def _ask_child(
    content: bytes, kind: str, max_parts: int, choice: ColumnMapping, *, with_others: bool
) -> tuple[bytes, int]:
    """The child's answer and exit status. It reads all input before it writes, so the pipes cannot deadlock."""
    chosen = json.dumps(asdict(choice))
    command = [
        sys.executable,
        "-I",
        "-m",
        "boeing_data_hub.batches.lists.spreadsheet_child",
        kind,
        str(max_parts),
        chosen,
        "others" if with_others else "none",
    ]
    most = _ANSWER_BYTES + _ANSWER_BYTES_PER_PART * max_parts + (_ANSWER_BYTES_OF_OTHERS if with_others else 0)
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment(), cwd="/"
    ) as child:
        timer = threading.Timer(_WALL_SECONDS, child.kill)
        timer.start()
        try:
            stdin, stdout = child.stdin, child.stdout
            if stdin is None or stdout is None:  # cannot happen: both pipes were requested
                return b"", 1
            with contextlib.suppress(BrokenPipeError):  # it ended early; the exit status shows why
                stdin.write(content)
            with contextlib.suppress(BrokenPipeError):
                stdin.close()
            answer = stdout.read(most + 1)
            if len(answer) > most:
                child.kill()
            return answer, child.wait()
        finally:
            timer.cancel()
            child.kill()


def _environment() -> dict[str, str]:
    """Only what the child needs to start, because the server's environment contains its secrets."""
    return {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}


def _table(answer: bytes, status: int) -> ListTable:
    if status in {-signal.SIGXCPU, -signal.SIGKILL}:
        raise TooLarge(
            "The file takes too long to read. Save only the column of part numbers, as .xlsx or CSV.",
            code="file_too_complex",
        )
    reply: dict[str, Any] = json.loads(answer) if status == 0 else {}
    if status < 0 or reply.get("failed") == "memory":
        raise TooLarge(
            "The file takes too much memory to read. Save only the column of part numbers, as .xlsx or CSV.",
            code="file_too_complex",
        )
    if "failed" in reply:
        raise BadInput(
            "The file cannot be read. Open it in a spreadsheet program and save it again, or save it as CSV.",
            code="damaged_file",
        )
    if refused := reply.get("refused"):
        kind = TooLarge if refused["status"] == TooLarge.status else BadInput
        raise kind(refused["message"], code=refused["code"], details=refused["details"])
    if "table" not in reply:
        raise Unavailable("The file reader could not be started. Paste the part numbers instead.", code="reader_failed")
    return msgspec.convert(reply["table"], ListTable)
