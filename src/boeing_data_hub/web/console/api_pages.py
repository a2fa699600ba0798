"""/console/settings/api: what the API can do, from its own description."""

from __future__ import annotations

from itertools import groupby

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse

from boeing_data_hub.errors import NotFound
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console import api_reference
from boeing_data_hub.web.console.api_reference import Operation
from boeing_data_hub.web.console.rendering import page
from boeing_data_hub.web.console.visitors import Viewer

router = APIRouter(prefix="/settings/api")


def _operations(request: Request, public_url: str) -> dict[str, Operation]:
    """Every operation, by its id; read once for each process, because the description never changes."""
    state = request.app.state
    if getattr(state, "api_reference", None) is None:
        state.api_reference = api_reference.operations(request.app.openapi(), public_url)
    return state.api_reference


@router.get("")
def show_all(request: Request, hub: TheHub, _visitor: Viewer) -> HTMLResponse:
    """Every operation, by subject."""
    found = sorted(_operations(request, hub.settings.public_url).values(), key=lambda one: one.tag)
    by_tag = {tag: list(group) for tag, group in groupby(found, key=lambda one: one.tag)}
    return page(request, "pages/api.html", by_tag=by_tag, address=hub.settings.public_url)


@router.get("/openapi.json")
def download(request: Request, _visitor: Viewer) -> JSONResponse:
    """The description itself, for programs."""
    return JSONResponse(request.app.openapi(), headers={"Content-Disposition": 'attachment; filename="openapi.json"'})


@router.get("/{name}")
def show(request: Request, name: str, hub: TheHub, _visitor: Viewer) -> HTMLResponse:
    """One operation: what it takes, what it answers, examples."""
    found = _operations(request, hub.settings.public_url).get(name)
    if found is None:
        raise NotFound("The API has no operation of this name.", code="operation_not_found")
    return page(request, "pages/api_operation.html", operation=found)
