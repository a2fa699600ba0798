"""The CLI's output: data on stdout, notes and progress on stderr, one exit code per kind of result."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NoReturn

from typer import Exit

from boeing_data_hub.errors import HubError, PauseUpstream, Refused

if TYPE_CHECKING:
    from rich.console import Console

ASIDE = frozenset({"above_header", "repeated_heading", "sum_or_page_line", "empty"})
"""Reasons to skip a row that holds no part: no reason to stop."""

_ID_DIGITS: Final = 8
_LINES_TOLD: Final = 20  # rejected lines that are shown; --json has all that the hub returned


class ExitCode(IntEnum):
    """Exit codes."""

    DONE = 0
    ERROR = 1
    USAGE = 2
    SOME_FAILED = 3
    CREDENTIALS = 4
    NOT_FOUND = 5
    CONFLICT = 6
    UNREACHABLE = 8
    INTERRUPTED = 130


@cache
def terminal() -> Console:
    """The console on stderr, for progress bars."""
    from rich.console import Console  # noqa: PLC0415 - takes as long to load as a short command to run

    return Console(stderr=True, emoji=False)


def as_json(value: Any) -> None:
    """Print one JSON document on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, default=str, ensure_ascii=False) + "\n")


def note(text: str) -> None:
    """Print a note on stderr. Lines are not wrapped, so that commands in them can be copied."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def say(text: str = "") -> None:
    """Print a line of the result on stdout, unchanged: a console would turn its tabs into spaces."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()  # `bdh up` keeps running; its lines must not wait in a buffer


@dataclass(frozen=True, slots=True)
class Id:
    """An id in a table: its first digits on a terminal, which every command accepts, and all of it in a pipe."""

    whole: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in a table: to the minute, in UTC, on a terminal, and in ISO 8601 in a pipe; None: never."""

    at: str | datetime | None


def _in_pipe(cell: Any) -> str:
    match cell:
        case Id(whole):
            return whole
        case Moment(at):
            return at.isoformat() if isinstance(at, datetime) else at or ""
        case _:
            return "" if cell is None else str(cell)


def _on_terminal(cell: Any) -> str:
    match cell:
        case Id(whole):
            return whole[:_ID_DIGITS]
        case Moment(at):
            if at is None:
                return ""
            moment = at if isinstance(at, datetime) else datetime.fromisoformat(at)
            return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"
        case _:
            return "" if cell is None else str(cell)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, of: int | None = None) -> None:
    """Print a table on a terminal, tab-separated lines elsewhere.

    Args:
        title: above the table.
        columns: headings; a column of moments gets "(UTC)".
        rows: cells, some of which may be an `Id` or a `Moment`.
        of: how many rows there are in all; a note says so when not all are shown.
    """
    if of is not None and of > len(rows):
        note(f"Showing {len(rows):,} of {of:,}. Show more with --limit.")
    if not sys.stdout.isatty():
        for row in rows:
            say("\t".join(_in_pipe(cell) for cell in row))
        return
    from rich.console import Console  # noqa: PLC0415 - see `terminal`
    from rich.table import Table  # noqa: PLC0415 - same
    from rich.text import Text  # noqa: PLC0415 - same

    shown = Table(title=title, title_justify="left")
    for place, heading in enumerate(columns):
        cells = [row[place] for row in rows]
        is_time = any(isinstance(cell, Moment) for cell in cells)
        whole = is_time or any(isinstance(cell, Id) for cell in cells)
        shown.add_column(f"{heading} (UTC)" if is_time else heading, no_wrap=whole, overflow="fold")
    for row in rows:
        shown.add_row(*(Text(_on_terminal(cell)) for cell in row))
    Console(emoji=False).print(shown)


def choices(details: Mapping[str, Any]) -> list[str]:
    """Print the sheets or columns to choose from."""
    asks, read = details.get("asks"), details.get("read", {})
    if asks == "sheet":
        return [
            f"  {place}. {one['name']}: {one['rows']:,} rows{', hidden' if one['hidden'] else ''}"
            for place, one in enumerate(read.get("sheets", []), 1)
        ]
    if asks == "column":
        return [_column(one) for one in read.get("columns", [])]
    return []


def _column(one: Mapping[str, Any]) -> str:
    heading = f" “{one['heading']}”" if one["heading"] else ""
    note = f" ({one['note']})" if one["note"] else ""
    return f"  {one['letter']}{heading}{note}: {', '.join(one['first'][:5])}"


def fail(error: HubError, *, json_wanted: bool = False) -> NoReturn:
    """Print an error and end with its exit code."""
    code = ExitCode.ERROR
    if isinstance(error, Refused):
        code = ExitCode(error.exit_code)
    elif isinstance(error, PauseUpstream):
        code = ExitCode.CREDENTIALS
    details: Mapping[str, Any] = error.details if isinstance(error, Refused) else {}
    if json_wanted:
        as_json({"error": {"code": error.code, "message": error.message, **details}})
    else:
        note(error.message)
        for line in choices(details):
            note(line)
        rejected = details.get("rejected", [])
        for one in rejected[:_LINES_TOLD]:
            note(f"  line {one['line']}: {one['reason']}")
        if len(rejected) > _LINES_TOLD:
            note(f"  and {len(rejected) - _LINES_TOLD:,} more")
        for one in details.get("changed", [])[:_LINES_TOLD]:
            note(f"  {one['part_number']}: {one['planned'] or 'not planned'} → {one['now']}")
            for change in one["changes"][:_LINES_TOLD]:
                note(f"      {change['field']}: {change['old']} → {change['new']}")
    raise Exit(code)
