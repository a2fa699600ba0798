"""/console/differences: how the store differs from what was published, by kind, and the comparison that finds it."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify import store_job_rows, store_snapshot_rows
from boeing_data_hub.shopify.store_job_rows import DifferingProduct
from boeing_data_hub.shopify.store_snapshot import StoreSnapshot
from boeing_data_hub.web import exports
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Publisher, Viewer
from boeing_data_hub.web.downloads import Kind, download
from boeing_data_hub.web.limits import STORABLE

router = APIRouter(prefix="/differences")

_ON_A_PAGE: Final = 100
_Field = Literal[
    "", "deleted", "price", "title", "status", "stock", "tags", "metafields", "sku", "custom_id", "variants", "picture"
]
_Text = Annotated[str, Query(max_length=255, pattern=STORABLE)]


@router.get("")
def show(
    request: Request, hub: TheHub, _visitor: Viewer, field: _Field = "", prefix: _Text = "", after: _Text = ""
) -> HTMLResponse:
    """The list, in the order of part numbers."""
    prefix = prefix.strip()

    def step(work: Work) -> tuple[list[DifferingProduct], dict[str, int], StoreSnapshot | None]:
        found = store_job_rows.differing(
            work, limit=_ON_A_PAGE + 1, after=after, field=field or None, prefix=prefix or None
        )
        counts = store_job_rows.count_differing(work, prefix=prefix or None)
        return found, counts, store_snapshot_rows.newest(work)

    found, counts, snapshot = hub.database.run(step, hurry=True)
    shown = found[:_ON_A_PAGE]
    return page(
        request,
        "pages/differences.html",
        products=shown,
        counts=counts,
        snapshot=snapshot,
        given={"field": field, "prefix": prefix},
        first=not after,
        next_after=shown[-1].sku if len(found) > _ON_A_PAGE else None,
    )


@router.post("/compare", response_model=None)
def compare(hub: TheHub, visitor: Publisher) -> Response:
    """Compare the whole store now, in the background."""
    hub.shop.decisions.compare(actor=visitor.owner)
    hub.intake.wake_publishing()
    return go("/console/differences", said="looking")


@router.get("/export.{kind}", response_model=None)
def as_file(kind: Kind, hub: TheHub, _visitor: Viewer, field: _Field = "", prefix: _Text = "") -> Response:
    """All that match as CSV or XLSX."""
    sheet = exports.differences(hub.database, field=field or None, prefix=prefix.strip() or None)
    return download(sheet, kind, name="differences")
