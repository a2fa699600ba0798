"""/console: is all well?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sse_starlette import EventSourceResponse

from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console import visitors
from boeing_data_hub.web.console.live import OVERVIEW, Board, welcome
from boeing_data_hub.web.console.rendering import page
from boeing_data_hub.web.console.visitors import Viewer

router = APIRouter()


@router.get("")
def show(request: Request, hub: TheHub, _visitor: Viewer) -> HTMLResponse:
    """The first page."""
    board: Board = request.app.state.board
    board.redis_answers()
    return page(request, "pages/overview.html", overview=hub.database.run(board.overview, hurry=True))


@router.get("/events", response_class=EventSourceResponse)
async def events(request: Request, _visitor: Viewer) -> EventSourceResponse:
    """The first page's moving part."""
    board: Board = request.app.state.board
    still = welcome(lambda: visitors.visitor_of(request, quietly=True))
    return EventSourceResponse(board.events(OVERVIEW, still), ping=15)
