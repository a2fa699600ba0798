"""/console/undo: takes back the change that a page has just confirmed. The notice of the confirmation has the form."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from boeing_data_hub.app import Hub
from boeing_data_hub.batches.open_failures import OpenFailures
from boeing_data_hub.catalogue import excluding
from boeing_data_hub.errors import BadInput
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console.rendering import local_path
from boeing_data_hub.web.console.visitors import Viewer, Visitor, insist
from boeing_data_hub.web.limits import STORABLE
from boeing_data_hub.work.open_failures import FailureFilter, Kind

router = APIRouter(prefix="/undo")

What = Literal["excluded", "included", "failures-ignored"]
_KINDS: Final = ("search", "publish", "undo")


def ignored(kind: Kind, at: datetime) -> str:
    """The mark of ignored failures, for their undo."""
    return f"{kind}@{at.isoformat()}"


@router.post("", response_model=None)
def undo(
    hub: TheHub,
    visitor: Viewer,
    what: Annotated[What, Form()] = "excluded",
    mark: Annotated[str, Form(max_length=60, pattern=STORABLE)] = "",
    back: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Take back one change that the visitor made, known by its moment."""
    changed = _ignored(hub, visitor, mark) if what == "failures-ignored" else _excluded(hub, visitor, what, mark)
    path, _, query = local_path(back).partition("?")
    kept = [(name, value) for name, value in parse_qsl(query) if name not in {"said", "undo"}]
    said = "undone" if changed else "not-undone"
    return RedirectResponse(f"{path}?{urlencode([*kept, ('said', said)])}", 303)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise BadInput("The form is incomplete. Nothing was changed.")
    return found


def _excluded(hub: Hub, visitor: Visitor, what: What, mark: str) -> int:
    insist(visitor, "publish")
    at = _moment(mark)
    excluded = what == "excluded"
    return hub.database.run(
        lambda work: excluding.take_back(work, at, excluded=excluded, actor=visitor.owner), patience=20
    ).parts


def _ignored(hub: Hub, visitor: Visitor, mark: str) -> int:
    kind, _, at = mark.partition("@")
    insist(visitor, "search" if kind == "search" else "publish")
    if kind not in _KINDS:
        raise BadInput("The form is incomplete. Nothing was changed.")
    wanted = FailureFilter(kind=kind, ignored=True, ignored_by=visitor.owner, ignored_at=_moment(at))
    failures = OpenFailures(hub.database, hub.intake, most_searched=hub.settings.max_bulk_search_size)
    return failures.reopen(wanted, actor=visitor.owner).parts
