"""What the CLI prints: data on stdout, notes and progress on stderr, one exit code per kind of ending."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any, NoReturn

from rich.console import Console
from rich.table import Table
from rich.text import Text
from typer import Exit

from boeing_data_hub.errors import HubError, Refused, StopTheLine

_LINES_TOLD = 20  # of those rejected; --json has what the hub told


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


out = Console(emoji=False)
err = Console(stderr=True, emoji=False)


def as_json(value: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, default=str, ensure_ascii=False) + "\n")


def note(text: str) -> None:
    """A remark for people, on stderr. Lines are not folded: a command named in one can be copied."""
    err.print(text, highlight=False, markup=False, soft_wrap=True)


def say(text: str = "") -> None:
    """A line of result, on stdout, as it is: a console would turn its tabs into spaces."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()  # `bdh up` stays; what it said must not wait in a buffer


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table on a terminal, tab-separated lines elsewhere."""
    if not out.is_terminal:
        for row in rows:
            say("\t".join("" if cell is None else str(cell) for cell in row))
        return
    shown = Table(*columns, title=title, title_justify="left")
    for row in rows:
        shown.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
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
        rejected = details.get("rejected", [])
        for one in rejected[:_LINES_TOLD]:
            note(f"  line {one['line']}: {one['reason']}")
        if len(rejected) > _LINES_TOLD:
            note(f"  and {len(rejected) - _LINES_TOLD:,} more")
        for one in details.get("changed", [])[:_LINES_TOLD]:
            note(f"  {one['part_number']}: {one['planned'] or 'not in the plan'} → {one['now']}")
            for change in one["changes"][:_LINES_TOLD]:
                note(f"      {change['field']}: {change['old']} → {change['new']}")
    raise Exit(code)
