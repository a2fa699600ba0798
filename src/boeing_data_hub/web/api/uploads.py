"""POST /api/uploads: a CSV or XLSX file becomes a clean list of part numbers. Nothing is started."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, UploadFile

from boeing_data_hub.batches.lists.part_list import PartList
from boeing_data_hub.batches.lists.reading import Choice, settled
from boeing_data_hub.batches.lists.spreadsheet import read_upload
from boeing_data_hub.web.access import Searcher, TheHub

router = APIRouter(prefix="/api/uploads", tags=["uploads"])

_SHOWN = 1000


@router.post("")
def upload(
    file: UploadFile,
    hub: TheHub,
    _principal: Searcher,
    sheet: Annotated[str, Form(description="A sheet's name, or its position, counted from 1.", max_length=200)] = "",
    column: Annotated[str, Form(description="A column's letter or heading.", max_length=200)] = "",
    *,
    include_hidden: Annotated[bool, Form(description="Also read hidden, filtered and struck-out rows.")] = False,
    accept_flagged: Annotated[bool, Form(description="Accept part numbers that were flagged as doubtful.")] = False,
) -> dict[str, Any]:
    """Read the part numbers of a spreadsheet: where they were found, and what was left unread and why.

    If the sheet or the column is not clear, the response is 422 `needs_choice`, with the choices.
    """
    content = file.file.read()
    choice = Choice(sheet, column, include_hidden, accept_flagged)
    found = read_upload(content, file.filename or "", max_parts=hub.settings.max_bulk_search_size, choice=choice)
    settled(found.reading)
    return {"filename": file.filename, **document(found, most=_SHOWN)}


def document(found: PartList, *, most: int) -> dict[str, Any]:
    """A list that was read, as JSON, with at most `most` duplicates and rejections."""
    return {
        "part_numbers": found.part_numbers,
        "total": len(found.part_numbers),
        "duplicate_count": found.duplicate_count,
        "duplicates": [
            {"line": d.line, "part_number": d.part_number, "first_line": d.first_line} for d in found.duplicates[:most]
        ],
        "rejected_count": found.rejected_count,
        "aside_count": found.aside_count,
        "flagged_count": len(found.flagged),
        "rejected": [
            {"line": r.line, "text": r.text, "code": r.code, "reason": r.reason, "part_number": r.part_number}
            for r in found.rejected[:most]
        ],
        "read": found.reading.document(),
    }
