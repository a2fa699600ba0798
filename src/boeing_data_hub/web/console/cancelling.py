"""/console/runs/cancel: choose open runs by a filter, see them with their number, and cancel them."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.batches.open_failures import MOST_CANCELLED, RunFilter, cancel_runs, open_runs
from boeing_data_hub.db import api_keys
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import BadInput
from boeing_data_hub.values.states import BatchType
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Viewer, Visitor, insist
from boeing_data_hub.web.limits import STORABLE
from boeing_data_hub.work import batches
from boeing_data_hub.work.batch import Batch

router = APIRouter(prefix="/runs/cancel")

_RUNNING_SHOWN: Final = 500  # runs under way whose authors and lists can be chosen
Kind = Literal["search", "publish"]
_Owner = Annotated[str, Query(max_length=200, pattern=STORABLE)]
_Source = Annotated[str, Query(max_length=1000, pattern=STORABLE)]


def _filter(kind: Kind, owner: str, source: str, queued: str) -> RunFilter:
    return RunFilter(batch_type=BatchType(kind), owner=owner or None, source=source or None, queued=bool(queued))


@router.get("")
def show(
    request: Request,
    hub: TheHub,
    visitor: Viewer,
    kind: Kind = "search",
    owner: _Owner = "",
    source: _Source = "",
    queued: Literal["true", ""] = "",
) -> HTMLResponse:
    """The filter, the runs that match, and the form that cancels them."""
    wanted = _filter(kind, owner, source, queued)

    def step(work: Work) -> tuple[list[Batch], list[Batch], dict[str, str]]:
        found = open_runs(work, wanted)
        matching = {batch.id: batch for batch in batches.get_many(work, found)}
        return [matching[one] for one in found], batches.running(work, limit=_RUNNING_SHOWN), api_keys.names(work)

    found, running, names = hub.database.run(step, hurry=True)
    of_kind = [batch for batch in running if batch.batch_type == kind]
    return page(
        request,
        "pages/runs_cancel.html",
        found=found,
        owners=sorted({batch.owner for batch in of_kind} | ({owner} if owner else set())),
        lists=sorted({batch.options.source for batch in of_kind if batch.options.source}),
        names=names,
        given={"kind": kind, "owner": owner, "source": source, "queued": queued},
        most=MOST_CANCELLED,
        may=visitor.may(kind),
    )


@router.post("", response_model=None)
def cancel(
    hub: TheHub,
    visitor: Viewer,
    kind: Annotated[Kind, Form()] = "search",
    owner: Annotated[str, Form(max_length=200, pattern=STORABLE)] = "",
    source: Annotated[str, Form(max_length=1000, pattern=STORABLE)] = "",
    queued: Annotated[Literal["true", ""], Form()] = "",
    typed: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Cancel them, once their number has been typed."""
    return _cancel(hub, visitor, _filter(kind, owner, source, queued), typed)


def _cancel(hub: TheHub, visitor: Visitor, wanted: RunFilter, typed: str) -> Response:
    insist(visitor, wanted.batch_type)
    number = typed.strip().replace(",", "")
    if not (number.isascii() and number.isdigit()):
        raise BadInput("Type the number of runs to confirm. Nothing was cancelled.", code="not_confirmed")
    cancel_runs(hub.database, hub.intake, wanted, actor=visitor.owner, expected=int(number))
    return go("/console/runs", said="runs-cancelled", kind=str(wanted.batch_type))
