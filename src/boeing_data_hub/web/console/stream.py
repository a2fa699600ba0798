"""/console/live: one stream of events for all pages that a browser has open; see `static/live_worker.js`."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sse_starlette import EventSourceResponse

from boeing_data_hub.web.console import visitors
from boeing_data_hub.web.console.live import Board
from boeing_data_hub.web.console.visitors import Viewer
from boeing_data_hub.web.live_feed import LiveFeed

router = APIRouter()

MOST_TOPICS: Final = 50
OVERVIEW: Final = "overview"


@router.get("/live", response_class=EventSourceResponse)
async def live(
    request: Request, visitor: Viewer, topic: Annotated[list[str], Query(min_length=1, max_length=MOST_TOPICS)]
) -> EventSourceResponse:
    """Live events of the overview and of runs, each named by its topic. A run that was deleted has none."""
    feed: LiveFeed = request.app.state.live_feed
    board: Board = request.app.state.board
    topics = {board.topic(batch_id): name for name, batch_id in _subjects(topic).items()}
    feed.require_room(visitor.owner)
    return EventSourceResponse(
        feed.shared_stream(topics, lambda: visitors.visitor_of(request, quietly=True), caller=visitor.owner), ping=15
    )


def _subjects(names: list[str]) -> dict[str, UUID | None]:
    """The batches by name; None for the overview, which is also the default when no name is valid."""
    found: dict[str, UUID | None] = {}
    for name in names:
        if name == OVERVIEW:
            found[OVERVIEW] = None
        else:
            with suppress(ValueError):
                found[str(UUID(name))] = UUID(name)
    return found or {OVERVIEW: None}
