"""/console/settings/notifications: who is notified of what; add, change, test and remove."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.app import Hub
from boeing_data_hub.db import api_keys
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import Refused
from boeing_data_hub.health import events, targets
from boeing_data_hub.health.notice import EMAIL
from boeing_data_hub.health.target_desk import Editor, Tested, Wanted
from boeing_data_hub.health.targets import Kind, Target
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Operator, Viewer, Visitor
from boeing_data_hub.web.limits import STORABLE

router = APIRouter(prefix="/settings/notifications")

_PAGE = "/console/settings/notifications"
Name = Annotated[str, Form(max_length=100, pattern=STORABLE)]
Address = Annotated[str, Form(max_length=2000, pattern=STORABLE)]
Secret = Annotated[str, Form(max_length=500, pattern=STORABLE)]
Events = Annotated[list[str] | None, Form(max_length=50)]
Box = Annotated[str, Form(max_length=5)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a form held that could not be saved, and why. Addresses of webhooks are not shown again.

    Attributes:
        target_id: the target whose form it was; 0: the form for a new one.
    """

    wrong: str = ""
    target_id: int = 0
    name: str = ""
    kind: Kind = "slack"
    chosen: Sequence[str] = (events.URGENT,)
    is_on: bool = True


@dataclass(frozen=True, slots=True)
class TestedTarget:
    """The target that was tested, and how it went."""

    target_id: int
    outcome: Tested


def _editor(visitor: Visitor) -> Editor:
    return Editor(visitor.owner, is_admin=visitor.may("admin"))


def _shown(
    request: Request,
    hub: Hub,
    typed: Typed = Typed(),
    tested: TestedTarget | None = None,
    *,
    http_status: int = 200,
) -> HTMLResponse:
    def step(work: Work) -> tuple[list[Target], dict[str, str]]:
        return targets.every(work), api_keys.names(work)

    found, names = hub.database.run(step, hurry=True)
    return page(
        request,
        "pages/notifications.html",
        http_status=http_status,
        targets=found,
        names=names,
        groups=events.GROUPS,
        single=events.SINGLE,
        typed=typed,
        tested=tested,
        of_settings=sorted(hub.upkeep.channels),
        recipients=hub.settings.hub_digest_email_to if EMAIL in hub.upkeep.channels else (),
    )


@router.get("")
def show(request: Request, hub: TheHub, _visitor: Viewer) -> HTMLResponse:
    """All targets, and the form for a new one."""
    return _shown(request, hub)


@router.post("", response_model=None)
def add(
    request: Request,
    hub: TheHub,
    visitor: Operator,
    kind: Annotated[Kind, Form()],
    name: Name = "",
    address: Address = "",
    secret: Secret = "",
    event: Events = None,
) -> Response:
    """Add a target."""
    chosen = event or []
    try:
        hub.upkeep.targets.add(kind, Wanted(name=name, events=chosen, address=address, secret=secret), _editor(visitor))
    except Refused as refused:
        typed = Typed(wrong=refused.message, name=name, kind=kind, chosen=chosen)
        return _shown(request, hub, typed, http_status=refused.status)
    return go(_PAGE, said="target-added")


@router.post("/{target_id}", response_model=None)
def edit(
    target_id: int,
    request: Request,
    hub: TheHub,
    visitor: Operator,
    name: Name = "",
    address: Address = "",
    secret: Secret = "",
    event: Events = None,
    on: Box = "",
) -> Response:
    """Change a target. A blank address or secret stays as it is."""
    chosen, is_on = event or [], on == "yes"
    wanted = Wanted(name=name, events=chosen, is_on=is_on, address=address.strip() or None, secret=secret or None)
    try:
        hub.upkeep.targets.edit(target_id, wanted, _editor(visitor))
    except Refused as refused:
        typed = Typed(wrong=refused.message, target_id=target_id, name=name, chosen=chosen, is_on=is_on)
        return _shown(request, hub, typed, http_status=refused.status)
    return go(_PAGE, said="target-saved")


@router.post("/{target_id}/test")
def test(target_id: int, request: Request, hub: TheHub, visitor: Operator) -> HTMLResponse:
    """Send a test message now."""
    outcome = hub.upkeep.targets.test(target_id, _editor(visitor))
    return _shown(request, hub, tested=TestedTarget(target_id, outcome))


@router.post("/{target_id}/remove", response_model=None)
def remove(target_id: int, hub: TheHub, visitor: Operator) -> Response:
    """Remove a target."""
    hub.upkeep.targets.remove(target_id, _editor(visitor))
    return go(_PAGE, said="target-removed")
