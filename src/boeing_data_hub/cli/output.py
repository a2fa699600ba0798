"""What the CLI prints: data on stdout, notes and progress on stderr, one exit code per kind of ending."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any, NoReturn

from rich.console import Console
from rich.table import Table
from typer import Exit

from boeing_data_hub.errors import HubError, Refused, StopTheLine


class ExitCode(IntEnum):
    """How a command ended."""

    DONE = 0
    ERROR = 1
    USAGE = 2
    SOME_FAILED = 3
    CREDENTIALS = 4
    NOT_FOUND = 5
    CONFLICT = 6
    UNREACHABLE = 8
    INTERRUPTED = 130


out = Console()
err = Console(stderr=True)


def as_json(value: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, default=str, ensure_ascii=False) + "\n")


def note(text: str) -> None:
    """A remark for people, on stderr."""
    err.print(text, highlight=False, markup=False)


def say(text: str = "") -> None:
    """A line of result, on stdout."""
    out.print(text, highlight=False, markup=False, soft_wrap=True)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table on a terminal, tab-separated lines elsewhere."""
    if not out.is_terminal:
        for row in rows:
            say("\t".join("" if cell is None else str(cell) for cell in row))
        return
    shown = Table(*columns, title=title, title_justify="left")
    for row in rows:
        shown.add_row(*("" if cell is None else str(cell) for cell in row))
    out.print(shown)


def fail(error: HubError, *, json_wanted: bool = False) -> NoReturn:
    """Tell an error and end with its exit code."""
    code = ExitCode.ERROR
    if isinstance(error, Refused):
        code = ExitCode(error.exit_code)
    elif isinstance(error, StopTheLine):
        code = ExitCode.CREDENTIALS
    details: Mapping[str, Any] = error.details if isinstance(error, Refused) else {}
    if json_wanted:
        as_json({"error": {"code": error.code, "message": error.message, **details}})
    else:
        note(error.message)
        for rejected in details.get("rejected", [])[:20]:
            note(f"  line {rejected['line']}: {rejected['reason']}")
    raise Exit(code)
