"""/console/part/{number}: actions on a part: edit its overrides, exclude it, publish it."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Form, Response
from pydantic import ValidationError

from boeing_data_hub.app import Hub
from boeing_data_hub.catalogue import overrides, staging
from boeing_data_hub.catalogue.staged_part import NO_OVERRIDE
from boeing_data_hub.errors import BadInput, NotFound
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.api.shopify import HandData, change_by_hand
from boeing_data_hub.web.console import publish
from boeing_data_hub.web.console.part_numbers import number_of
from boeing_data_hub.web.console.plan_jobs import ThePlanJobs
from boeing_data_hub.web.console.rendering import go
from boeing_data_hub.web.console.visitors import Publisher, Visitor
from boeing_data_hub.web.limits import STORABLE

router = APIRouter(prefix="/part")

_RIGHT = {
    "trace": "Trace can have at most 2,000 characters.",
    "expiration_date": "Enter the expiration date as YYYY-MM-DD.",
    "notes": "Notes can have at most 5,000 characters.",
    "condition": "Condition can have at most 3 characters.",
    "cert": "Certificate can have at most 100 characters.",
    "price_override": "Enter a price above 0 with at most two decimals, like 123.45.",
}
Text = Annotated[str, Form(max_length=6000, pattern=STORABLE)]


def _staged(hub: Hub, part: str) -> None:
    if hub.database.run(lambda work: staging.get(work, part)) is None:
        raise NotFound("This part isn't in the catalog. Search for it first.", code="product_not_found")


def _page(part: str, said: str, *, undo: str | None = None) -> Response:
    return go(f"/console/part/{quote(part, safe='')}", said=said, undo=undo)


@router.post("/{number:path}/edit", response_model=None)
def edit(
    number: str,
    hub: TheHub,
    visitor: Publisher,
    trace: Text = "",
    expiration_date: Text = "",
    notes: Text = "",
    condition: Text = "",
    cert: Text = "",
    price_override: Text = "",
    shown: Annotated[str, Form(max_length=60_000, pattern=STORABLE)] = "{}",
) -> Response:
    """Save the fields that were changed. An empty field is cleared. Applies from the next publish.

    `shown` holds the values in the form when it was opened: another person may have changed the other fields since.
    """
    part = number_of(number)
    _staged(hub, part)
    sent: dict[str, Any] = {
        "trace": trace,
        "expiration_date": expiration_date,
        "notes": notes.replace("\r\n", "\n"),
        "condition": condition,
        "cert": cert,
        "price_override": price_override.replace(",", "").replace(" ", ""),
    }
    changes = {name: text.strip() or None for name, text in sent.items() if text != _filled(shown).get(name)}
    try:
        wanted = HandData.model_validate(changes)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise BadInput(f"{_RIGHT.get(name, f'Check the field {name}.')} Nothing was saved.") from None
    before = hub.database.run(lambda work: overrides.get(work, part)) or NO_OVERRIDE
    change_by_hand(hub, part, wanted, visitor.owner)
    same = all(getattr(before, name) == getattr(wanted, name) for name in changes)
    return _page(part, "not-edited" if same else "edited")


def _filled(shown: str) -> dict[str, str]:
    try:
        return msgspec.json.decode(shown, type=dict[str, str])
    except msgspec.DecodeError:
        raise BadInput("The form is incomplete. Reload the page and try again. Nothing was saved.") from None


@router.post("/{number:path}/exclude", response_model=None)
def exclude(number: str, hub: TheHub, visitor: Publisher) -> Response:
    """Exclude this part from publishing."""
    return _excluded(number, hub, visitor, excluded=True)


@router.post("/{number:path}/include", response_model=None)
def include(number: str, hub: TheHub, visitor: Publisher) -> Response:
    """Include the part in publishing again."""
    return _excluded(number, hub, visitor, excluded=False)


def _excluded(number: str, hub: Hub, visitor: Visitor, *, excluded: bool) -> Response:
    part = number_of(number)
    _staged(hub, part)
    change_by_hand(hub, part, HandData(excluded=excluded), visitor.owner)
    at = hub.database.run(lambda work: overrides.changed_at(work, part))
    return _page(part, "excluded" if excluded else "included", undo=at.isoformat() if at else None)


@router.post("/{number:path}/publish", response_model=None)
def publish_part(number: str, hub: TheHub, jobs: ThePlanJobs, visitor: Publisher) -> Response:
    """Create a plan for this part."""
    part = number_of(number)
    _staged(hub, part)
    return publish.planned(hub, jobs, visitor, [part], part)
