"""/console/failures: the parts whose latest result is a failure, over all runs, by cause, age and list."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.app import Hub
from boeing_data_hub.batches.failure_groups import what_to_do
from boeing_data_hub.batches.open_failures import OpenFailures
from boeing_data_hub.clock import now
from boeing_data_hub.db import api_keys
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import BadInput, Forbidden
from boeing_data_hub.web import failure_export
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console import undoing
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Operator, Viewer, Visitor
from boeing_data_hub.web.downloads import download
from boeing_data_hub.web.failure_cursor import cursor_of, position_of
from boeing_data_hub.web.limits import STORABLE
from boeing_data_hub.work import open_failures
from boeing_data_hub.work.open_failures import (
    MOST_COUNTED,
    MOST_OF_A_CAUSE,
    CauseCount,
    FailureFilter,
    Kind,
    ListCount,
    OpenFailure,
)

router = APIRouter(prefix="/failures")

_ON_A_PAGE: Final = 50
Age = Literal["", "day", "week", "older_week", "older_month"]
_AGES: Final[dict[str, tuple[int | None, int | None]]] = {  # at least and at most so many days
    "": (None, None),
    "day": (None, 1),
    "week": (None, 7),
    "older_week": (7, None),
    "older_month": (30, None),
}
_Kind = Literal["", "search", "publish", "undo"]
State = Literal["open", "ignored"]


def _filter(*, kind: str, code: str, run: str, age: str, state: str) -> FailureFilter:
    kinds: dict[str, Kind] = {"search": "search", "publish": "publish", "undo": "undo"}
    least, most = _AGES[age]
    try:
        batch = UUID(run) if run else None
    except ValueError:
        raise BadInput("There is no such run.", code="bad_run") from None
    return FailureFilter(
        kind=kinds.get(kind),
        code=code or None,
        batch_id=batch,
        until=None if least is None else now() - timedelta(days=least),
        from_=None if most is None else now() - timedelta(days=most),
        ignored=state == "ignored",
    )


@router.get("")
def show(
    request: Request,
    hub: TheHub,
    _visitor: Viewer,
    state: State = "open",
    kind: _Kind = "",
    code: Annotated[str, Query(max_length=100, pattern=STORABLE)] = "",
    run: Annotated[str, Query(max_length=36, pattern=STORABLE)] = "",
    age: Age = "",
    after: Annotated[str, Query(max_length=60, pattern=STORABLE)] = "",
) -> HTMLResponse:
    """The list, the newest first."""
    wanted, position = _filter(kind=kind, code=code, run=run, age=age, state=state), position_of(after)

    def step(
        work: Work,
    ) -> tuple[list[OpenFailure], list[CauseCount], list[ListCount], dict[str, int], dict[str, str]]:
        totals = {
            each: open_failures.count(work, replace(wanted, kind=each))
            for each in ("search", "publish", "undo")
            if kind in ("", each)
        }
        found = open_failures.page(work, wanted, limit=_ON_A_PAGE + 1, after=position)
        shown = wanted.ignored
        return (
            found,
            open_failures.causes(work, ignored=shown),
            open_failures.lists(work, ignored=shown),
            totals,
            api_keys.names(work),
        )

    found, causes, lists, totals, names = hub.database.run(step, hurry=True)
    shown = found[:_ON_A_PAGE]
    return page(
        request,
        "pages/failures.html",
        failures=shown,
        every_cause=causes,
        lists=lists,
        totals=totals,
        total=sum(totals.values()),
        most_counted=MOST_COUNTED,
        most_of_a_cause=MOST_OF_A_CAUSE,
        names=names,
        state=state,
        given={"kind": kind, "code": code, "run": run, "age": age},
        what_to_do=what_to_do,
        first=not after,
        next_after=cursor_of(shown[-1]) if len(found) > _ON_A_PAGE else None,
    )


@router.get("/failures.{file}", response_model=None)
def export(
    file: Literal["csv", "xlsx"],
    hub: TheHub,
    _visitor: Viewer,
    state: State = "open",
    kind: _Kind = "",
    code: Annotated[str, Query(max_length=100, pattern=STORABLE)] = "",
    run: Annotated[str, Query(max_length=36, pattern=STORABLE)] = "",
    age: Age = "",
) -> Response:
    """Every failure that matches, as a file."""
    wanted = _filter(kind=kind, code=code, run=run, age=age, state=state)
    return download(failure_export.failures(hub.database, wanted), file, name=f"{state}-failures")


@router.post("/retry", response_model=None)
def retry(
    hub: TheHub,
    visitor: Operator,
    kind: Annotated[Literal["search", "publish"], Form()],
    code: Annotated[str, Form(max_length=100, pattern=STORABLE)] = "",
    run: Annotated[str, Form(max_length=36)] = "",
    age: Annotated[Age, Form()] = "",
    part: Annotated[str, Form(max_length=100, pattern=STORABLE)] = "",
) -> Response:
    """Search for, or publish, the parts that match again, in one new run."""
    wanted = _of_part(_filter(kind=kind, code=code, run=run, age=age, state="open"), part)
    done = _acting(hub, visitor, kind).retry(wanted, actor=visitor.owner)
    if done.batch is None:
        return go("/console/failures", said="failures-wait", kind=kind, code=code, run=run, age=age)
    return go(f"/console/runs/{done.batch.id}", said="failures-retried")


@router.post("/ignore", response_model=None)
def ignore(
    hub: TheHub,
    visitor: Operator,
    kind: Annotated[Kind, Form()],
    reason: Annotated[str, Form(max_length=200, pattern=STORABLE)] = "",
    code: Annotated[str, Form(max_length=100, pattern=STORABLE)] = "",
    run: Annotated[str, Form(max_length=36)] = "",
    age: Annotated[Age, Form()] = "",
    part: Annotated[str, Form(max_length=100, pattern=STORABLE)] = "",
) -> Response:
    """Ignore the failures that match, with a reason."""
    if not reason.strip():
        raise BadInput("Say why these failures can be ignored. Nothing was changed.", code="reason_missing")
    wanted = _of_part(_filter(kind=kind, code=code, run=run, age=age, state="open"), part)
    done = _acting(hub, visitor, kind).ignore(wanted, actor=visitor.owner, reason=reason.strip())
    mark = undoing.ignored(kind, done.at) if done.at else None
    return go(
        "/console/failures", said="failures-ignored", undo=mark, kind=kind, code="" if not part else code, age=age
    )


@router.post("/reopen", response_model=None)
def reopen(
    hub: TheHub,
    visitor: Operator,
    kind: Annotated[Kind, Form()],
    part: Annotated[str, Form(min_length=1, max_length=100, pattern=STORABLE)],
) -> Response:
    """Show an ignored failure again."""
    wanted = FailureFilter(kind=kind, parts=[part], ignored=True)
    _acting(hub, visitor, kind).reopen(wanted, actor=visitor.owner)
    return go("/console/failures", said="failures-reopened", state="ignored")


def _of_part(wanted: FailureFilter, part: str) -> FailureFilter:
    return replace(wanted, parts=[part]) if part else wanted


def _acting(hub: Hub, visitor: Visitor, kind: str) -> OpenFailures:
    scope = "search" if kind == "search" else "publish"
    if not visitor.may(scope):
        raise Forbidden(f"This needs the scope `{scope}`.")
    return OpenFailures(hub.database, hub.intake, most_searched=hub.settings.max_bulk_search_size)
