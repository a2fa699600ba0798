"""/api/store: differences between the store and what was published, failed images, decisions on many conflicts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify import media_check_rows, store_job_rows, store_snapshot_rows
from boeing_data_hub.shopify.store_job import ConflictFilter
from boeing_data_hub.web import exports
from boeing_data_hub.web.access import Publisher, Reader, TheHub
from boeing_data_hub.web.bodies import Body, Texts
from boeing_data_hub.web.downloads import Kind, download
from boeing_data_hub.web.limits import STORABLE

router = APIRouter(prefix="/api/store", tags=["store"])

_MOST = 50_000
After = Annotated[str, Query(max_length=255, pattern=STORABLE, description="Continue after this SKU.")]
Limit = Annotated[int, Query(ge=1, le=1000)]
DifferingField = Literal[
    "price", "title", "sku", "custom_id", "status", "variants", "picture", "stock", "tags", "metafields", "deleted"
]


class Filter(Body):
    """Selects open conflicts. Every field that is given must match; without any, all conflicts match."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"kind": "look_alike"}]})

    kind: Literal["sku_taken", "handle_taken", "look_alike"] | None = None
    cause: Literal["cut_suffix", "hyphen", "blank", "barcode", "title"] | None = Field(
        default=None, description="Of a look-alike."
    )
    vendor: str | None = Field(default=None, max_length=255, pattern=STORABLE, description="Of the other product.")
    sku_prefix: str | None = Field(default=None, max_length=255, pattern=STORABLE, description="Of the part's SKU.")
    skus: Texts | None = Field(default=None, max_length=_MOST, description="Exactly these parts.")

    def wanted(self) -> ConflictFilter:
        """The same filter, for the database."""
        skus = None if self.skus is None else tuple(sku.strip().upper().replace("\0", "\ufffd") for sku in self.skus)
        return ConflictFilter(
            kind=self.kind, cause=self.cause, vendor=self.vendor, sku_prefix=self.sku_prefix, skus=skus
        )


class Decisions(Body):
    """One decision on many conflicts."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"decision": "adopt", "filter": {"cause": "cut_suffix"}, "dry_run": True}]},
    )

    decision: Literal["adopt", "leave", "publish_new"]
    filter: Filter = Field(default_factory=Filter)
    dry_run: bool = Field(default=False, description="Only count; change nothing.")
    expected: int | None = Field(
        default=None, ge=0, description="The count you were shown. If it has changed, nothing is decided."
    )


class ProductSelection(Body):
    """The products to check; without either field, all published products."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"prefix": "NAS"}]})

    skus: Texts | None = Field(default=None, max_length=_MOST)
    prefix: str | None = Field(default=None, max_length=255, pattern=STORABLE)


@router.post("/decisions")
def decide_many(body: Decisions, hub: TheHub, principal: Publisher) -> dict[str, Any]:
    """Decide all open conflicts that match a filter, in the background; `dry_run` counts them. Each is audited."""
    wanted = body.filter.wanted()
    if body.dry_run or body.expected is None:
        told = hub.shop.decisions.preview(wanted)
        said = f"{told.total:,} conflicts match. Nothing was decided; send `expected: {told.total}` to decide them."
        return {**asdict(told), "decision": body.decision, "job": None, "message": said}
    job = hub.shop.decisions.start(wanted, body.decision, actor=principal.owner, expected=body.expected)
    hub.intake.wake_publishing()
    said = f"{job.total:,} conflicts are being decided in the background."
    return {"total": job.total, "decision": body.decision, "job": job.as_json(), "message": said}


@router.post("/check")
def check_store(body: ProductSelection, hub: TheHub, principal: Publisher) -> dict[str, Any]:
    """Check published products in the store, in the background."""
    skus = None if body.skus is None else [sku.strip().upper().replace("\0", "\ufffd") for sku in body.skus]
    job = hub.shop.decisions.check(actor=principal.owner, skus=skus, prefix=body.prefix)
    hub.intake.wake_publishing()
    return {"job": job.as_json(), "message": f"{job.total:,} products are being checked in the background."}


