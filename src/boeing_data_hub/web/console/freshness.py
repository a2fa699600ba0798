"""/console/freshness.svg: how much of the catalogue was likely up to date, over the last week."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from boeing_data_hub.sync import freshness
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console import charts
from boeing_data_hub.web.console.charts import Line, Point
from boeing_data_hub.web.console.visitors import Viewer

router = APIRouter()


@router.get("/freshness.svg")
def chart(
    hub: TheHub,
    _visitor: Viewer,
    theme: Annotated[Literal["auto", "light", "dark"], Query()] = "auto",
    narrow: bool = False,  # noqa: FBT001, FBT002 - a parameter of the address
) -> Response:
    """The chart of the overview."""
    found = hub.database.run(lambda work: freshness.look(work, hub.boeing_limit), hurry=True)
    line = Line("Likely up to date", [Point(one.at, one.likely_right) for one in found.week])
    return charts.answer(charts.draw([line], until=found.now, value=charts.share, theme=theme, narrow=narrow))
