"""/api/lists: a file of part numbers is previewed by a column mapping, and searched with its other columns kept."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Form, Header, Request, Response, UploadFile
from pydantic import BaseModel, Field

from boeing_data_hub.batches.lists.mapping import ColumnMapping
from boeing_data_hub.batches.lists.part_list import PartList
from boeing_data_hub.batches.lists.reading import settled
from boeing_data_hub.batches.lists.spreadsheet import read_upload, read_upload_table
from boeing_data_hub.batches.requests import SearchRequest
from boeing_data_hub.values.clean_text import line
from boeing_data_hub.web.access import Searcher, TheHub
from boeing_data_hub.web.api.bulk import (
    REPLAYED,
    BulkOperationResponse,
    RepeatedPart,
    idempotency_key,
    none_refused,
    told,
)
from boeing_data_hub.web.api.uploads import ReadFrom, RejectedLine
from boeing_data_hub.web.bodies import IdempotencyKey
from boeing_data_hub.web.limits import STORABLE
from boeing_data_hub.web.list_forms import MappingForm

router = APIRouter(prefix="/api/lists", tags=["lists"])

_SHOWN = 100


class FirstRow(BaseModel, from_attributes=True):
    """One of the first rows of the file, and what was read of it."""

    line: int
    cells: list[str]
    part_numbers: list[str] = Field(description="What was read as part numbers.")
    note: str = Field(description="Why nothing was read, or that it repeats an earlier line; may be empty.")


class Mapping(BaseModel, from_attributes=True):
    """How a file is read. What is empty or null is found by the hub."""

    sheet: str
    column: str
    quantity: str
    reference: str
    header_row: int | None
    first_row: int | None
    delimiter: str
    encoding: str
    include_hidden: bool
    accept_flagged: bool


class ListPreview(BaseModel):
    """What would be read of a file. Nothing was saved or searched."""

    filename: str | None
    mapping: Mapping = Field(description="As sent. Send it again, changed, for another preview.")
    proposed: Mapping = Field(description="The same, with what the hub found in the places left empty.")
    letters: list[str] = Field(description="Of the columns of `rows`.")
    rows: list[FirstRow] = Field(description="The first 20 rows with content.")
    total: int = Field(description="Different part numbers that would be searched.")
    duplicate_count: int
    duplicates: list[RepeatedPart] = Field(description="The first 100.")
    rejected_count: int
    aside_count: int = Field(description="How many of those rejected are titles, sums or repeated headings.")
    flagged_count: int
    rejected: list[RejectedLine] = Field(description="The first 100.")
    read: ReadFrom = Field(description="Where they were found; `question`: what a person must choose.")

    @classmethod
    def of(cls, found: PartList, mapping: ColumnMapping, *, filename: str | None) -> Self:
        """The preview of what was read."""
        reading = found.reading
        return cls(
            filename=filename,
            mapping=Mapping.model_validate(mapping),
            proposed=Mapping.model_validate(reading.proposed(mapping)),
            letters=list(reading.letters),
            rows=[FirstRow.model_validate(row) for row in reading.rows],
            total=len(found.part_numbers),
            duplicate_count=found.duplicate_count,
            duplicates=[RepeatedPart.model_validate(one) for one in found.duplicates[:_SHOWN]],
            rejected_count=found.rejected_count,
            aside_count=found.aside_count,
            flagged_count=len(found.flagged),
            rejected=[RejectedLine.model_validate(one) for one in found.rejected[:_SHOWN]],
            read=ReadFrom.model_validate(reading.document()),
        )


@router.post("/preview")
def preview_list(file: UploadFile, hub: TheHub, _principal: Searcher, mapping: MappingForm) -> ListPreview:
    """Show the first rows of a file, and what would be read by a column mapping. Saves and searches nothing.

    Leave the mapping empty for the hub's proposal, and send it again with changes.
    """
    content = file.file.read()
    found = read_upload(content, file.filename or "", max_parts=hub.settings.max_bulk_search_size, choice=mapping)
    return ListPreview.of(found, mapping, filename=file.filename)


@router.post("/search", status_code=202, responses=REPLAYED)
def search_list(
    file: UploadFile,
    hub: TheHub,
    principal: Searcher,
    mapping: MappingForm,
    request: Request,
    response: Response,
    key_field: Annotated[IdempotencyKey | None, Form(alias="idempotency_key")] = None,
    name: Annotated[
        str, Form(description="A name for the run. Default: the file's.", max_length=200, pattern=STORABLE)
    ] = "",
    key_header: Annotated[IdempotencyKey | None, Header(alias="Idempotency-Key")] = None,
    *,
    skip_rejected: Annotated[bool, Form(description="Search without flagged and invalid lines.")] = False,
    force_refresh: Annotated[bool, Form(description="Ignore cached answers and ask Boeing again.")] = False,
    urgent: Annotated[bool, Form(description="Take the next Boeing calls, before other searches.")] = False,
) -> BulkOperationResponse:
    """Search for the parts of a file. Its other columns are kept, and returned with the failures of the run.

    If the sheet or the column is not clear, the response is 422 `needs_choice`, with the choices.
    """
    key = idempotency_key(key_header, key_field, request)
    content = file.file.read()
    filename = file.filename or ""
    table = read_upload_table(content, filename, max_parts=hub.settings.max_bulk_search_size, choice=mapping)
    found = table.parts
    settled(found.reading)
    none_refused(found, even_if=skip_rejected)
    accepted = hub.intake.search(
        SearchRequest(
            part_numbers=found.part_numbers,
            owner=principal.owner,
            idempotency_key=key,
            force_refresh=force_refresh,
            urgent=urgent,
            source=line(name) or line(filename)[:200] or None,
            columns=table.columns,
            cells=table.cells,
        )
    )
    response.headers["Location"] = f"/api/batches/{accepted.batch.id}"
    if not accepted.is_new:
        response.status_code = 200
        response.headers["Idempotent-Replayed"] = "true"
    return told(accepted, found)
