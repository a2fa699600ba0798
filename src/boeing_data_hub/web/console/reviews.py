"""/console/reviews: changes that guards hold back, each with the old and the new value, to approve or refuse."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.batches.reviewing import Reviewing
from boeing_data_hub.catalogue.guards import Cause
from boeing_data_hub.db import api_keys
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import BadInput
from boeing_data_hub.shopify import reviews
from boeing_data_hub.shopify.reviews import CauseCount, Review, ReviewFilter
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Publisher, Viewer
from boeing_data_hub.web.limits import LARGEST_ID, STORABLE

router = APIRouter(prefix="/reviews")

_ON_A_PAGE: Final = 50
_Cause = Literal[
    "", "price_rose", "price_fell", "below_cost", "below_floor", "stock_jumped", "unit_changed", "currency_changed",
    "run_prices", "run_sold_out",
]  # fmt: skip


def _filter(cause: str, prefix: str, run: UUID | None) -> ReviewFilter:
    return ReviewFilter(cause=cause or None, sku_prefix=prefix.strip() or None, batch_id=run)


@router.get("")
def show(
    request: Request,
    hub: TheHub,
    _visitor: Viewer,
    state: Literal["open", "approved", "refused", "closed"] = "open",
    cause: _Cause = "",
    prefix: Annotated[str, Query(max_length=255, pattern=STORABLE)] = "",
    run: UUID | None = None,
    before: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
) -> HTMLResponse:
    """The changes that wait; other states show earlier ones with their decision."""
    wanted = _filter(cause, prefix, run)

    def step(work: Work) -> tuple[list[Review], list[CauseCount], dict[str, str]]:
        found = reviews.listed(work, wanted, state=state, limit=_ON_A_PAGE + 1, before=before)
        return found, reviews.causes(work, wanted, state=state), api_keys.names(work)

    found, causes, names = hub.database.run(step, hurry=True)
    shown = found[:_ON_A_PAGE]
    return page(
        request,
        "pages/reviews.html",
        reviews=shown,
        causes=causes,
        total=sum(one.reviews for one in causes),
        names=names,
        state=state,
        every_cause=list(Cause),
        given={"cause": cause, "prefix": prefix.strip(), "run": str(run) if run else ""},
        first=before is None,
        next_before=shown[-1].id if len(found) > _ON_A_PAGE else None,
    )


@router.post("/decide", response_model=None)
def decide(
    hub: TheHub,
    visitor: Publisher,
    decision: Annotated[Literal["approve", "refuse"], Form()],
    review: Annotated[int | None, Form(ge=1, le=LARGEST_ID)] = None,
    cause: Annotated[_Cause, Form()] = "",
    prefix: Annotated[str, Form(max_length=255, pattern=STORABLE)] = "",
    run: Annotated[str, Form(max_length=36)] = "",
    typed: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Decide one review, or all that match once their number was typed."""
    wanted = ReviewFilter(ids=[review]) if review is not None else _filter(cause, prefix, _run(run))
    if review is None:
        total = hub.database.run(lambda work: sum(one.reviews for one in reviews.causes(work, wanted)), hurry=True)
        if typed.strip().replace(",", "") != str(total):
            raise BadInput(
                f"{total:,} changes match now. Type this number to decide all of them. Nothing was changed.",
                code="not_confirmed",
            )
    reviewing = Reviewing(hub.database, hub.intake)
    done = (reviewing.approve if decision == "approve" else reviewing.refuse)(wanted, actor=visitor.owner)
    if done.batch is not None and review is None:
        return go(f"/console/runs/{done.batch.id}", said="reviews-approved")
    said = "review-none" if not done.decided else "review-approved" if decision == "approve" else "review-refused"
    return go("/console/reviews", said=said)


def _run(given: str) -> UUID | None:
    try:
        return UUID(given) if given else None
    except ValueError:
        raise BadInput("This run doesn't exist. Nothing was changed.", code="bad_run") from None
