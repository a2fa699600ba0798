"""/console/parts: the staged catalogue, found by part number or by status."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.normalization import screening
from boeing_data_hub.reporting.overview import MOST_COUNTED
from boeing_data_hub.store import staging
from boeing_data_hub.store.work import Work
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console import search as new_search
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Operator, Viewer
from boeing_data_hub.web.limits import STORABLE

router = APIRouter(prefix="/parts")

_ON_A_PAGE = 50
Status = Literal["fetched", "blocked", "needs_review", "published", ""]


@router.get("")
def show(
    request: Request,
    hub: TheHub,
    _visitor: Viewer,
    q: Annotated[str, Query(max_length=100, pattern=STORABLE)] = "",
    status: Status = "",
    after: Annotated[str, Query(max_length=100, pattern=STORABLE)] = "",
) -> HTMLResponse:
    """The list, in the order of part numbers; `after` continues behind a page."""

    def step(work: Work) -> dict[str, Any]:
        wanted: dict[str, Any] = {"status": status or None, "search": q}
        return {
            "found": staging.browse(work, limit=_ON_A_PAGE + 1, after=after or None, **wanted),
            "about": staging.about_how_many(work),
            "matching": staging.count_up_to(work, MOST_COUNTED, **wanted) if q or status else None,
        }

    told = hub.database.run(step, hurry=True)
    found = told.pop("found")
    parts = found[:_ON_A_PAGE]
    return page(
        request,
        "pages/parts.html",
        **told,
        parts=parts,
        q=q,
        status=status,
        first=not after,
        next_after=parts[-1]["sku"] if len(found) > _ON_A_PAGE else None,
        most_counted=MOST_COUNTED,
        most_refreshed=hub.intake.rules.max_search,
        sentences=screening.SENTENCES,
    )


@router.post("/refresh", response_model=None)
def refresh_matching(
    hub: TheHub,
    visitor: Operator,
    q: Annotated[str, Form(max_length=100, pattern=STORABLE)] = "",
    status: Annotated[Status, Form()] = "",
) -> Response:
    """Make a list of all parts that match, and show what searching them again would cost. Nothing is started yet."""
    most = hub.intake.rules.max_search
    found = hub.database.run(lambda work: staging.matching(work, limit=most, status=status or None, search=q))
    if not found:
        return go("/console/parts", said="empty-list")
    said = ", ".join(text for text in (q and f"search {q[:40]!r}", status.replace("_", " ")) if text)
    return new_search.keep(hub, visitor, found, f"Parts of the catalogue ({said or 'all'})")
