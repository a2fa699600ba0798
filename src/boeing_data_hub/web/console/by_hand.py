"""/console/part/{number}: what a person does to a part: edit what is kept of it by hand, exclude it, publish it."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Response
from pydantic import ValidationError

from boeing_data_hub.errors import BadInput, NotFound
from boeing_data_hub.hub import Hub
from boeing_data_hub.store import hand_data, staging
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.api.shopify import HandData, change_by_hand
from boeing_data_hub.web.console import publish
from boeing_data_hub.web.console.making import TheMaking
from boeing_data_hub.web.console.part import number_of
from boeing_data_hub.web.console.rendering import go
from boeing_data_hub.web.console.visitors import Publisher, Visitor
from boeing_data_hub.web.limits import STORABLE

router = APIRouter(prefix="/part")

_NAMES = {
    "trace": "Trace",
    "expiration_date": "Expiration date",
    "notes": "Notes",
    "condition": "Condition",
    "cert": "Certificate",
    "price_override": "Price",
}
Text = Annotated[str, Form(max_length=6000, pattern=STORABLE)]


def _staged(hub: Hub, part: str) -> None:
    if hub.database.run(lambda work: staging.get(work, part)) is None:
        raise NotFound("No product is staged under this number. Search for it first.", code="product_not_found")


def _page(part: str, said: str) -> Response:
    return go(f"/console/part/{quote(part, safe='')}", said=said)


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
) -> Response:
    """Keep what the form says; an empty field is cleared. It counts from the next publishing on."""
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
    try:
        wanted = HandData.model_validate({name: text.strip() or None for name, text in sent.items()})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise BadInput(f"{_NAMES.get(name, name)}: {first['msg']}. Nothing was changed.") from None
    before = hub.database.run(lambda work: hand_data.get(work, part)) or {}
    change_by_hand(hub, part, wanted, visitor.owner)
    same = all(before.get(name) == getattr(wanted, name) for name in sent)
    return _page(part, "not-edited" if same else "edited")


@router.post("/{number:path}/exclude", response_model=None)
def exclude(number: str, hub: TheHub, visitor: Publisher) -> Response:
    """Do not publish this part until it is included again."""
    return _excluded(number, hub, visitor, excluded=True)


@router.post("/{number:path}/include", response_model=None)
def include(number: str, hub: TheHub, visitor: Publisher) -> Response:
    """Let it be published again."""
    return _excluded(number, hub, visitor, excluded=False)


def _excluded(number: str, hub: Hub, visitor: Visitor, *, excluded: bool) -> Response:
    part = number_of(number)
    _staged(hub, part)
    change_by_hand(hub, part, HandData(excluded=excluded), visitor.owner)
    return _page(part, "excluded" if excluded else "included")


@router.post("/{number:path}/publish", response_model=None)
def publish_part(number: str, hub: TheHub, making: TheMaking, visitor: Publisher) -> Response:
    """Plan the publishing of this part alone."""
    part = number_of(number)
    _staged(hub, part)
    return publish.planned(hub, making, visitor, [part], f"One part: {part}")
