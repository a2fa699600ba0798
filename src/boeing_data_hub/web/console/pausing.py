"""/console/settings/pauses: pauses by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.clock import now
from boeing_data_hub.errors import BadInput
from boeing_data_hub.web import pausing
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Administrator, Viewer
from boeing_data_hub.web.limits import STORABLE
from boeing_data_hub.work import manual_pauses
from boeing_data_hub.work.manual_pauses import What

router = APIRouter(prefix="/settings/pauses")

_MOST_HOURS = pausing.LONGEST // timedelta(hours=1)


@router.get("")
def show(request: Request, hub: TheHub, _visitor: Viewer) -> HTMLResponse:
    """What is paused, and the way to pause and resume."""
    found = hub.database.run(manual_pauses.in_force, hurry=True)
    return page(request, "pages/pauses.html", pauses=found, freeze=hub.settings.hub_freeze)


@router.post("/{what}", response_model=None)
def pause(
    what: What,
    hub: TheHub,
    visitor: Administrator,
    hours: Annotated[str, Form(max_length=6)] = "",
    reason: Annotated[str, Form(max_length=200, pattern=STORABLE)] = "",
) -> Response:
    """Pause for so many hours; without a number until someone resumes it."""
    typed = hours.strip()
    if typed and not (typed.isascii() and typed.isdigit() and 0 < int(typed) <= _MOST_HOURS):
        raise BadInput("Enter a number of hours, or leave the field blank. Nothing was paused.", code="bad_hours")
    until = now() + timedelta(hours=int(typed)) if typed else None
    pausing.pause(hub, what, until=until, reason=reason.strip(), author=visitor.name, actor=visitor.owner)
    return go("/console/settings/pauses", said="paused")


@router.post("/{what}/resume", response_model=None)
def resume(what: What, hub: TheHub, visitor: Administrator) -> Response:
    """End a pause by hand."""
    pausing.resume(hub, what, actor=visitor.owner)
    return go("/console/settings/pauses", said="resumed")
