"""`bdh lists preview`: how a file of part numbers is read, before anything is searched."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from boeing_data_hub.cli import lists, output
from boeing_data_hub.cli.access import Json, with_api
from boeing_data_hub.cli.client import Api, Document
from boeing_data_hub.errors import BadInput

_SHOWN: Final = 10


def preview(
    what: Annotated[str, typer.Argument(help="A file (CSV, XLSX, text), or `-` for stdin.")],
    *,
    sheet: lists.Sheet = "",
    column: lists.Column = "",
    quantity: lists.Quantity = "",
    reference: lists.Reference = "",
    header_row: lists.HeaderRow = None,
    first_row: lists.FirstRow = None,
    delimiter: lists.Delimiter = None,
    encoding: lists.Encoding = None,
    include_hidden: lists.Hidden = False,
    accept_flagged: lists.Accept = False,
    as_json: Json = False,
) -> None:
    """Show the first rows of a file and what would be read. Saves and searches nothing.

    Examples: `bdh lists preview parts.xlsx`, `bdh lists preview parts.csv --column "Mfr P/N" --first-row 4`.
    """
    options = lists.ListOptions(
        sheet,
        column,
        include_hidden,
        accept_flagged,
        as_json=as_json,
        quantity=quantity,
        reference=reference,
        header_row=header_row,
        first_row=first_row,
        delimiter=delimiter or "",
        encoding=encoding or "",
    )

    def do(api: Api) -> None:
        source = lists.source_of([what])
        if source is None:
            raise BadInput(f"File not found: {what}.", code="no_such_file")
        found = api.call("POST", "/api/lists/preview", files={"file": source}, data=options.form())
        output.as_json(found) if as_json else _print_preview(found)

    with_api(do, json_wanted=as_json)


def _print_preview(found: Document) -> None:
    rows = [
        [row["line"], ", ".join(row["part_numbers"]), *_filled(row["cells"], len(found["letters"])), row["note"]]
        for row in found["rows"]
    ]
    output.table("First rows", ["Line", "Read as", *found["letters"], "Note"], rows)
    read = found["read"]
    if read["question"]:
        output.note(read["question"])
        for line in output.choices({"asks": read["asks"], "read": read}):
            output.note(line)
    for line in read["said"]:
        output.note(line)
    for what in ("quantity", "reference"):
        if read[what]:
            output.note(f"{what.capitalize()}: column {read[what]}.")
    if read["encoding"]:
        separated = f", separated by {read['delimiter']}" if read["delimiter"] else ""
        output.note(f"Text in {read['encoding']}{separated}.")
    refused = found["rejected_count"] - found["aside_count"]
    output.note(
        f"{lists.count_of(found['total'], 'part number')}, {lists.count_of(found['duplicate_count'], 'duplicate')}, "
        f"{lists.count_of(refused, 'flagged or invalid line')}. Nothing was saved or searched."
    )
    for one in [one for one in found["rejected"] if one["code"] not in output.ASIDE][:_SHOWN]:
        output.note(f"  line {one['line']}: {one['text']}: {one['reason']}")


def _filled(cells: list[str], width: int) -> list[str]:
    return [*cells, *[""] * (width - len(cells))]
