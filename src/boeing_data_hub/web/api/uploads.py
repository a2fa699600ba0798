"""POST /api/uploads: a CSV or XLSX file becomes a clean list of part numbers. Nothing is started."""

from __future__ import annotations

from typing import Self

from fastapi import APIRouter, UploadFile
from pydantic import BaseModel, Field

from boeing_data_hub.batches.lists.part_list import PartList
from boeing_data_hub.batches.lists.reading import settled
from boeing_data_hub.batches.lists.spreadsheet import read_upload
from boeing_data_hub.web.access import Searcher, TheHub
from boeing_data_hub.web.api.bulk import RepeatedPart
from boeing_data_hub.web.list_forms import MappingForm

router = APIRouter(prefix="/api/uploads", tags=["uploads"])

PATHS = ("/api/uploads", "/api/lists/preview", "/api/lists/search", "/api/lists/upload/")
"""Where files arrive, whose bodies may be larger."""

_SHOWN = 1000


class ColumnFound(BaseModel, from_attributes=True):
    """A column with content that was not read."""

    letter: str
    heading: str
    first: list[str]
    note: str


class SheetFound(BaseModel, from_attributes=True):
    """A sheet of the workbook."""

    name: str
    rows: int
    hidden: bool
    read: bool


class ListRemark(BaseModel, from_attributes=True):
    """Something to know of the list."""

    code: str
    text: str
    count: int


class ReadFrom(BaseModel, from_attributes=True):
    """Where the part numbers were found."""

    sheet: str | None
    column: str | None
    heading: str | None
    heading_line: int | None
    first: list[str] = Field(description="The first ten part numbers.")
    remarks: list[ListRemark]
    columns: list[ColumnFound]
    sheets: list[SheetFound]
    question: str | None
    asks: str | None
    quantity: str | None = Field(default=None, description="The column of quantities, if there is one.")
    reference: str | None = Field(default=None, description="The column of your own references, if there is one.")
    delimiter: str | None = Field(default=None, description="Of a text table: comma, semicolon, tab or pipe.")
    encoding: str | None = Field(default=None, description="Of a text file.")
    said: list[str] = Field(description="The same in sentences.")


class RejectedLine(BaseModel, from_attributes=True):
    """A line that was not accepted."""

    line: int
    text: str
    code: str
    reason: str
    part_number: str | None = Field(description="What `accept_flagged` would accept; null: nothing.")


class UploadResponse(BaseModel):
    """The part numbers of a file, and what was left unread and why."""

    filename: str | None
    part_numbers: list[str]
    total: int
    duplicate_count: int
    duplicates: list[RepeatedPart] = Field(description="The first 1,000.")
    rejected_count: int
    aside_count: int = Field(description="How many of those rejected are titles, sums or repeated headings.")
    flagged_count: int
    rejected: list[RejectedLine] = Field(description="The first 1,000.")
    read: ReadFrom

    @classmethod
    def of(cls, found: PartList, *, filename: str | None) -> Self:
        """What was read of a file."""
        return cls(
            filename=filename,
            part_numbers=found.part_numbers,
            total=len(found.part_numbers),
            duplicate_count=found.duplicate_count,
            duplicates=[RepeatedPart.model_validate(one) for one in found.duplicates[:_SHOWN]],
            rejected_count=found.rejected_count,
            aside_count=found.aside_count,
            flagged_count=len(found.flagged),
            rejected=[RejectedLine.model_validate(one) for one in found.rejected[:_SHOWN]],
            read=ReadFrom.model_validate(found.reading.document()),
        )


@router.post("")
def read_upload_list(
    file: UploadFile,
    hub: TheHub,
    _principal: Searcher,
    choice: MappingForm,
) -> UploadResponse:
    """Read the part numbers of a spreadsheet: where they were found, and what was left unread and why.

    If the sheet or the column is not clear, the response is 422 `needs_choice`, with the choices.
    """
    content = file.file.read()
    found = read_upload(content, file.filename or "", max_parts=hub.settings.max_bulk_search_size, choice=choice)
    settled(found.reading)
    return UploadResponse.of(found, filename=file.filename)
