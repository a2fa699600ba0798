"""PATCH /api/batches/{batch_id}: give a run another name."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from boeing_data_hub.batches.names import run_name
from boeing_data_hub.batches.renaming import rename
from boeing_data_hub.web.access import Reader, TheHub, insist
from boeing_data_hub.web.addressed import existing, uuid_of
from boeing_data_hub.web.bodies import Body, RunName

router = APIRouter(prefix="/api/batches", tags=["batches"])


class RenameRun(Body):
    """A new name."""

    name: RunName = Field(description="The name of its list. A publish run shows it after “Publish”.")


class RenamedRun(BaseModel):
    """The run's name, as people see it."""

    message: str
    name: str


@router.patch("/{batch_id}")
def rename_batch(batch_id: str, body: RenameRun, hub: TheHub, principal: Reader) -> RenamedRun:
    """Give a batch another name. Needs the scope of its type."""
    wanted = uuid_of(batch_id)
    batch = hub.database.run(lambda work: existing(work, wanted))
    insist(principal, batch.batch_type)
    name = run_name(hub.database.run(lambda work: rename(work, wanted, body.name, actor=principal.owner)))
    return RenamedRun(message=f"This run is now called {name!r}.", name=name)
