"""/api/lists: saved lists, which have a name and are read again from a file or an address on a schedule."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response, UploadFile
from pydantic import BaseModel, Field

from boeing_data_hub.batches import saved_lists
from boeing_data_hub.batches.lists.mapping import MOST_ROWS, ColumnMapping, Delimiter, Encoding
from boeing_data_hub.batches.lists.schedule import PATTERN
from boeing_data_hub.batches.refreshing import Refreshed
from boeing_data_hub.batches.saved_lists import AfterRefresh, ListForm, SavedList, Which
from boeing_data_hub.batches.sftp import HOST_KEY
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.values.clean_text import line
from boeing_data_hub.web.access import Reader, Searcher, TheHub
from boeing_data_hub.web.api.bulk import BulkOperationResponse, told
from boeing_data_hub.web.api.lists import Mapping
from boeing_data_hub.web.bodies import WHOLE, Body, Flag, RunName
from boeing_data_hub.web.limits import STORABLE
from boeing_data_hub.web.problems import may

router = APIRouter(prefix="/api/lists", tags=["lists"])

_Column = Annotated[str, Field(max_length=80, pattern=STORABLE)]


class MappingBody(Body):
    """How a list's source is read. What is left out is found by the hub."""

    sheet: _Column = ""
    column: _Column = ""
    quantity: _Column = ""
    reference: _Column = ""
    header_row: Annotated[int, Field(strict=True, ge=0, le=MOST_ROWS), WHOLE] | None = None
    first_row: Annotated[int, Field(strict=True, ge=1, le=MOST_ROWS), WHOLE] | None = None
    delimiter: Delimiter = ""
    encoding: Encoding = ""
    include_hidden: Flag = False
    accept_flagged: Flag = False


class ListBody(Body):
    """A saved list."""

    name: RunName
    address: str = Field(
        default="",
        max_length=2048,
        pattern=STORABLE,
        description="An https:// or sftp://user@ address on a host in HUB_LIST_HOSTS. Empty: a file is uploaded. "
        "No secrets: it is shown.",
    )
    host_key: str = Field(
        default="", pattern=HOST_KEY, description="Fingerprint of the SFTP server's host key, `SHA256:...`."
    )
    schedule: str = Field(
        default="", pattern=PATTERN, description="`daily HH:MM` (UTC) or `every N h`; empty: by hand. Needs an address."
    )
    after_refresh: AfterRefresh = Field(
        default="nothing", description="What is searched after a refresh: nothing, new part numbers, or all."
    )
    mapping: MappingBody = MappingBody()

    def read(self) -> ListForm:
        """The same as a value of ours."""
        return ListForm(
            name=line(self.name),
            mapping=ColumnMapping(**self.mapping.model_dump()),
            address=self.address.strip(),
            host_key=self.host_key,
            schedule=self.schedule,
            after_refresh=self.after_refresh,
        )


class SavedListResponse(BaseModel):
    """A saved list, and its last refresh."""

    id: UUID
    name: str
    author: str
    created_at: datetime
    mapping: Mapping
    source: Literal["file", "url"]
    address: str
    host_key: str
    schedule: str
    after_refresh: AfterRefresh
    version: int = Field(description="How often its lines have changed; 0: never read.")
    columns: list[str] = Field(description="Headings of the other columns.")
    line_count: int = Field(description="Part numbers now.")
    added_count: int = Field(description="Part numbers that the last change added.")
    removed_count: int = Field(description="Part numbers that the last change removed.")
    skipped_count: int = Field(description="Flagged and invalid lines that the last refresh skipped.")
    refreshed_at: datetime | None = Field(description="The last refresh that succeeded.")
    last_batch: UUID | None = Field(description="The last search of it.")
    due_at: datetime | None = Field(description="When it is read next; null: by hand.")
    attempts: int = Field(description="Refreshes that failed since one succeeded.")
    error_code: str | None
    error: str | None = Field(description="Why the last refresh failed; null if it did not.")
    failing_since: datetime | None

    @classmethod
    def of(cls, known: SavedList) -> Self:
        """The same in the API's form."""
        return cls.model_validate(asdict(known))


class SavedListsResponse(BaseModel):
    """All saved lists, by name."""

    lists: list[SavedListResponse]


class RefreshedResponse(BaseModel):
    """A refresh from an uploaded file."""

    list: SavedListResponse
    changed: bool = Field(description="False: the file has the same lines as before.")
    batch_id: UUID | None = Field(description="The search that it started; null: none.")


