"""/console/attention: plans waiting for approval, conflicts, failed images, changes in the store, leftover products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.db import api_keys
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import PauseUpstream, Reject, Retry, Unavailable
from boeing_data_hub.shopify import (
    adoption_rows,
    conflict_rows,
    leftover_products,
    media_check_rows,
    plans,
    store_job_rows,
    store_snapshot_rows,
)
from boeing_data_hub.shopify.adoption import Adoption
from boeing_data_hub.shopify.conflict_rows import StoreConflict
from boeing_data_hub.shopify.failures import OutcomeUnknown
from boeing_data_hub.shopify.store_job import ConflictFilter, StoreJob
from boeing_data_hub.shopify.store_snapshot import StoreSnapshot
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Publisher, Viewer
from boeing_data_hub.web.console.waiting import Counts, counts
from boeing_data_hub.web.limits import STORABLE
from boeing_data_hub.web.store_links import admin_link

router = APIRouter(prefix="/attention")

_ON_A_PAGE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionView:
    """What the page shows beside the conflicts.

    Attributes:
        counted: what waits for a decision.
        names: API keys' names by owner.
        adoption: a plan to link existing products that waits for a decision; None if none does.
        orphans: leftover products.
        pictures: images that Shopify could not process.
        differing: products that differ from what was published, and `differ` their number by field.
        compared: the newest complete comparison of the store; None without one.
        decisions: the latest decisions on many conflicts.
    """

    counted: Counts
    names: Mapping[str, str]
    plans: Sequence[object]
    adoption: Adoption | None
    orphans: Sequence[object]
    pictures: Sequence[object]
    differing: Sequence[object]
    differ: object
    compared: StoreSnapshot | None
    decisions: Sequence[StoreJob]


@router.get("")
def show(
    request: Request,
    hub: TheHub,
    _visitor: Viewer,
    state: Literal["open", "decided"] = "open",
    after: Annotated[str, Query(max_length=255, pattern=STORABLE)] = "",
) -> HTMLResponse:
    """Everything that waits for a decision; `state=decided` shows the decided conflicts."""

    def step(work: Work) -> tuple[AttentionView, list[StoreConflict]]:
        view = AttentionView(
            counted=counts(work),
            names=api_keys.names(work),
            plans=plans.waiting(work, limit=_ON_A_PAGE),
            adoption=adoption_rows.waiting(work),
            orphans=leftover_products.listed(work, state="due", limit=_ON_A_PAGE),
            pictures=media_check_rows.listed(work, limit=_ON_A_PAGE),
            differing=store_job_rows.differing(work, limit=_ON_A_PAGE),
            differ=store_job_rows.count_differing(work),
            compared=store_snapshot_rows.complete(work),
            decisions=store_job_rows.latest(work, "decide", limit=3),
        )
        return view, conflict_rows.listed(work, is_open=state == "open", limit=_ON_A_PAGE + 1, after=after)

    view, found = hub.database.run(step, hurry=True)
    request.state.waiting = view.counted.total  # the same number in the page and its navigation
    shown = found[:_ON_A_PAGE]
    return page(
        request,
        "pages/attention.html",
        view,
        conflicts=shown,
        state=state,
        first=not after,
        next_after=shown[-1].sku if len(found) > _ON_A_PAGE else None,
        admin=partial(admin_link, hub),
    )


@router.post("/conflict", response_model=None)
def decide(
    hub: TheHub,
    visitor: Publisher,
    sku: Annotated[str, Form(max_length=255, pattern=STORABLE)] = "",
    decision: Annotated[Literal["adopt", "leave", "publish_new"], Form()] = "leave",
) -> Response:
    """Decide one conflict."""
    try:
        told = hub.shop.attention.decide(sku, decision, actor=visitor.owner)
    except OutcomeUnknown as lost:
        raise Unavailable(lost.message, code=lost.code) from None
    except (Retry, Reject, PauseUpstream) as error:
        raise Unavailable(
            f"Your store didn't accept this. {error.message} Nothing was changed.", code=error.code
        ) from None
    said = (
        "beside"
        if decision == "publish_new"
        else "left"
        if decision == "leave"
        else "adopted"
        if told.startswith("Product linked")
        else "noted"
    )
    return go("/console/attention", said=said)


@router.post("/conflicts", response_model=None)
def decide_many(
    request: Request,
    hub: TheHub,
    visitor: Publisher,
    decision: Annotated[Literal["adopt", "leave", "publish_new"], Form()] = "leave",
    kind: Annotated[Literal["", "sku_taken", "handle_taken", "look_alike"], Form()] = "",
    cause: Annotated[Literal["", "cut_suffix", "hyphen", "blank", "barcode", "title"], Form()] = "",
    vendor: Annotated[str, Form(max_length=255, pattern=STORABLE)] = "",
    prefix: Annotated[str, Form(max_length=255, pattern=STORABLE)] = "",
    typed: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """List the open conflicts that match. Once their number has been typed, decide them in the background."""
    wanted = ConflictFilter(
        kind=kind or None, cause=cause or None, vendor=vendor.strip() or None, sku_prefix=prefix.strip() or None
    )
    number = typed.strip().replace(",", "")
    if number.isascii() and number.isdigit():
        hub.shop.decisions.start(wanted, decision, actor=visitor.owner, expected=int(number))
        hub.intake.wake_publishing()
        return go("/console/attention", said="deciding")
    told = hub.shop.decisions.preview(wanted)
    given = {"decision": decision, "kind": kind, "cause": cause, "vendor": vendor.strip(), "prefix": prefix.strip()}
    return page(request, "pages/attention_many.html", told=told, given=given)


@router.post("/orphan", response_model=None)
def decide_orphan(
    hub: TheHub,
    visitor: Publisher,
    orphan: Annotated[int, Form(ge=0, le=2**62)] = 0,
    what: Annotated[Literal["retry", "keep"], Form()] = "retry",
) -> Response:
    """Retry removing a leftover product now, or keep it."""
    hub.shop.attention.decide_orphan(orphan, what, actor=visitor.owner)
    hub.intake.wake_publishing()
    return go("/console/attention", said=f"orphan-{what}")
