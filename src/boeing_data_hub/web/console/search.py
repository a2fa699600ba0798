"""/console/search: a list comes in, is shown with what it would cost, and starts only when a person says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request, Response, UploadFile
from fastapi.responses import HTMLResponse

from boeing_data_hub import sandbox
from boeing_data_hub.errors import BadInput, NotFound
from boeing_data_hub.extraction.forecast import search_cost
from boeing_data_hub.hub import Hub
from boeing_data_hub.intake import part_list
from boeing_data_hub.intake.part_list import PartList
from boeing_data_hub.intake.run import SearchRequest
from boeing_data_hub.intake.spreadsheet import read_upload
from boeing_data_hub.store import drafts
from boeing_data_hub.store.drafts import Draft, Forecast
from boeing_data_hub.store.work import Work
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console.figures import brief, limit
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Operator, Visitor

router = APIRouter(prefix="/search")

SAMPLE: Final = Path(sandbox.__file__).parent / "part-numbers.csv"
_SHOWN = 200  # of duplicates and of refused lines
_LONGEST_NAME = 120


@router.get("")
def show(request: Request, hub: TheHub, _visitor: Operator) -> HTMLResponse:
    """The two ways in: paste, or a file."""
    return page(request, "pages/search.html", most=hub.intake.rules.max_search)


@router.post("/paste", response_model=None)
def paste(hub: TheHub, visitor: Operator, parts: Annotated[str, Form()] = "") -> Response:
    """Read a pasted list."""
    found = part_list.from_text(parts, max_parts=hub.intake.rules.max_search)
    return _drafted(hub, visitor, found, "Pasted list")


@router.post("/upload", response_model=None)
def upload(hub: TheHub, visitor: Operator, file: UploadFile) -> Response:
    """Read a file, in a process of its own."""
    name = file.filename or "file"
    found = read_upload(file.file.read(), name, max_parts=hub.intake.rules.max_search)
    return _drafted(hub, visitor, found, brief(Path(name).name, _LONGEST_NAME))


@router.post("/sample", response_model=None)
def sample(hub: TheHub, visitor: Operator) -> Response:
    """Read the list that comes with the hub."""
    found = part_list.from_file_text(SAMPLE.read_text(encoding="utf-8"), max_parts=hub.intake.rules.max_search)
    return _drafted(hub, visitor, found, "Sample list")


def keep(hub: Hub, visitor: Visitor, numbers: Sequence[str], source: str) -> Response:
    """Keep part numbers that are clean already, and show what they would cost."""
    return _drafted(hub, visitor, PartList(list(numbers), [], [], 0, 0), source)


def _drafted(hub: Hub, visitor: Visitor, found: PartList, source: str) -> Response:
    if not found.part_numbers and not found.rejected_count:
        raise BadInput("The list holds no part number. Nothing was started.", code="empty_list")
    return go(f"/console/search/{draft_of(hub, visitor, found, source).id}")


def draft_of(hub: Hub, visitor: Visitor, found: PartList, source: str, *, draft_id: UUID | None = None) -> Draft:
    """A list that was read, kept until its owner says what is to become of it; one of this id is kept only once."""
    draft = Draft(
        id=draft_id or uuid4(),
        owner=visitor.owner,
        source=source,
        part_numbers=found.part_numbers,
        duplicates=[asdict(one) for one in found.duplicates[:_SHOWN]],
        rejected=[asdict(one) for one in found.rejected[:_SHOWN]],
        duplicate_count=found.duplicate_count,
        rejected_count=found.rejected_count,
    )
    hub.database.run(lambda work: drafts.keep(work, draft), patience=5)
    return draft


def draft_for(work: Work, draft_id: UUID, visitor: Visitor) -> Draft:
    """A draft of this person. Raises NotFound."""
    draft = drafts.get(work, draft_id, owner=visitor.owner)
    if draft is None:
        raise NotFound("This list is no longer kept: drafts last a day. Bring it again.", code="draft_not_found")
    return draft


@router.get("/{draft_id}")
def preview(draft_id: UUID, request: Request, hub: TheHub, visitor: Operator) -> HTMLResponse:
    """What is good, doubled and refused, and what a search would cost."""

    def step(work: Work) -> tuple[Draft, Forecast]:
        draft = draft_for(work, draft_id, visitor)
        return draft, drafts.forecast(work, draft, younger_than=hub.intake.rules.reuse_fresh_for)

    draft, forecast = hub.database.run(step, hurry=True)
    return page(
        request,
        "pages/search_preview.html",
        draft=draft,
        forecast=forecast,
        reuse_for=hub.intake.rules.reuse_fresh_for,
        limit=limit(hub.boeing_limit),
        asking=cost(hub, len(draft.part_numbers) - forecast.fresh, forecast.ahead),
        asking_all=cost(hub, len(draft.part_numbers), forecast.ahead),
    )


def cost(hub: Hub, parts: int, ahead: int) -> dict[str, Any]:
    """Boeing calls for so many parts, and seconds as a range: alone, and with those who wait taking their turns."""
    reckoned = search_cost(parts, batch_size=hub.intake.rules.batch_size, limit=hub.boeing_limit, ahead=ahead)
    return {
        "calls": reckoned.calls[0],
        "low": reckoned.seconds[0],
        "high": reckoned.seconds[1],
        "unlimited": not reckoned.spacing,
    }


@router.post("/{draft_id}/start", response_model=None)
def start(
    draft_id: UUID,
    hub: TheHub,
    visitor: Operator,
    ask: Annotated[Literal["missing", "all"], Form()] = "missing",
) -> Response:
    """Start it. The draft is the idempotency key, so that a second click finds the same run."""
    draft = hub.database.run(lambda work: draft_for(work, draft_id, visitor))
    if not draft.part_numbers:
        return go("/console/search", said="empty-list")
    accepted = hub.intake.search(
        SearchRequest(
            part_numbers=draft.part_numbers,
            owner=visitor.owner,
            idempotency_key=f"draft {draft.id} {ask}",
            force_refresh=ask == "all",
            source=draft.source,
        )
    )
    return go(f"/console/runs/{accepted.batch.id}", said="started" if accepted.is_new else "started-before")
