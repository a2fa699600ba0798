"""POST /api/batches/cancel: cancel runs by filter."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from boeing_data_hub.batches.open_failures import RunFilter, cancel_runs
from boeing_data_hub.clock import now
from boeing_data_hub.errors import BadInput
from boeing_data_hub.values.counted import counted
from boeing_data_hub.values.states import BatchType
from boeing_data_hub.web.access import Reader, TheHub, insist
from boeing_data_hub.web.bodies import WHOLE, Body, Flag
from boeing_data_hub.web.limits import STORABLE

router = APIRouter(prefix="/api/batches", tags=["batches"])


class CancelRuns(Body):
    """Which runs that are being worked on are cancelled: those that fit everything given."""

    batch_type: BatchType = Field(description="Needs the scope of the type.")
    owner: Annotated[str, Field(min_length=1, max_length=200, pattern=STORABLE)] | None = Field(
        default=None, description="Started by this owner."
    )
    source: Annotated[str, Field(min_length=1, max_length=1000, pattern=STORABLE)] | None = Field(
        default=None, description="With this name of their list."
    )
    older_than_hours: Annotated[int, Field(strict=True, ge=0, le=87_600), WHOLE] | None = Field(
        default=None, description="Accepted at least this long ago."
    )
    queued: Flag = Field(default=False, description="Only those none of whose parts is done yet.")
    all_open: Flag = Field(default=False, description="Every run of the type; needed when nothing else is given.")


class CancelledRuns(BaseModel):
    """The runs that were cancelled."""

    message: str
    batch_ids: list[UUID]
    cancelled_count: int = Field(description="Parts that were not done.")


@router.post("/cancel")
def cancel_batches(body: CancelRuns, hub: TheHub, principal: Reader) -> CancelledRuns:
    """Cancel every run that is being worked on and fits, at most 200 at a time. Finished items and plans stay."""
    insist(principal, body.batch_type)
    hours = body.older_than_hours
    if body.owner is None and body.source is None and hours is None and not body.queued and not body.all_open:
        raise BadInput(
            "Name the runs: by owner, source, older_than_hours or queued; or send all_open for every one. "
            "Nothing was changed.",
            code="no_filter",
        )
    wanted = RunFilter(
        batch_type=body.batch_type,
        owner=body.owner,
        source=body.source,
        queued=body.queued,
        until=None if hours is None else now() - timedelta(hours=hours),
    )
    done = cancel_runs(hub.database, hub.intake, wanted, actor=principal.owner)
    return CancelledRuns(
        message=f"{counted(len(done), 'run')} cancelled. Parts already done stay as they are.",
        batch_ids=[batch.id for batch in done],
        cancelled_count=sum(batch.cancelled_count for batch in done),
    )
