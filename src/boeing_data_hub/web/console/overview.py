"""/console: the overview."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sse_starlette import EventSourceResponse

from boeing_data_hub import plugins
from boeing_data_hub.sync import freshness
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console import visitors
from boeing_data_hub.web.console.live import Board
from boeing_data_hub.web.console.rendering import page
from boeing_data_hub.web.console.visitors import Viewer
from boeing_data_hub.web.live_feed import LiveFeed

router = APIRouter()


@router.get("")
def show(request: Request, hub: TheHub, _visitor: Viewer) -> HTMLResponse:
    """The overview."""
    board: Board = request.app.state.board
    board.redis_answers()
    overview = hub.database.run(board.overview, hurry=True)
    fresh = hub.database.run(lambda work: freshness.look(work, hub.boeing_limit), hurry=True)
    has_sample = plugins.sample_list() is not None
    return page(request, "pages/overview.html", overview=overview, fresh=fresh, has_sample=has_sample)


@router.get("/events", response_class=EventSourceResponse)
async def events(request: Request, visitor: Viewer) -> EventSourceResponse:
    """Live events of the overview."""
    feed: LiveFeed = request.app.state.live_feed
    board: Board = request.app.state.board
    feed.require_room(visitor.owner)
    return EventSourceResponse(
        feed.stream(board.topic(None), lambda: visitors.visitor_of(request, quietly=True), caller=visitor.owner),
        ping=15,
    )
