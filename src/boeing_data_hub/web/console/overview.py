"""/console: the overview."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from sse_starlette import EventSourceResponse

from boeing_data_hub import plugins
from boeing_data_hub.health import first_steps
from boeing_data_hub.health.results_by_day import by_day
from boeing_data_hub.sync import freshness
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console import charts, visitors
from boeing_data_hub.web.console.charts import Bars
from boeing_data_hub.web.console.live import Board
from boeing_data_hub.web.console.rendering import page
from boeing_data_hub.web.console.visitors import Viewer
from boeing_data_hub.web.live_feed import LiveFeed

router = APIRouter()

_DAYS_SHOWN: Final = 14


@router.get("")
def show(request: Request, hub: TheHub, _visitor: Viewer) -> HTMLResponse:
    """The overview."""
    board: Board = request.app.state.board
    board.redis_answers()
    overview = hub.database.run(board.overview, hurry=True)
    fresh = hub.database.run(lambda work: freshness.look(work, hub.boeing_limit), hurry=True)
    days = hub.database.run(lambda work: by_day(work, days=_DAYS_SHOWN), hurry=True)
    return page(
        request,
        "pages/overview.html",
        overview=overview,
        fresh=fresh,
        days=days,
        steps=hub.database.run(first_steps.look, hurry=True),
        has_sample=plugins.sample_list() is not None,
    )


@router.get("/results.svg")
def chart(
    hub: TheHub,
    _visitor: Viewer,
    theme: Annotated[Literal["auto", "light", "dark"], Query()] = "auto",
    narrow: bool = False,  # noqa: FBT001, FBT002 - a parameter of the address
) -> Response:
    """Parts that were published and that failed on each day, as bars."""
    days = hub.database.run(lambda work: by_day(work, days=_DAYS_SHOWN), hurry=True)
    labels = [f"{one.day:%d %b}" if place % 2 else "" for place, one in enumerate(days)]
    bars = [Bars("Published", [one.published for one in days]), Bars("Failed", [one.failed for one in days])]
    return charts.answer(charts.draw_bars(labels, bars, theme=theme, narrow=narrow))


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
