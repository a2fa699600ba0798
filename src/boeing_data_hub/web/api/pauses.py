"""/api/pauses: pauses by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from boeing_data_hub.web import pausing
from boeing_data_hub.web.access import Admin, Reader, TheHub
from boeing_data_hub.web.bodies import Body
from boeing_data_hub.web.limits import STORABLE
from boeing_data_hub.work import manual_pauses
from boeing_data_hub.work.manual_pauses import ManualPause, What

router = APIRouter(prefix="/api/pauses", tags=["pauses"])


class PauseBody(Body):
    """When a pause ends by itself, and why it was made."""

    until: AwareDatetime | None = Field(default=None, description="Within a year. Null: until someone resumes it.")
    reason: Annotated[str, Field(max_length=200, pattern=STORABLE)] = ""


class PauseResponse(BaseModel):
    """A current pause."""

    what: What
    author: str
    reason: str
    since: datetime
    until: datetime | None
    message: str

    @classmethod
    def of(cls, pause: ManualPause) -> PauseResponse:
        """The same in the API's form."""
        return cls(
            what=pause.what,
            author=pause.author,
            reason=pause.reason,
            since=pause.since,
            until=pause.until,
            message=pause.sentence,
        )


class PausesResponse(BaseModel):
    """The current pauses."""

    pauses: list[PauseResponse]


class ResumedResponse(BaseModel):
    """Whether there was a pause to end."""

    message: str
    resumed: bool


@router.get("")
def list_pauses(hub: TheHub, _principal: Reader) -> PausesResponse:
    """Current pauses by hand. Automatic pauses are not included."""
    found = hub.database.run(manual_pauses.in_force)
    return PausesResponse(pauses=[PauseResponse.of(pause) for pause in found.values()])


@router.put("/{what}")
def pause_work(what: What, body: PauseBody, hub: TheHub, principal: Admin) -> PauseResponse:
    """Pause, or change the end and the reason of a pause. Calls that are under way end first; no part fails."""
    made = pausing.pause(
        hub, what, until=body.until, reason=body.reason.strip(), author=principal.name, actor=principal.owner
    )
    return PauseResponse.of(made)


@router.delete("/{what}")
def resume_work(what: What, hub: TheHub, principal: Admin) -> ResumedResponse:
    """End a pause by hand. Automatic pauses stay."""
    if pausing.resume(hub, what, actor=principal.owner):
        return ResumedResponse(message=f"Resumed: {what}.", resumed=True)
    return ResumedResponse(message=f"Nobody has paused {what}. Nothing was changed.", resumed=False)
