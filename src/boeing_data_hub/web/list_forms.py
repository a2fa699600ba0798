"""The form fields that say how a list's file is read, for the API and the console."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Form

from boeing_data_hub.batches.lists.mapping import MOST_ROWS, ColumnMapping, Delimiter, Encoding
from boeing_data_hub.batches.lists.reading import shown

_COLUMN: Final = "a column's letter, number or heading."


def mapping_of(
    sheet: Annotated[str, Form(description="A sheet's name, or its position, counted from 1.", max_length=200)] = "",
    column: Annotated[str, Form(description=f"The part numbers: {_COLUMN}", max_length=200)] = "",
    quantity: Annotated[str, Form(description=f"The quantities: {_COLUMN}", max_length=200)] = "",
    reference: Annotated[str, Form(description=f"Your own references: {_COLUMN}", max_length=200)] = "",
    header_row: Annotated[
        int | None, Form(description="The line of the headings; 0: there are none.", ge=0, le=MOST_ROWS)
    ] = None,
    first_row: Annotated[
        int | None, Form(description="The line of the first part; lines before it are skipped.", ge=1, le=MOST_ROWS)
    ] = None,
    delimiter: Annotated[Delimiter, Form(description="Of a text file. Empty: found.")] = "",
    encoding: Annotated[Encoding, Form(description="Of a text file. Empty: found.")] = "",
    *,
    include_hidden: Annotated[bool, Form(description="Also read hidden, filtered and struck-out rows.")] = False,
    accept_flagged: Annotated[bool, Form(description="Accept part numbers that were flagged as doubtful.")] = False,
) -> ColumnMapping:
    """The column mapping of a form."""
    return ColumnMapping(
        sheet=shown(sheet),
        column=shown(column),
        include_hidden=include_hidden,
        accept_flagged=accept_flagged,
        quantity=shown(quantity),
        reference=shown(reference),
        header_row=header_row,
        first_row=first_row,
        delimiter=delimiter,
        encoding=encoding,
    )


MappingForm = Annotated[ColumnMapping, Depends(mapping_of)]
