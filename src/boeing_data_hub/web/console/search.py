"""/console/search: a list is previewed with an estimate, and the search starts when a person confirms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response, UploadFile
from fastapi.responses import HTMLResponse

from boeing_data_hub import plugins
from boeing_data_hub.app import Hub
from boeing_data_hub.batches import drafts
from boeing_data_hub.batches.drafts import Draft, Forecast
from boeing_data_hub.batches.lists import part_list
from boeing_data_hub.batches.lists.part_list import PartList
from boeing_data_hub.batches.run import SearchRequest
from boeing_data_hub.boeing.forecast import search_cost
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import BadInput, NotFound
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console import lists
from boeing_data_hub.web.console.figures import limit
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Operator, Visitor
from boeing_data_hub.web.list_forms import MappingForm

router = APIRouter(prefix="/search")


@router.get("")
def show(request: Request, hub: TheHub, _visitor: Operator) -> HTMLResponse:
    """The form: paste a list, upload a file, or take the sample list."""
    has_sample = plugins.sample_list() is not None
    return page(request, "pages/search.html", most=hub.settings.max_bulk_search_size, has_sample=has_sample)


@router.post("/paste", response_model=None)
def paste(hub: TheHub, visitor: Operator, parts: Annotated[str, Form()] = "") -> Response:
    """Preview a pasted list."""
    return _shown(lists.pasted(hub, visitor, parts, most=hub.settings.max_bulk_search_size))


@router.post("/upload", response_model=None)
def upload(hub: TheHub, visitor: Operator, file: UploadFile) -> Response:
    """Preview a file, which a separate process reads."""
    name = file.filename or "file"
    return _shown(lists.uploaded(hub, visitor, file.file.read(), name, most=hub.settings.max_bulk_search_size))


@router.post("/sample", response_model=None)
def sample(hub: TheHub, visitor: Operator) -> Response:
    """Preview the sample list of the sandbox."""
    path = plugins.sample_list()
    if path is None:
        raise NotFound("The sample list comes with the sandbox, which is not installed here. Nothing was started.")
    content = path.read_bytes()
    found = part_list.from_text(content.decode(), max_parts=hub.settings.max_bulk_search_size)
    return _shown(lists.draft_of(hub, visitor, found, "Sample list", content=content))


@router.post("/{draft_id}/choose", response_model=None)
def choose(draft_id: UUID, hub: TheHub, visitor: Operator, chosen: MappingForm) -> Response:
    """Read the same list again, from the sheet and column that were chosen."""
    return _shown(lists.read_again(hub, visitor, draft_id, chosen, most=hub.settings.max_bulk_search_size))


def keep(hub: Hub, visitor: Visitor, numbers: Sequence[str], source: str) -> Response:
    """Save part numbers that are clean already as a draft, and preview it."""
    if not numbers:
        raise BadInput("The list has no valid part numbers. Nothing was started.", code="empty_list")
    return _shown(lists.draft_of(hub, visitor, PartList(list(numbers), [], [], 0, 0), source))


def _shown(draft: Draft) -> Response:
    return go(f"/console/search/{draft.id}")


@router.get("/{draft_id}")
def preview(draft_id: UUID, request: Request, hub: TheHub, visitor: Operator) -> HTMLResponse:
    """Part numbers, duplicates and invalid lines, and what a search would cost."""

    def step(work: Work) -> tuple[Draft, Forecast]:
        draft = lists.draft_for(work, draft_id, visitor)
        return draft, drafts.forecast(work, draft, younger_than=hub.settings.hub_reuse_fresh_for)

    draft, forecast = hub.database.run(step, hurry=True)
    return page(
        request,
        "pages/search_preview.html",
        draft=draft,
        forecast=forecast,
        reuse_for=hub.settings.hub_reuse_fresh_for,
        limit=limit(hub.boeing_limit),
        asking=cost(hub, len(draft.part_numbers) - forecast.fresh, forecast.ahead),
        asking_all=cost(hub, len(draft.part_numbers), forecast.ahead),
    )


@dataclass(frozen=True, slots=True)
class Cost:
    """What a search would take.

    Attributes:
        calls: Boeing calls.
        low: seconds, if it runs alone.
        high: seconds, if it takes turns with the runs that wait.
        unlimited: True if no rate limit is set.
    """

    calls: int
    low: float
    high: float
    unlimited: bool


def cost(hub: Hub, parts: int, ahead: int) -> Cost:
    """The cost of searching for so many parts while `ahead` parts of other runs wait."""
    found = search_cost(parts, batch_size=hub.settings.boeing_batch_size, limit=hub.boeing_limit, ahead=ahead)
    return Cost(found.calls[0], found.seconds[0], found.seconds[1], unlimited=not found.spacing)


@router.post("/{draft_id}/start", response_model=None)
def start(
    draft_id: UUID,
    hub: TheHub,
    visitor: Operator,
    ask: Annotated[Literal["missing", "all"], Form()] = "missing",
    accept: Annotated[list[str] | None, Form()] = None,
    *,
    accept_all: Annotated[bool, Form()] = False,
    urgent: Annotated[bool, Form()] = False,
) -> Response:
    """Start the search, with the flagged numbers that were confirmed.

    The draft is the idempotency key: a second click returns the same run.
    """
    draft = hub.database.run(lambda work: lists.draft_for(work, draft_id, visitor))
    numbers, word = lists.confirmed(draft, accept or (), all_flagged=accept_all)
    if not numbers:
        return go("/console/search", said="empty-list")
    columns, cells = lists.other_columns(hub, visitor, draft, numbers)
    accepted = hub.intake.search(
        SearchRequest(
            part_numbers=numbers,
            owner=visitor.owner,
            idempotency_key=f"draft {draft.id} {ask}{word}{' urgent' if urgent else ''}",
            force_refresh=ask == "all",
            urgent=urgent,
            source=lists.run_name(draft),
            columns=columns,
            cells=cells,
        )
    )
    return go(f"/console/runs/{accepted.batch.id}", said="started" if accepted.is_new else "started-before")
