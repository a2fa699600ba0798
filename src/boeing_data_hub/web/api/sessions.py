"""/api/sessions: who is signed in to the console, and ending a session."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from boeing_data_hub.db import sessions
from boeing_data_hub.web.access import Admin, TheHub

router = APIRouter(prefix="/api/sessions", tags=["sessions"])


class SessionResponse(BaseModel):
    """A living session."""

    id: str = Field(description="The session's id, for `DELETE`; not a credential.")
    owner: str = Field(description="`key:ID` or `person:SUBJECT`, as in the audit log.")
    name: str = Field(description="The key's or the person's name.")
    scopes: list[str]
    created_at: datetime
    last_seen_at: datetime = Field(description="To the minute.")
    expires_at: datetime = Field(description="A person's session is checked with the identity provider before then.")


class SessionsResponse(BaseModel):
    """All living sessions, the last active first."""

    sessions: list[SessionResponse]


@router.get("")
def list_sessions(hub: TheHub, _principal: Admin) -> SessionsResponse:
    """List who is signed in to the console."""
    found = hub.database.run(sessions.living, hurry=True)
    return SessionsResponse(sessions=[SessionResponse.model_validate(one, from_attributes=True) for one in found])


@router.delete("/{session_id}", status_code=204)
def end_session(
    session_id: Annotated[str, Path(pattern="^[0-9a-f]{16}$", description="As in the list.")],
    hub: TheHub,
    principal: Admin,
) -> None:
    """End a session. Its pages and live events end within 3 seconds."""
    hub.database.run(lambda work: sessions.end_by_id(work, session_id, actor=principal.owner))