@router.get("/jobs/{job_id}")
def show_job(job_id: UUID, hub: TheHub, _principal: Reader) -> dict[str, Any]:
    """The progress of a check or of a decision on many conflicts, and the conflicts that Shopify rejected."""
    return hub.shop.decisions.show(job_id)


@router.delete("/jobs/{job_id}")
def cancel_job(job_id: UUID, hub: TheHub, principal: Publisher) -> dict[str, Any]:
    """Cancel a job. What it has already decided stays."""
    return hub.shop.decisions.cancel(job_id, actor=principal.owner)


@router.post("/compare")
def compare_store(hub: TheHub, principal: Publisher) -> dict[str, Any]:
    """Read the whole store by one bulk query, and compare it with what was published, in the background."""
    snapshot = hub.shop.decisions.compare(actor=principal.owner)
    hub.intake.wake_publishing()
    return {"snapshot": snapshot.as_json(), "message": "The store is being read and compared in the background."}


@router.get("/snapshots/{snapshot_id}")
def show_snapshot(snapshot_id: UUID, hub: TheHub, _principal: Reader) -> dict[str, Any]:
    """The progress of a snapshot of the store and of its comparison."""
    return hub.shop.decisions.snapshot(snapshot_id).as_json()


@router.delete("/snapshots/{snapshot_id}")
def cancel_snapshot(snapshot_id: UUID, hub: TheHub, principal: Publisher) -> dict[str, Any]:
    """Cancel a snapshot that is under way; the one before is still used."""
    cancelled = hub.shop.decisions.cancel_snapshot(snapshot_id, actor=principal.owner)
    hub.intake.wake_publishing()
    return cancelled.as_json()


@router.get("/differences/export", response_model=None)
def export_differences(
    hub: TheHub,
    _principal: Reader,
    format: Annotated[Kind, Query()] = "csv",  # noqa: A002 - the name in the address
    field: Annotated[DifferingField | None, Query(description="Only differences in this field.")] = None,
    prefix: Annotated[str, Query(max_length=255, pattern=STORABLE, description="Beginning of the SKU.")] = "",
) -> Response:
    """All differences as CSV or XLSX: a row for each field of each product."""
    return download(exports.differences(hub.database, field=field, prefix=prefix or None), format, name="differences")


@router.get("/differences")
def list_differences(
    hub: TheHub,
    _principal: Reader,
    limit: Limit = 100,
    after: After = "",
    field: Annotated[
        DifferingField | None,
        Query(description="Only products that differ in this field."),
    ] = None,
    prefix: Annotated[str, Query(max_length=255, pattern=STORABLE, description="Beginning of the SKU.")] = "",
) -> dict[str, Any]:
    """Products that differed at the last check, with each difference and what the next publish will do about it."""

    def step(work: Work) -> dict[str, Any]:
        found = store_job_rows.differing(work, limit=limit, after=after, field=field, prefix=prefix or None)
        looks = store_job_rows.latest(work, "check")
        snapshot = store_snapshot_rows.newest(work)
        return {
            "differences": found,
            "counts": store_job_rows.count_differing(work, prefix=prefix or None),
            "snapshot": snapshot.as_json() if snapshot else None,
            "last_look": looks[0].as_json() if looks else None,
            "next_after": found[-1].sku if len(found) == limit else None,
        }

    return hub.database.run(step)


@router.get("/pictures")
def list_failed_pictures(hub: TheHub, _principal: Reader, limit: Limit = 100, after: After = "") -> dict[str, Any]:
    """Images that Shopify could not process, with its message, and whether the hub sends them again."""
    found = hub.database.run(lambda work: media_check_rows.listed(work, limit=limit, after=after))
    return {"pictures": found, "next_after": found[-1].sku if len(found) == limit else None}
