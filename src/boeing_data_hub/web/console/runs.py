"""/console/runs: all search and publish runs, by outcome."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from boeing_data_hub.db import api_keys
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.health.batch_status import wait_of
from boeing_data_hub.health.live import Situation
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console.rendering import page
from boeing_data_hub.web.console.visitors import Viewer
from boeing_data_hub.work import batches
from boeing_data_hub.work.batch import Batch

router = APIRouter(prefix="/runs")

_ON_A_PAGE = 50
Outcome = Literal["running", "waiting", "succeeded", "finished_with_failures", "failed", "cancelled", ""]


@router.get("")
def show(
    request: Request,
    hub: TheHub,
    visitor: Viewer,
    outcome: Outcome = "",
    kind: Literal["search", "publish", ""] = "",
    mine: Literal["true", ""] = "",
    at: datetime | None = None,
    after: UUID | None = None,
) -> HTMLResponse:
    """The list, newest first; `at` and `after` continue after a page."""
    before = (at, after) if at is not None and after is not None else None

    def step(work: Work) -> tuple[list[Batch], Situation, dict[str, str]]:
        found = batches.with_outcome(
            work,
            limit=_ON_A_PAGE + 1,
            outcome=outcome or None,
            batch_type=kind or None,
            owner=visitor.owner if mine else None,
            before=before,
        )
        return found, hub.live.situation(work), api_keys.names(work)

    found, situation, names = hub.database.run(step, hurry=True)
    runs = found[:_ON_A_PAGE]
    return page(
        request,
        "pages/runs.html",
        runs=[(run, wait_of(run, situation)) for run in runs],
        names=names,
        outcome=outcome,
        kind=kind,
        mine=bool(mine),
        first=before is None,
        last=runs[-1] if len(found) > _ON_A_PAGE else None,
    )
