"""/console/find: parts, runs, plans and quotes by one text."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response

from boeing_data_hub.web import finding
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Viewer
from boeing_data_hub.web.finding import KINDS, LONGEST_TEXT, RUNS_LOOKED_THROUGH, Hit
from boeing_data_hub.web.limits import STORABLE

router = APIRouter(prefix="/find")

_OF_A_KIND: Final = 20


def address(hit: Hit) -> str:
    """The page of what was found."""
    match hit.kind:
        case "part":
            return f"/console/part/{quote(hit.id, safe='')}"
        case "run":
            return f"/console/runs/{hit.id}"
        case "plan":
            return f"/console/plans/{hit.id}"
        case "quote":
            return f"/console/quotes/{hit.number}"


@router.get("", response_model=None)
def show(
    request: Request,
    hub: TheHub,
    _visitor: Viewer,
    q: Annotated[str, Query(max_length=LONGEST_TEXT, pattern=STORABLE)] = "",
) -> Response:
    """What was found; a text that names one thing exactly opens its page."""
    found = hub.database.run(lambda work: finding.find(work, q, limit=_OF_A_KIND), hurry=True)
    if (only := found.only_exact) is not None:
        return go(address(only))
    return page(
        request,
        "pages/find.html",
        find_text=found.text,
        groups=[(kind, [hit for hit in found.hits if hit.kind == kind]) for kind in KINDS],
        more=found.more,
        address=address,
        looked_through=RUNS_LOOKED_THROUGH,
    )
