"""/console/part/{number}/chart/{kind}.svg: how a part's prices, stock and margin moved, and the rows beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Response

from boeing_data_hub.catalogue import history
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify import part_history
from boeing_data_hub.shopify.part_history import Moment
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console import charts
from boeing_data_hub.web.console.charts import Line, Point
from boeing_data_hub.web.console.part_numbers import number_of
from boeing_data_hub.web.console.visitors import Viewer

router = APIRouter(prefix="/part")

Kind = Literal["price", "margin", "stock"]
_ROWS: Final = 50
_LABELS: Final[dict[Kind, str]] = {"price": "Price", "margin": "Margin", "stock": "Stock at Boeing"}


@dataclass(frozen=True, slots=True)
class Moved:
    """The movements of a part, for its page.

    Attributes:
        charts: the kinds of charts with data, each with its label.
        rows: one page of moments, newest first.
        since: the page of rows that is shown, from 0.
        older: whether there are more rows.
    """

    charts: Sequence[tuple[Kind, str]]
    rows: Sequence[Moment]
    since: int
    older: bool


def moved(moments: Sequence[Moment], *, since: int) -> Moved:
    """One page of rows, and the charts of values that have changed."""
    newest = list(reversed(moments))
    kinds: dict[Kind, bool] = {
        "price": len({(one.list_price, one.net_price, one.our_price) for one in moments}) > 1,
        "margin": len({one.margin for one in moments}) > 1,
        "stock": len({one.stock for one in moments}) > 1,
    }
    begin = since * _ROWS
    return Moved(
        charts=[(kind, _LABELS[kind]) for kind, has_moved in kinds.items() if has_moved],
        rows=newest[begin : begin + _ROWS],
        since=since,
        older=len(newest) > begin + _ROWS,
    )


@router.get("/{number:path}/chart/{kind}.svg")
def chart(
    number: str,
    kind: Kind,
    hub: TheHub,
    _visitor: Viewer,
    theme: Annotated[Literal["auto", "light", "dark"], Query()] = "auto",
    narrow: bool = False,  # noqa: FBT001, FBT002 - a parameter of the address
) -> Response:
    """One chart of the part."""
    part = number_of(number)
    currency = hub.settings.hub_currency

    def step(work: Work) -> tuple[list[Moment], datetime]:
        return part_history.of_part(work, part, currency=currency), history.moment(work)

    moments, until = hub.database.run(step, hurry=True)
    picture = charts.draw(
        _lines(moments, kind),
        until=until,
        value={"price": charts.figure, "margin": charts.share, "stock": charts.whole}[kind],
        theme=theme,
        narrow=narrow,
        from_zero=kind == "stock",
    )
    return charts.answer(picture)


def _lines(moments: Sequence[Moment], kind: Kind) -> list[Line]:
    match kind:
        case "price":
            return [
                Line("Boeing list", [Point(one.at, _float(one.list_price)) for one in moments]),
                Line("Boeing net", [Point(one.at, _float(one.net_price)) for one in moments]),
                Line("Our price", [Point(one.at, _float(one.our_price)) for one in moments]),
            ]
        case "margin":
            return [Line("Margin", [Point(one.at, one.margin) for one in moments])]
        case "stock":
            return [Line("Stock at Boeing", [Point(one.at, _float(one.stock)) for one in moments])]


def _float(value: object) -> float | None:
    return None if value is None else float(str(value))
