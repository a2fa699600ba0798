"""/console/settings/sessions: who is signed in, and ending a session."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.db import sessions
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Administrator

router = APIRouter(prefix="/settings/sessions")


@router.get("")
def show_sessions(request: Request, hub: TheHub, _visitor: Administrator) -> HTMLResponse:
    """Every session that can still be used."""
    return page(request, "pages/sessions.html", rows=hub.database.run(sessions.living, hurry=True))


@router.post("/{session_id}/end", response_model=None)
def end_session(session_id: str, hub: TheHub, visitor: Administrator) -> Response:
    """End a session, at once and everywhere."""
    hub.database.run(lambda work: sessions.end_by_id(work, session_id, actor=visitor.owner))
    return go("/console/settings/sessions", said="session-ended")
