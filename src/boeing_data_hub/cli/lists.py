"""Part lists for commands: the hub reads them, the command shows what was read and asks for confirmation."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from boeing_data_hub.cli import output
from boeing_data_hub.cli.client import Api, Document
from boeing_data_hub.cli.output import ExitCode
from boeing_data_hub.errors import BadInput

Sheet = Annotated[str, typer.Option("--sheet", help="The sheet of a workbook: its name, or its position from 1.")]
Column = Annotated[
    str, typer.Option("--column", help="The column with the part numbers: its letter, number or heading.")
]
Quantity = Annotated[str, typer.Option("--quantity", help="The column with the quantities.")]
Reference = Annotated[str, typer.Option("--reference", help="The column with your own references.")]
HeaderRow = Annotated[int | None, typer.Option("--header-row", min=0, help="The line of the headings; 0: none.")]
FirstRow = Annotated[int | None, typer.Option("--first-row", min=1, help="The line of the first part.")]
Delimiter = Annotated[
    Literal["comma", "semicolon", "tab", "pipe"] | None, typer.Option("--delimiter", help="Of a text file.")
]
Encoding = Annotated[
    Literal["utf-8", "utf-16-le", "utf-16-be", "windows-1252"] | None,
    typer.Option("--encoding", help="Of a text file."),
]
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
    quantity: str = ""
    reference: str = ""
    header_row: int | None = None
    first_row: int | None = None
    delimiter: str = ""
    encoding: str = ""

    def form(self) -> Document:
        """The form fields of the mapping."""
        rows = {"header_row": self.header_row, "first_row": self.first_row}
        return {
            "sheet": self.sheet,
            "column": self.column,
            "include_hidden": str(self.include_hidden).lower(),
            "accept_flagged": str(self.accept_flagged).lower(),
            "quantity": self.quantity,
            "reference": self.reference,
            "delimiter": self.delimiter,
            "encoding": self.encoding,
            **{name: str(row) for name, row in rows.items() if row is not None},
        }

    @property
    def can_ask(self) -> bool:
        """True at a terminal, unless --yes was given."""
        return not self.yes and not self.as_json and sys.stdin.isatty() and sys.stderr.isatty()


@dataclass(frozen=True, slots=True)
class ListFile:
    """A file, and the options it was read with, with what a person chose."""

    name: str
    content: bytes
    options: ListOptions


@dataclass(frozen=True, slots=True)
class Listed:
    """The body of a request for these parts; for a file, also the list as it was read, and the file."""

    body: Document
    read: Document | None = None
    file: ListFile | None = None


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
    source = source_of(what)
    if source is None:
        return Listed({"part_numbers": what} | ({"accept_flagged": True} if options.accept_flagged else {}))
    name, content = source
    read, options = _read(api, name, content, options)
    _print(read)
    _decide(name, read, options, verb)
    body: Document = {"part_numbers": read["part_numbers"]}
    if name != _STDIN:
        body["name"] = name[:_LONGEST_NAME]
    if options.accept_flagged:
        body["accept_flagged"] = True
    return Listed(body, read["read"], ListFile(name, content, options))


def search_file(api: Api, file: ListFile, asked: Document) -> Document:
    """Search for the parts of a file, as it was read and confirmed; its other columns are kept with the run.

    Args:
        api: the hub.
        file: the file.
        asked: how to search, and the run's name.
    """
    named: Document = {} if file.name == _STDIN else {"name": file.name[:_LONGEST_NAME]}
    fields = {key: str(value).lower() if isinstance(value, bool) else value for key, value in (named | asked).items()}
    return api.call(
        "POST",
        "/api/lists/search",
        files={"file": (file.name, file.content)},
        data={**file.options.form(), "skip_rejected": "true", **fields},
    )


def source_of(what: list[str]) -> tuple[str, bytes] | None:
    """The name and content of the file that a command was given; None for part numbers.

    Raises:
        BadInput: there is no such file, or it cannot be read.
    """
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


def _read(api: Api, name: str, content: bytes, options: ListOptions) -> tuple[Document, ListOptions]:
    """The list as the hub read it. At a terminal, the sheet or column is asked for if it is not clear."""
    while True:
        try:
            return api.call("POST", "/api/uploads", files={"file": (name, content)}, data=options.form()), options
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
                f"{count_of(refused, 'line')} of {name} flagged or invalid. Nothing was started. Correct the list, or "
                f"use --skip-rejected to skip them{also}.",
                code="bad_part_numbers",
                details={"rejected": lines, "read": read["read"]},
            )
        for one in lines[:_SHOWN]:
            output.note(f"  line {one['line']}: {one['text']}: {one['reason']}")
        good = count_of(read["total"], "part number")
        _confirm(f"Skip {count_of(refused, 'line')} and continue with {good}?")
        return
    if not read["part_numbers"]:
        raise BadInput(f"{name} contains no part number. Nothing was started.", code="empty_list")
    if verb is not None and options.can_ask:
        _confirm(f"{verb} {count_of(read['total'], 'part number')}?")


def count_of(count: int, noun: str) -> str:
    """A count with its noun: `1 line`, `2,000 lines`."""
    return f"{count:,} {noun}{'s' if count != 1 else ''}"


def _confirm(question: str) -> None:
    if not typer.confirm(question, err=True):
        output.note("Nothing was started.")
        raise typer.Exit(ExitCode.ERROR)
