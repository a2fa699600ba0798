"""Part lists for commands: the hub reads them, the command shows what was read and asks for confirmation."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import typer

from boeing_data_hub.cli import output
from boeing_data_hub.cli.client import Api, Document
from boeing_data_hub.cli.output import ExitCode
from boeing_data_hub.errors import BadInput

Sheet = Annotated[str, typer.Option("--sheet", help="The sheet of a workbook: its name, or its position from 1.")]
Column = Annotated[str, typer.Option("--column", help="The column with the part numbers: its letter or heading.")]
Hidden = Annotated[bool, typer.Option("--include-hidden", help="Also read hidden, filtered and struck-out rows.")]
Accept = Annotated[bool, typer.Option("--accept-flagged", help="Accept part numbers that were flagged as doubtful.")]
Skip = Annotated[bool, typer.Option("--skip-rejected", help="Continue without flagged and invalid lines.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]

_FILE_ENDINGS: Final = frozenset({".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods", ".txt"})
_SHOWN: Final = 10
_STDIN: Final = "stdin"
_LONGEST_NAME: Final = 200  # the API's limit


@dataclass(frozen=True, slots=True)
class ListOptions:
    """The options for reading a list, and whether a person can be asked."""

    sheet: str = ""
    column: str = ""
    include_hidden: bool = False
    accept_flagged: bool = False
    skip_rejected: bool = False
    yes: bool = False
    as_json: bool = False

    @property
    def can_ask(self) -> bool:
        """True at a terminal, unless --yes was given."""
        return not self.yes and not self.as_json and sys.stdin.isatty() and sys.stderr.isatty()


@dataclass(frozen=True, slots=True)
class Listed:
    """The body of a request for these parts, and the list as it was read; None for numbers given as arguments."""

    body: Document
    read: Document | None = None


def listed(api: Api, what: list[str], options: ListOptions, *, verb: str | None) -> Listed:
    """The parts given to a command: a file, `-` for standard input, or part numbers.

    Args:
        api: the hub, which reads files.
        what: the arguments.
        options: the options.
        verb: for the question, such as `Search`; None: nothing is started, so nothing is asked.

    Raises:
        BadInput: there is no such file, the column is not clear, or lines were flagged or rejected.
        typer.Exit: the answer was no.
    """
    source = _source(what)
    if source is None:
        return Listed({"part_numbers": what} | ({"accept_flagged": True} if options.accept_flagged else {}))
    name, content = source
    read = _read(api, name, content, options)
    _print(read)
    _decide(name, read, options, verb)
    body: Document = {"part_numbers": read["part_numbers"]}
    if name != _STDIN:
        body["name"] = name[:_LONGEST_NAME]
    if options.accept_flagged:
        body["accept_flagged"] = True
    return Listed(body, read["read"])


def _source(what: list[str]) -> tuple[str, bytes] | None:
    if what == ["-"]:
        return _STDIN, sys.stdin.buffer.read()
    path = Path(what[0])
    if len(what) > 1 or not path.is_file():
        if len(what) == 1 and (path.suffix.lower() in _FILE_ENDINGS or "/" in what[0]):
            raise BadInput(f"File not found: {what[0]}.", code="no_such_file")
        return None
    try:
        return path.name, path.read_bytes()
    except OSError as error:
        raise BadInput(f"{what[0]} cannot be read: {error.strerror}.", code="unreadable_file") from error


def _read(api: Api, name: str, content: bytes, options: ListOptions) -> Document:
    """The list as the hub read it. At a terminal, the sheet or column is asked for if it is not clear."""
    while True:
        fields = {
            "sheet": options.sheet,
            "column": options.column,
            "include_hidden": str(options.include_hidden).lower(),
            "accept_flagged": str(options.accept_flagged).lower(),
        }
        try:
            return api.call("POST", "/api/uploads", files={"file": (name, content)}, data=fields)
        except BadInput as unclear:
            if unclear.code != "needs_choice" or not options.can_ask:
                raise
            options = _chosen(unclear, options)


def _chosen(unclear: BadInput, options: ListOptions) -> ListOptions:
    asks = str(unclear.details["asks"])
    output.note(str(unclear.details["question"]))
    for line in output.choices(unclear.details):
        output.note(line)
    answer = typer.prompt(f"Which {asks}", err=True)
    return replace(options, sheet=answer) if asks == "sheet" else replace(options, column=answer)


def _print(read: Document) -> None:
    for line in read["read"]["said"]:
        output.note(line)


def _decide(name: str, read: Document, options: ListOptions, verb: str | None) -> None:
    refused = read["rejected_count"] - read["aside_count"]
    if refused and not options.skip_rejected:
        lines = [one for one in read["rejected"] if one["code"] not in output.ASIDE]
        if not (options.can_ask and read["part_numbers"]):
            also = ", or --accept-flagged if all flagged numbers are right" if read["flagged_count"] else ""
            raise BadInput(
                f"{_count(refused, 'line')} of {name} flagged or invalid. Nothing was started. Correct the list, or "
                f"use --skip-rejected to skip them{also}.",
                code="bad_part_numbers",
                details={"rejected": lines, "read": read["read"]},
            )
        for one in lines[:_SHOWN]:
            output.note(f"  line {one['line']}: {one['text']}: {one['reason']}")
        good = _count(read["total"], "part number")
        _confirm(f"Skip {_count(refused, 'line')} and continue with {good}?")
        return
    if not read["part_numbers"]:
        raise BadInput(f"{name} contains no part number. Nothing was started.", code="empty_list")
    if verb is not None and options.can_ask:
        _confirm(f"{verb} {_count(read['total'], 'part number')}?")


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' if count != 1 else ''}"


def _confirm(question: str) -> None:
    if not typer.confirm(question, err=True):
        output.note("Nothing was started.")
        raise typer.Exit(ExitCode.ERROR)
