"""/console/publish: a list, what a search has found, or parts of the catalogue become a plan. Nothing is sent here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response, UploadFile
from fastapi.responses import HTMLResponse

from boeing_data_hub.errors import NotFound
from boeing_data_hub.hub import Hub
from boeing_data_hub.intake import part_list
from boeing_data_hub.intake.part_list import PartList
from boeing_data_hub.intake.requests import PublishRequest
from boeing_data_hub.intake.spreadsheet import read_upload
from boeing_data_hub.store import batches, publishing
from boeing_data_hub.store.work import Work
from boeing_data_hub.web import plans as plans_of
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console import search
from boeing_data_hub.web.console.figures import brief
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Publisher, Visitor

router = APIRouter(prefix="/publish")

_LONGEST_NAME: Final = 120


@router.get("")
def show(request: Request, hub: TheHub, _visitor: Publisher) -> HTMLResponse:
    """The ways in: paste, or a file; searches and the catalogue have their own buttons."""

    def step(work: Work) -> list[batches.Batch]:
        latest = batches.with_outcome(work, limit=12, batch_type="search")
        return [one for one in latest if one.outcome is not None and one.normalized_count][:6]

    return page(
        request,
        "pages/publish.html",
        most=hub.intake.rules.max_publish,
        searches=hub.database.run(step, hurry=True),
        has_store=bool(hub.settings.shopify_store_domain.strip()),
    )


@router.post("/paste", response_model=None)
def paste(hub: TheHub, visitor: Publisher, parts: Annotated[str, Form()] = "") -> Response:
    """Read a pasted list."""
    found = part_list.from_text(parts, max_parts=hub.intake.rules.max_publish)
    return _read(hub, visitor, found, "Pasted list")


@router.post("/upload", response_model=None)
def upload(hub: TheHub, visitor: Publisher, file: UploadFile) -> Response:
    """Read a file, in a process of its own."""
    name = file.filename or "file"
    found = read_upload(file.file.read(), name, max_parts=hub.intake.rules.max_publish)
    return _read(hub, visitor, found, brief(Path(name).name, _LONGEST_NAME))


def _read(hub: Hub, visitor: Visitor, found: PartList, source: str) -> Response:
    """A clean list becomes a plan at once; one with lines that are no part numbers is shown first."""
    if not found.part_numbers and not found.rejected_count:
        return go("/console/publish", said="empty-list")
    if not found.rejected_count:
        return planned(hub, visitor, found.part_numbers, source)
    draft = search.draft_of(hub, visitor, found, source)
    return go(f"/console/publish/{draft.id}")


@router.post("/run/{batch_id}", response_model=None)
def from_run(batch_id: UUID, hub: TheHub, visitor: Publisher) -> Response:
    """Plan what a search has found and may be sold; where that is more than one plan holds, what is new comes first."""

    def step(work: Work) -> tuple[batches.Batch | None, list[str]]:
        return batches.get(work, batch_id), publishing.publishable_of(work, batch_id, new_first=True)

    batch, found = hub.database.run(step)
    if batch is None:
        raise NotFound("There is no such run. The page of runs lists those there are.", code="batch_not_found")
    if not found:
        return go(f"/console/runs/{batch_id}", said="nothing-to-publish")
    name = brief(batch.options.get("source") or f"search {str(batch_id)[:8]}", _LONGEST_NAME)
    return planned(hub, visitor, found, f"Found by {name}")


@router.get("/{draft_id}")
def preview(draft_id: UUID, request: Request, hub: TheHub, visitor: Publisher) -> HTMLResponse:
    """What was read of a list that has lines which are no part numbers."""
    draft = hub.database.run(lambda work: search.draft_for(work, draft_id, visitor), hurry=True)
    return page(request, "pages/publish_preview.html", draft=draft)


@router.post("/{draft_id}/plan", response_model=None)
def plan_draft(draft_id: UUID, hub: TheHub, visitor: Publisher) -> Response:
    """Plan the good lines. The draft is the idempotency key."""
    draft = hub.database.run(lambda work: search.draft_for(work, draft_id, visitor))
    if not draft.part_numbers:
        return go("/console/publish", said="empty-list")
    return planned(hub, visitor, draft.part_numbers, draft.source, key=f"draft {draft.id} publish")


def planned(hub: Hub, visitor: Visitor, numbers: Sequence[str], source: str, *, key: str | None = None) -> Response:
    """Make a plan of these part numbers, as many as one may hold, and go to it."""
    most = hub.intake.rules.max_publish
    capped = len(numbers) > most
    if capped:
        source = f"{source}, the first {most:,}"
    asked = PublishRequest(
        part_numbers=list(numbers[:most]), owner=visitor.owner, idempotency_key=key, plan=True, source=source
    )
    accepted, _ = plans_of.make(hub, asked)
    said = "planned-before" if not accepted.is_new else "planned-capped" if capped else "planned"
    return go(f"/console/plans/{accepted.batch.id}", said=said)
