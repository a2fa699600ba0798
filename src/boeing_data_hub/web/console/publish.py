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
from boeing_data_hub.intake.requests import Accepted, PublishRequest
from boeing_data_hub.intake.spreadsheet import read_upload
from boeing_data_hub.store import batches, publishing
from boeing_data_hub.store.drafts import Draft
from boeing_data_hub.store.work import Work
from boeing_data_hub.web import plans as plans_of
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console import search
from boeing_data_hub.web.console.figures import brief
from boeing_data_hub.web.console.making import AT_ONCE, Making, TheMaking
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
def paste(hub: TheHub, making: TheMaking, visitor: Publisher, parts: Annotated[str, Form()] = "") -> Response:
    """Read a pasted list."""
    found = part_list.from_text(parts, max_parts=hub.intake.rules.max_publish)
    return _read(hub, making, visitor, found, "Pasted list")


@router.post("/upload", response_model=None)
def upload(hub: TheHub, making: TheMaking, visitor: Publisher, file: UploadFile) -> Response:
    """Read a file, in a process of its own."""
    name = file.filename or "file"
    found = read_upload(file.file.read(), name, max_parts=hub.intake.rules.max_publish)
    return _read(hub, making, visitor, found, brief(Path(name).name, _LONGEST_NAME))


def _read(hub: Hub, making: Making, visitor: Visitor, found: PartList, source: str) -> Response:
    """A clean list becomes a plan at once; one with lines that are no part numbers is shown first."""
    if not found.part_numbers and not found.rejected_count:
        return go("/console/publish", said="empty-list")
    if not found.rejected_count:
        return planned(hub, making, visitor, found.part_numbers, source)
    draft = search.draft_of(hub, visitor, found, source)
    return go(f"/console/publish/{draft.id}")


@router.post("/run/{batch_id}", response_model=None)
def from_run(batch_id: UUID, hub: TheHub, making: TheMaking, visitor: Publisher) -> Response:
    """Plan what a search has found and may be sold; where that is more than one plan holds, what is new comes first."""

    def step(work: Work) -> tuple[batches.Batch | None, list[str]]:
        return batches.get(work, batch_id), publishing.publishable_of(work, batch_id, new_first=True)

    batch, found = hub.database.run(step)
    if batch is None:
        raise NotFound("There is no such run. The page of runs lists those there are.", code="batch_not_found")
    if not found:
        return go(f"/console/runs/{batch_id}", said="nothing-to-publish")
    name = brief(batch.options.get("source") or f"search {str(batch_id)[:8]}", _LONGEST_NAME)
    return planned(hub, making, visitor, found, f"Found by {name}")


@router.get("/{draft_id}")
def preview(draft_id: UUID, request: Request, hub: TheHub, visitor: Publisher) -> HTMLResponse:
    """What was read of a list that has lines which are no part numbers."""
    draft = hub.database.run(lambda work: search.draft_for(work, draft_id, visitor), hurry=True)
    return page(request, "pages/publish_preview.html", draft=draft)


@router.post("/{draft_id}/plan", response_model=None)
def plan_draft(draft_id: UUID, hub: TheHub, making: TheMaking, visitor: Publisher) -> Response:
    """Plan the good lines. The draft is the idempotency key."""
    draft = hub.database.run(lambda work: search.draft_for(work, draft_id, visitor))
    if not draft.part_numbers:
        return go("/console/publish", said="empty-list")
    return planned(hub, making, visitor, draft.part_numbers, draft.source, draft=draft)


@router.get("/{draft_id}/plan", response_model=None)
def under_way(draft_id: UUID, request: Request, hub: TheHub, making: TheMaking, visitor: Publisher) -> Response:
    """How far the plan of a long list is; and the plan itself, as soon as it is there."""
    draft = hub.database.run(lambda work: search.draft_for(work, draft_id, visitor), hurry=True)
    asked = _asked(hub, visitor, draft.part_numbers, draft.source, draft.id)
    if (made := hub.intake.known(asked)) is not None:
        return _there(made, capped=len(draft.part_numbers) > len(asked.part_numbers), request=request)
    return page(request, "pages/publish_planning.html", draft=draft, progress=making.progress(draft.id))


def planned(
    hub: Hub, making: Making, visitor: Visitor, numbers: Sequence[str], source: str, *, draft: Draft | None = None
) -> Response:
    """Make a plan of these part numbers, as many as one may hold, and go to it.

    Each new part is looked for in the store: a long list takes a while, and is planned while the person watches.
    """
    asked = _asked(hub, visitor, numbers, source, draft.id if draft else None)
    if len(asked.part_numbers) > AT_ONCE:
        if draft is None:
            draft = search.draft_of(hub, visitor, PartList(list(numbers), [], [], 0, 0), source)
        making.begin(draft.id, _asked(hub, visitor, numbers, source, draft.id))
        return go(f"/console/publish/{draft.id}/plan")
    accepted, _ = plans_of.make(hub, asked)
    return _there(accepted, capped=len(numbers) > len(asked.part_numbers))


def _asked(hub: Hub, visitor: Visitor, numbers: Sequence[str], source: str, draft: UUID | None) -> PublishRequest:
    most = hub.intake.rules.max_publish
    return PublishRequest(
        part_numbers=list(numbers[:most]),
        owner=visitor.owner,
        idempotency_key=f"draft {draft} publish" if draft else None,
        plan=True,
        source=f"{source}, the first {most:,}" if len(numbers) > most else source,
    )


def _there(made: Accepted, *, capped: bool, request: Request | None = None) -> Response:
    said = "planned-before" if request is None and not made.is_new else "planned-capped" if capped else "planned"
    response = go(f"/console/plans/{made.batch.id}", said=said)
    if request is not None and "hx-request" in request.headers:  # a script that asks is to go there, not to fetch it
        return Response(headers={"HX-Redirect": response.headers["location"]})
    return response