class SavedLine(BaseModel, from_attributes=True):
    """A part number of a list."""

    part_number: str
    position: int
    cells: list[str] = Field(description="In the other columns.")
    is_added: bool
    is_removed: bool


class SavedLinesResponse(BaseModel):
    """One page of a list's part numbers."""

    columns: list[str]
    lines: list[SavedLine]
    next_after: int | None


class SearchListBody(Body):
    """A search of a saved list."""

    only_new: Flag = Field(default=False, description="Only the part numbers that the last change added.")
    urgent: Flag = Field(default=False, description="Take the next Boeing calls, before other searches.")


@router.get("")
def list_saved_lists(hub: TheHub, _principal: Reader) -> SavedListsResponse:
    """All saved lists, by name."""
    found = hub.database.run(saved_lists.everyone)
    return SavedListsResponse(lists=[SavedListResponse.of(one) for one in found])


@router.post("", status_code=201, responses=may(409))
def create_saved_list(body: ListBody, hub: TheHub, principal: Searcher) -> SavedListResponse:
    """Save a list. One with an address is read within a minute; for another one, upload its file."""
    return SavedListResponse.of(hub.saved_lists.create(body.read(), actor=principal.owner))


@router.get("/{list_id}")
def get_saved_list(list_id: UUID, hub: TheHub, _principal: Reader) -> SavedListResponse:
    """A saved list."""
    return SavedListResponse.of(hub.database.run(lambda work: saved_lists.get(work, list_id)))


@router.put("/{list_id}", responses=may(409))
def change_saved_list(list_id: UUID, body: ListBody, hub: TheHub, principal: Searcher) -> SavedListResponse:
    """Replace a list's name, mapping, address, schedule and what is searched. Its lines stay until the next refresh."""
    return SavedListResponse.of(hub.saved_lists.change(list_id, body.read(), actor=principal.owner))


@router.delete("/{list_id}", status_code=204)
def delete_saved_list(list_id: UUID, hub: TheHub, principal: Searcher) -> None:
    """Delete a list with its lines. Its runs stay."""
    hub.database.run(lambda work: saved_lists.remove(work, list_id, actor=principal.owner), patience=5)


@router.post("/upload/{list_id}")
def upload_saved_list(list_id: UUID, file: UploadFile, hub: TheHub, _principal: Searcher) -> RefreshedResponse:
    """Refresh a list from a file, read by the list's mapping. Flagged and invalid lines are skipped and counted."""
    done = hub.saved_lists.take_file(list_id, file.file.read(), file.filename or "")
    return _told(hub.database.run(lambda work: saved_lists.get(work, list_id)), done)


def _told(known: SavedList, done: Refreshed) -> RefreshedResponse:
    return RefreshedResponse(
        list=SavedListResponse.of(known),
        changed=done.changes is not None,
        batch_id=done.batch.id if done.batch else None,
    )


@router.post("/{list_id}/refresh", status_code=202)
def refresh_saved_list(list_id: UUID, hub: TheHub, _principal: Searcher) -> SavedListResponse:
    """Read a list's address soon. `refreshed_at` or `failing_since` changes when it is done."""

    def step(work: Work) -> SavedList:
        saved_lists.make_due(work, list_id)
        return saved_lists.get(work, list_id)

    return SavedListResponse.of(hub.database.run(step, patience=5))


@router.post("/{list_id}/search", status_code=202)
def search_saved_list(
    list_id: UUID, body: SearchListBody, hub: TheHub, principal: Searcher, response: Response
) -> BulkOperationResponse:
    """Search a list now: all its part numbers, or those that its last change added."""
    accepted = hub.saved_lists.search(
        list_id, only_new=body.only_new, key=None, owner=principal.owner, urgent=body.urgent
    )
    response.headers["Location"] = f"/api/batches/{accepted.batch.id}"
    return told(accepted)


@router.get("/{list_id}/lines")
def list_saved_lines(
    list_id: UUID,
    hub: TheHub,
    _principal: Reader,
    which: Annotated[Which, Query(description="All, or what the last change added or removed.")] = "current",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="Continue after this position.")] = 0,
) -> SavedLinesResponse:
    """The part numbers of a list, with the file's other columns."""

    def step(work: Work) -> SavedLinesResponse:
        known = saved_lists.get(work, list_id)
        found = saved_lists.lines(work, list_id, which, limit=limit, after=after)
        return SavedLinesResponse(
            columns=known.columns,
            lines=[SavedLine.model_validate(one) for one in found],
            next_after=found[-1].position if len(found) == limit else None,
        )

    return hub.database.run(step)
