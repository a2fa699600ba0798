"""/api/store: differences between the store and what was published, failed images, decisions on many conflicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify import media_check_rows, store_job_rows, store_snapshot_rows
from boeing_data_hub.shopify.conflict_rows import ConflictGroup, ConflictSample, RefusedConflict
from boeing_data_hub.shopify.media_check_rows import FailedPicture
from boeing_data_hub.shopify.store_job import ConflictFilter, StoreJob
from boeing_data_hub.shopify.store_job import Decision as StoreDecision
from boeing_data_hub.shopify.store_job_rows import DifferingProduct
from boeing_data_hub.shopify.store_snapshot import StoreSnapshot
from boeing_data_hub.web import exports
from boeing_data_hub.web.access import Publisher, Reader, TheHub
from boeing_data_hub.web.bodies import Body, Count, Flag, Texts
from boeing_data_hub.web.downloads import AS_FILE, Kind, download
from boeing_data_hub.web.limits import STORABLE
from boeing_data_hub.web.problems import may

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

    decision: StoreDecision
    filter: Filter = Field(default_factory=Filter)
    dry_run: Flag = Field(default=False, description="Only count; change nothing.")
    expected: Count | None = Field(
        default=None, description="The count you were shown. If it has changed, nothing is decided."
    )


class StoreJobResponse(BaseModel):
    """A job on many products: a decision on many conflicts, or an adoption."""

    id: UUID
    kind: str = Field(description="`decide`, `plan_adoption`, `adopt` or `undo_adoption`.")
    request: Mapping[str, Any] = Field(description="What was selected.")
    state: str = Field(description="`open`, `ended` or `cancelled`.")
    total: int
    done: int
    failed: int = Field(description="Of a decision: conflicts that the store rejected.")
    note: str | None
    actor: str
    created_at: datetime
    ended_at: datetime | None


class StoreJobDetail(StoreJobResponse):
    """A job with the conflicts that the store rejected."""

    refused: list[RefusedConflict]


class DecisionsResponse(BaseModel):
    """The conflicts that match, or the job that decides them."""

    total: int
    groups: list[ConflictGroup] = Field(default=[], description="Of a preview: by kind, cause and vendor.")
    sample: list[ConflictSample] = Field(default=[], description="Of a preview: the first ten.")
    decision: StoreDecision
    job: StoreJobResponse | None
    message: str


class SnapshotResponse(BaseModel):
    """A snapshot of the whole store, and how far it is read and compared."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    state: str
    outcome: str | None = Field(description="`complete`, `failed` or `cancelled`; null until it has ended.")
    object_count: int
    products: int
    variants: int
    compared: int
    differing: int
    note: str | None
    actor: str
    taken_at: datetime | None
    created_at: datetime
    ended_at: datetime | None


class ComparisonStarted(BaseModel):
    """The snapshot that is being read."""

    snapshot: SnapshotResponse
    message: str


class DifferencesResponse(BaseModel):
    """One page of products that differ in the store."""

    differences: list[DifferingProduct]
    counts: Mapping[str, int] = Field(description="Products by the field that differs.")
    snapshot: SnapshotResponse | None
    next_after: str | None = Field(description="Send it as `after` for the next page; null at the end.")


class FailedPicturesResponse(BaseModel):
    """One page of pictures that the store could not process."""

    pictures: list[FailedPicture]
    next_after: str | None = Field(description="Send it as `after` for the next page; null at the end.")


@router.post("/decisions", response_model_exclude_unset=True, responses=may(409))
def decide_conflicts(body: Decisions, hub: TheHub, principal: Publisher) -> DecisionsResponse:
    """Decide all open conflicts that match a filter, in the background; `dry_run` counts them. Each is audited."""
    wanted = body.filter.wanted()
    if body.dry_run or body.expected is None:
        told = hub.shop.decisions.preview(wanted)
        said = f"{told.total:,} conflicts match. Nothing was decided; send `expected: {told.total}` to decide them."
        return DecisionsResponse(**asdict(told), decision=body.decision, job=None, message=said)
    job = hub.shop.decisions.start(wanted, body.decision, actor=principal.owner, expected=body.expected)
    hub.intake.wake_publishing()
    said = f"{job.total:,} conflicts are being decided in the background."
    return DecisionsResponse(total=job.total, decision=body.decision, job=_told(job), message=said)


def _told(job: StoreJob) -> StoreJobResponse:
    return StoreJobResponse.model_validate(job, from_attributes=True)


@router.get("/jobs/{job_id}")
def get_store_job(job_id: UUID, hub: TheHub, _principal: Reader) -> StoreJobDetail:
    """The progress of a decision on many conflicts or of an adoption, and the conflicts that Shopify rejected."""
    shown = hub.shop.decisions.show(job_id)
    return StoreJobDetail(**_told(shown.job).model_dump(), refused=shown.refused)


@router.delete("/jobs/{job_id}", responses=may(409))
def cancel_store_job(job_id: UUID, hub: TheHub, principal: Publisher) -> StoreJobResponse:
    """Cancel a job. What it has already decided stays."""
    return _told(hub.shop.decisions.cancel(job_id, actor=principal.owner))


@router.post("/compare", responses=may(409))
def compare_store(hub: TheHub, principal: Publisher) -> ComparisonStarted:
    """Read the whole store by one bulk query, and compare it with what was published, in the background."""
    snapshot = hub.shop.decisions.compare(actor=principal.owner)
    hub.intake.wake_publishing()
    message = "The store is being read and compared in the background."
    return ComparisonStarted(snapshot=_snapshot(snapshot), message=message)


def _snapshot(snapshot: StoreSnapshot) -> SnapshotResponse:
    return SnapshotResponse.model_validate(snapshot)


@router.get("/snapshots/{snapshot_id}")
def get_snapshot(snapshot_id: UUID, hub: TheHub, _principal: Reader) -> SnapshotResponse:
    """The progress of a snapshot of the store and of its comparison."""
    return _snapshot(hub.shop.decisions.snapshot(snapshot_id))


@router.delete("/snapshots/{snapshot_id}", responses=may(409))
def cancel_snapshot(snapshot_id: UUID, hub: TheHub, principal: Publisher) -> SnapshotResponse:
    """Cancel a snapshot that is under way; the one before is still used."""
    cancelled = hub.shop.decisions.cancel_snapshot(snapshot_id, actor=principal.owner)
    hub.intake.wake_publishing()
    return _snapshot(cancelled)


@router.get("/differences/export", response_class=Response, responses=AS_FILE)
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
) -> DifferencesResponse:
    """Products that differed when they were last read, with each difference and what the next publish will do."""

    def step(work: Work) -> DifferencesResponse:
        found = store_job_rows.differing(work, limit=limit, after=after, field=field, prefix=prefix or None)
        snapshot = store_snapshot_rows.newest(work)
        return DifferencesResponse(
            differences=found,
            counts=store_job_rows.count_differing(work, prefix=prefix or None),
            snapshot=_snapshot(snapshot) if snapshot else None,
            next_after=found[-1].sku if len(found) == limit else None,
        )

    return hub.database.run(step)


@router.get("/pictures")
def list_failed_pictures(
    hub: TheHub, _principal: Reader, limit: Limit = 100, after: After = ""
) -> FailedPicturesResponse:
    """Images that Shopify could not process, with its message, and whether the hub sends them again."""
    found = hub.database.run(lambda work: media_check_rows.listed(work, limit=limit, after=after))
    return FailedPicturesResponse(pictures=found, next_after=found[-1].sku if len(found) == limit else None)
