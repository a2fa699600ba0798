"""/console/lists: saved lists, their sources and schedules, and what changed."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response, UploadFile
from fastapi.responses import HTMLResponse

from boeing_data_hub.batches import saved_lists
from boeing_data_hub.batches.saved_lists import AfterRefresh, ListForm, ListLine, SavedList, Which
from boeing_data_hub.batches.sftp import HOST_KEY
from boeing_data_hub.db import api_keys
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import BadInput, Conflict, HubError, TooLarge
from boeing_data_hub.values.clean_text import line
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Operator, Viewer
from boeing_data_hub.web.limits import STORABLE
from boeing_data_hub.web.list_forms import MappingForm

router = APIRouter(prefix="/lists")

_ON_A_PAGE: Final = 100
_Name = Annotated[str, Form(max_length=200, pattern=STORABLE)]
_Address = Annotated[str, Form(max_length=2048, pattern=STORABLE)]
_HostKey = Annotated[str, Form(max_length=100, pattern=STORABLE)]
_Schedule = Annotated[str, Form(max_length=40)]
_After = Annotated[AfterRefresh, Form()]


@router.get("")
def show(request: Request, hub: TheHub, _visitor: Viewer) -> HTMLResponse:
    """All lists, and the way to save another one."""

    def step(work: Work) -> tuple[list[SavedList], dict[str, str]]:
        return saved_lists.everyone(work), api_keys.names(work)

    found, names = hub.database.run(step, hurry=True)
    return page(request, "pages/lists.html", lists=found, names=names)


@router.get("/new")
def new(request: Request, hub: TheHub, _visitor: Operator) -> HTMLResponse:
    """The form for a new list."""
    return _form(request, hub.settings.hub_list_hosts, None, ListForm(name=""))


def _form(
    request: Request,
    hosts: tuple[str, ...],
    list_id: UUID | None,
    form: ListForm,
    *,
    problem: HubError | None = None,
    source: str = "",
) -> HTMLResponse:
    status = 422 if problem else 200
    return page(
        request,
        "pages/list_form.html",
        http_status=status,
        list_id=list_id,
        form=form,
        problem=problem,
        hosts=hosts,
        source=source,
    )


@router.post("", response_model=None)
def create(
    request: Request,
    hub: TheHub,
    visitor: Operator,
    mapping: MappingForm,
    name: _Name = "",
    address: _Address = "",
    host_key: _HostKey = "",
    schedule: _Schedule = "",
    after_refresh: _After = "nothing",
) -> Response:
    """Save a new list. What is wrong is shown in the form, whose values are kept."""
    form = _read(mapping, name, address, host_key, schedule, after_refresh)
    try:
        _named(form)
        known = hub.saved_lists.create(form, actor=visitor.owner)
    except (BadInput, Conflict) as problem:
        return _form(request, hub.settings.hub_list_hosts, None, form, problem=problem)
    return go(f"/console/lists/{known.id}", said="list-saved")


def _read(
    mapping: MappingForm, name: str, address: str, host_key: str, schedule: str, after_refresh: AfterRefresh
) -> ListForm:
    return ListForm(
        name=line(name),
        mapping=mapping,
        address=address.strip(),
        host_key=host_key.strip(),
        schedule=schedule.strip(),
        after_refresh=after_refresh,
    )


def _named(form: ListForm) -> None:
    if not form.name:
        raise BadInput("Give the list a name. Nothing was saved.", code="no_name")
    if not re.fullmatch(HOST_KEY, form.host_key):
        raise BadInput("Write the host key's fingerprint as SHA256:... Nothing was saved.", code="bad_host_key")


@router.get("/{list_id}")
def show_list(
    list_id: UUID,
    request: Request,
    hub: TheHub,
    _visitor: Viewer,
    which: Annotated[Which, Query()] = "current",
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> HTMLResponse:
    """A list: its source, its last refresh, and its part numbers."""

    def step(work: Work) -> tuple[SavedList, list[ListLine], dict[str, str]]:
        found = saved_lists.lines(work, list_id, which, limit=_ON_A_PAGE, after=after)
        return saved_lists.get(work, list_id), found, api_keys.names(work)

    known, lines, names = hub.database.run(step, hurry=True)
    next_after = lines[-1].position if len(lines) == _ON_A_PAGE else None
    return page(
        request,
        "pages/list.html",
        known=known,
        lines=lines,
        names=names,
        which=which,
        next_after=next_after,
        after=after,
    )


@router.get("/{list_id}/edit")
def edit(list_id: UUID, request: Request, hub: TheHub, _visitor: Operator) -> HTMLResponse:
    """The form of a list."""
    known = hub.database.run(lambda work: saved_lists.get(work, list_id), hurry=True)
    form = ListForm(
        name=known.name,
        mapping=known.mapping,
        address=known.address,
        host_key=known.host_key,
        schedule=known.schedule,
        after_refresh=known.after_refresh,
    )
    return _form(request, hub.settings.hub_list_hosts, list_id, form, source=known.source)


@router.post("/{list_id}/edit", response_model=None)
def change(
    list_id: UUID,
    request: Request,
    hub: TheHub,
    visitor: Operator,
    mapping: MappingForm,
    name: _Name = "",
    address: _Address = "",
    host_key: _HostKey = "",
    schedule: _Schedule = "",
    after_refresh: _After = "nothing",
) -> Response:
    """Save the form of a list."""
    form = _read(mapping, name, address, host_key, schedule, after_refresh)
    try:
        _named(form)
        hub.saved_lists.change(list_id, form, actor=visitor.owner)
    except (BadInput, Conflict) as problem:
        return _form(request, hub.settings.hub_list_hosts, list_id, form, problem=problem)
    return go(f"/console/lists/{list_id}", said="list-saved")


@router.post("/upload/{list_id}", response_model=None)
def upload(list_id: UUID, hub: TheHub, _visitor: Operator, file: UploadFile) -> Response:
    """Refresh a list from a file."""
    try:
        done = hub.saved_lists.take_file(list_id, file.file.read(), file.filename or "")
    except TooLarge as error:
        raise BadInput(error.message, code=error.code) from error
    return go(f"/console/lists/{list_id}", said="list-read" if done.changes else "list-unchanged")


@router.post("/{list_id}/refresh", response_model=None)
def refresh(list_id: UUID, hub: TheHub, _visitor: Operator) -> Response:
    """Read a list's address soon."""
    hub.database.run(lambda work: saved_lists.make_due(work, list_id))
    return go(f"/console/lists/{list_id}", said="list-due")


@router.post("/{list_id}/search", response_model=None)
def search(
    list_id: UUID, hub: TheHub, visitor: Operator, which: Annotated[Literal["all", "new"], Form()] = "all"
) -> Response:
    """Search a list now."""
    accepted = hub.saved_lists.search(list_id, only_new=which == "new", key=None, owner=visitor.owner)
    return go(f"/console/runs/{accepted.batch.id}", said="started")


@router.post("/{list_id}/delete", response_model=None)
def delete(list_id: UUID, hub: TheHub, visitor: Operator) -> Response:
    """Delete a list."""
    hub.database.run(lambda work: saved_lists.remove(work, list_id, actor=visitor.owner))
    return go("/console/lists", said="list-deleted")
