"""/console/attention: what needs a person: plans that wait, SKUs somebody else has in the store, orphans."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.errors import Reject, Retry, StopTheLine, Unavailable
from boeing_data_hub.shopify.failures import OutcomeUnknown
from boeing_data_hub.store import keys, orphans, plans, sightings
from boeing_data_hub.store.work import Work
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.store_links import admin_link
from boeing_data_hub.web.console.visitors import Publisher, Viewer
from boeing_data_hub.web.console.waiting import counts
from boeing_data_hub.web.limits import STORABLE

router = APIRouter(prefix="/attention")

_ON_A_PAGE: Final = 50


@router.get("")
def show(
    request: Request,
    hub: TheHub,
    _visitor: Viewer,
    state: Literal["open", "decided"] = "open",
    after: Annotated[str, Query(max_length=255, pattern=STORABLE)] = "",
) -> HTMLResponse:
    """Everything that waits for one decision each; `state=decided` shows the conflicts that were decided."""

    def step(work: Work) -> dict[str, Any]:
        return {
            "counted": counts(work),
            "names": keys.names(work),
            "plans": plans.waiting(work, limit=_ON_A_PAGE),
            "conflicts": sightings.conflicts(work, is_open=state == "open", limit=_ON_A_PAGE + 1, after=after),
            "orphans": orphans.listed(work, state="due", limit=_ON_A_PAGE),
        }

    told = hub.database.run(step, hurry=True)
    request.state.waiting = told["counted"].total  # what the page says, its navigation says, too
    found = told.pop("conflicts")
    shown = found[:_ON_A_PAGE]
    return page(
        request,
        "pages/attention.html",
        **told,
        conflicts=shown,
        state=state,
        first=not after,
        next_after=shown[-1]["sku"] if len(found) > _ON_A_PAGE else None,
        admin=partial(admin_link, hub),
    )


@router.post("/conflict", response_model=None)
def decide(
    hub: TheHub,
    visitor: Publisher,
    sku: Annotated[str, Form(max_length=255, pattern=STORABLE)] = "",
    decision: Annotated[Literal["adopt", "leave"], Form()] = "leave",
) -> Response:
    """Decide one conflict."""
    try:
        told = hub.shop.attention.decide(sku, decision, actor=visitor.owner)
    except OutcomeUnknown as lost:
        raise Unavailable(lost.message, code=lost.code) from None
    except (Retry, Reject, StopTheLine) as error:
        raise Unavailable(f"The store did not take it. {error.message} Nothing was changed.", code=error.code) from None
    said = "left" if decision == "leave" else "adopted" if told.startswith("The product is ours") else "noted"
    return go("/console/attention", said=said)


@router.post("/orphan", response_model=None)
def decide_orphan(
    hub: TheHub,
    visitor: Publisher,
    orphan: Annotated[int, Form(ge=0, le=2**62)] = 0,
    what: Annotated[Literal["retry", "keep"], Form()] = "retry",
) -> Response:
    """Try again at once to take an orphan out, or let it stay."""
    hub.shop.attention.decide_orphan(orphan, what, actor=visitor.owner)
    hub.intake.wake_publishing()
    return go("/console/attention", said=f"orphan-{what}")
