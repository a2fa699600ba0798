"""/console/publish: a list, the results of a search, or parts of the catalogue become a plan. Nothing is sent here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID, uuid5

from fastapi import APIRouter, Form, Request, Response, UploadFile
from fastapi.responses import HTMLResponse

from boeing_data_hub.app import Hub
from boeing_data_hub.batches.drafts import Draft
from boeing_data_hub.batches.lists.part_list import PartList
from boeing_data_hub.batches.requests import Accepted, PublishRequest
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import NotFound
from boeing_data_hub.shopify import publish_items
from boeing_data_hub.web import plans as plans_of
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console import lists
from boeing_data_hub.web.console.figures import brief
from boeing_data_hub.web.console.plan_jobs import AT_ONCE, PlanJobs, ThePlanJobs
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Publisher, Visitor
from boeing_data_hub.web.list_forms import MappingForm
from boeing_data_hub.work import batches

router = APIRouter(prefix="/publish")

_LONGEST_NAME: Final = 120


@router.get("")
def show(request: Request, hub: TheHub, _visitor: Publisher) -> HTMLResponse:
    """The form: paste a list or upload a file. Searches and the catalogue have buttons of their own."""

    def step(work: Work) -> list[batches.Batch]:
        latest = batches.with_outcome(work, limit=12, batch_type="search")
        return [one for one in latest if one.outcome is not None and one.normalized_count][:6]

    return page(
        request,
        "pages/publish.html",
        most=hub.settings.max_bulk_publish_size,
        searches=hub.database.run(step, hurry=True),
        has_store=hub.settings.has_store,
    )


@router.post("/paste", response_model=None)
def paste(hub: TheHub, jobs: ThePlanJobs, visitor: Publisher, parts: Annotated[str, Form()] = "") -> Response:
    """Preview a pasted list."""
    return _read(hub, jobs, visitor, lists.pasted(hub, visitor, parts, most=hub.settings.max_bulk_publish_size))


@router.post("/upload", response_model=None)
def upload(hub: TheHub, jobs: ThePlanJobs, visitor: Publisher, file: UploadFile) -> Response:
    """Preview a file, which a separate process reads."""
    name = file.filename or "file"
    draft = lists.uploaded(hub, visitor, file.file.read(), name, most=hub.settings.max_bulk_publish_size)
    return _read(hub, jobs, visitor, draft)


@router.post("/{draft_id}/choose", response_model=None)
def choose(draft_id: UUID, hub: TheHub, visitor: Publisher, chosen: MappingForm) -> Response:
    """Read the same list again, from the sheet and column that were chosen."""
    draft = lists.read_again(hub, visitor, draft_id, chosen, most=hub.settings.max_bulk_publish_size)
    return go(f"/console/publish/{draft.id}")


def _read(hub: Hub, jobs: PlanJobs, visitor: Visitor, draft: Draft) -> Response:
    """A clean list becomes a plan at once; a list with skipped lines is previewed first."""
    if lists.is_clear(draft):
        return planned(hub, jobs, visitor, draft.part_numbers, lists.run_name(draft), draft=draft)
    return go(f"/console/publish/{draft.id}")


@router.post("/run/{batch_id}", response_model=None)
def from_run(batch_id: UUID, hub: TheHub, jobs: ThePlanJobs, visitor: Publisher) -> Response:
    """Create a plan for the publishable results of a search. If they exceed the limit, new parts come first."""

    def step(work: Work) -> tuple[batches.Batch | None, list[str]]:
        return batches.get(work, batch_id), publish_items.publishable_of(work, batch_id, new_first=True)

    batch, found = hub.database.run(step)
    if batch is None:
        raise NotFound("This run doesn't exist or was deleted.", code="batch_not_found")
    if not found:
        return go(f"/console/runs/{batch_id}", said="nothing-to-publish")
    name = brief(batch.options.source or f"search {str(batch_id)[:8]}", _LONGEST_NAME)
    return planned(hub, jobs, visitor, found, name)


@router.get("/{draft_id}")
def preview(draft_id: UUID, request: Request, hub: TheHub, visitor: Publisher) -> HTMLResponse:
    """Preview a list with invalid lines."""
    draft = hub.database.run(lambda work: lists.draft_for(work, draft_id, visitor), hurry=True)
    return page(request, "pages/publish_preview.html", draft=draft)


@router.post("/{draft_id}/plan", response_model=None)
def plan_draft(
    draft_id: UUID,
    hub: TheHub,
    jobs: ThePlanJobs,
    visitor: Publisher,
    accept: Annotated[list[str] | None, Form()] = None,
    *,
    accept_all: Annotated[bool, Form()] = False,
) -> Response:
    """Create a plan for the valid lines and the confirmed ones. The draft is the idempotency key."""
    draft = hub.database.run(lambda work: lists.draft_for(work, draft_id, visitor))
    numbers, word = lists.confirmed(draft, accept or (), all_flagged=accept_all)
    if not numbers:
        return go("/console/publish", said="empty-list")
    if word:
        taken = PartList(numbers, [], [], 0, 0)
        draft = lists.draft_of(hub, visitor, taken, draft.source, draft_id=uuid5(draft.id, word))
    return planned(hub, jobs, visitor, numbers, lists.run_name(draft), draft=draft)


@router.get("/{draft_id}/plan", response_model=None)
def under_way(draft_id: UUID, request: Request, hub: TheHub, jobs: ThePlanJobs, visitor: Publisher) -> Response:
    """The progress of a plan for a long list, and the plan once it exists."""
    draft = hub.database.run(lambda work: lists.draft_for(work, draft_id, visitor), hurry=True)
    asked = _asked(hub, visitor, draft.part_numbers, lists.run_name(draft), draft.id)
    if (made := hub.intake.known(asked)) is not None:
        return _there(made, capped=len(draft.part_numbers) > len(asked.part_numbers), request=request)
    return page(request, "pages/publish_planning.html", draft=draft, progress=jobs.progress(draft.id))


def planned(
    hub: Hub, jobs: PlanJobs, visitor: Visitor, numbers: Sequence[str], source: str, *, draft: Draft | None = None
) -> Response:
    """Create a plan for these part numbers, up to the limit of one plan, and go to it.

    Each new part is looked up in the store, so a long list takes a while: the page shows its progress.
    """
    asked = _asked(hub, visitor, numbers, source, draft.id if draft else None)
    if len(asked.part_numbers) > AT_ONCE:
        if draft is None:
            draft = lists.draft_of(hub, visitor, PartList(list(numbers), [], [], 0, 0), source)
        jobs.begin(draft.id, _asked(hub, visitor, numbers, source, draft.id))
        return go(f"/console/publish/{draft.id}/plan")
    accepted, _ = plans_of.make_at_once(hub, asked)
    return _there(accepted, capped=len(numbers) > len(asked.part_numbers))


def _asked(hub: Hub, visitor: Visitor, numbers: Sequence[str], source: str, draft: UUID | None) -> PublishRequest:
    most = hub.settings.max_bulk_publish_size
    return PublishRequest(
        part_numbers=list(numbers[:most]),
        owner=visitor.owner,
        idempotency_key=f"draft {draft} publish" if draft else None,
        plan=True,
        source=f"{source} (first {most:,})" if len(numbers) > most else source,
    )


def _there(made: Accepted, *, capped: bool, request: Request | None = None) -> Response:
    said = "planned-before" if request is None and not made.is_new else "planned-capped" if capped else "planned"
    response = go(f"/console/plans/{made.batch.id}", said=said)
    if (
        request is not None and "hx-request" in request.headers
    ):  # a script follows this header instead of fetching the page
        return Response(headers={"HX-Redirect": response.headers["location"]})
    return response
