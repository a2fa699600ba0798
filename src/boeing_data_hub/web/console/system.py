"""/console/system: the machinery behind the overview: limits, workers, and who used the calls to Boeing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.boeing import call_use
from boeing_data_hub.boeing.call_use import HourOfCalls
from boeing_data_hub.sync import freshness
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console import charts
from boeing_data_hub.web.console.charts import Bars
from boeing_data_hub.web.console.live import Board
from boeing_data_hub.web.console.rendering import page
from boeing_data_hub.web.console.visitors import Viewer

router = APIRouter()

_HOURS_SHOWN: Final = 24
_LABELLED: Final = 4  # every so many hours


@router.get("/system")
def show(request: Request, hub: TheHub, _visitor: Viewer) -> HTMLResponse:
    """The page."""
    board: Board = request.app.state.board
    board.redis_answers()
    overview = hub.database.run(board.overview, hurry=True)
    fresh = hub.database.run(lambda work: freshness.look(work, hub.boeing_limit), hurry=True)
    hours = hub.database.run(lambda work: call_use.by_hour(work, hours=_HOURS_SHOWN), hurry=True)
    return page(request, "pages/system.html", overview=overview, fresh=fresh, hours=every_hour(hours, until=fresh.now))


@router.get("/calls.svg")
def chart(
    hub: TheHub,
    _visitor: Viewer,
    theme: Annotated[Literal["auto", "light", "dark"], Query()] = "auto",
    narrow: bool = False,  # noqa: FBT001, FBT002 - a parameter of the address
) -> Response:
    """Calls of each hour as bars."""
    found = hub.database.run(lambda work: call_use.by_hour(work, hours=_HOURS_SHOWN), hurry=True)
    until = hub.database.run(lambda work: freshness.look(work, hub.boeing_limit).now, hurry=True)
    hours = every_hour(found, until=until)
    labels = ["" if place % _LABELLED else f"{one.hour:%H:%M}" for place, one in enumerate(hours)]
    bars = [Bars("Searches", [one.people for one in hours]), Bars("Sync", [one.sync for one in hours])]
    return charts.answer(charts.draw_bars(labels, bars, theme=theme, narrow=narrow))


def every_hour(found: list[HourOfCalls], *, until: datetime) -> list[HourOfCalls]:
    """These hours and, with no calls, those between them, up to the present one; empty if there are none. Pure.

    Args:
        found: hours with calls, the oldest first.
        until: now (UTC).
    """
    if not found:
        return []
    by_hour = {one.hour.astimezone(UTC): one for one in found}
    first = min(by_hour)
    last = until.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [first + timedelta(hours=number) for number in range((last - first) // timedelta(hours=1) + 1)]
    return [by_hour.get(hour, HourOfCalls(hour, 0, 0)) for hour in hours]
