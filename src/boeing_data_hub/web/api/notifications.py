"""/api/notifications: who is notified, of what, and whether it works."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field, SecretStr

from boeing_data_hub.health import events, targets
from boeing_data_hub.health.target_desk import Editor, Wanted
from boeing_data_hub.health.targets import Kind, Target
from boeing_data_hub.web.access import Principal, Reader, Searcher, TheHub
from boeing_data_hub.web.bodies import Body, Flag
from boeing_data_hub.web.limits import LARGEST_ID, STORABLE
from boeing_data_hub.web.problems import may

router = APIRouter(prefix="/api/notifications", tags=["notifications"])

TargetId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=STORABLE)]
Events = Annotated[
    list[Annotated[str, Field(max_length=60, json_schema_extra={"enum": list(events.EVERY)})]],
    Field(min_length=1, max_length=50, description="Names from `GET /api/notifications/events`."),
]
_ADDRESS = "A webhook's https URL, which is never shown again, or e-mail addresses separated by commas."
_SECRET = "Of a webhook: signs what is posted, as Standard Webhooks has it. Never shown again."  # noqa: S105 - a text


class NewTargetBody(Body):
    """A notification target to add."""

    name: Name
    kind: Kind
    address: Annotated[SecretStr, Field(max_length=2000, description=_ADDRESS)]
    secret: Annotated[SecretStr, Field(max_length=500, description=_SECRET)] = SecretStr("")
    events: Events
    is_on: Flag = True


class TargetBody(Body):
    """A change of a notification target."""

    name: Name
    events: Events
    is_on: Flag = True
    address: Annotated[SecretStr | None, Field(max_length=2000, description=f"{_ADDRESS} Null: unchanged.")] = None
    secret: Annotated[SecretStr | None, Field(max_length=500, description=f"{_SECRET} Null: unchanged.")] = None


class TargetResponse(BaseModel):
    """A notification target, without its secrets."""

    id: int
    name: str
    kind: Kind
    address: str = Field(description="E-mail addresses; of a webhook only the host.")
    is_signed: bool
    events: list[str]
    is_on: bool
    author: str = Field(description="Whose runs `my_runs` means.")
    created_at: datetime
    updated_at: datetime
    delivered_at: datetime | None = Field(description="When it last accepted a message.")
    failing_since: datetime | None = Field(description="Null: the last message was accepted.")
    failure: str | None = Field(description="What happened, and what to do.")

    @classmethod
    def of(cls, target: Target) -> TargetResponse:
        """The same in the API's form."""
        return cls(
            id=target.id,
            name=target.name,
            kind=target.kind,
            address=target.shown_address,
            is_signed=bool(target.secret),
            events=list(target.events),
            is_on=target.is_on,
            author=target.author,
            created_at=target.created_at,
            updated_at=target.updated_at,
            delivered_at=target.delivered_at,
            failing_since=target.failing_since,
            failure=target.failure,
        )


class TargetsResponse(BaseModel):
    """All notification targets."""

    targets: list[TargetResponse]


class EventResponse(BaseModel):
    """Something that a target can be notified of."""

    name: str
    meaning: str
    is_group: bool


class EventsResponse(BaseModel):
    """Everything that a target can be notified of."""

    events: list[EventResponse]


class TestedResponse(BaseModel):
    """How a test went."""

    delivered: bool
    message: str


def _editor(principal: Principal) -> Editor:
    return Editor(principal.owner, is_admin="admin" in principal.scopes)


def _plain(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


@router.get("/events")
def list_notification_events(_principal: Reader) -> EventsResponse:
    """The events, and groups of events, that a target can choose."""
    found = [
        EventResponse(name=name, meaning=meaning, is_group=name in events.GROUPS)
        for name, meaning in events.EVERY.items()
    ]
    return EventsResponse(events=found)


@router.get("/targets")
def list_notification_targets(hub: TheHub, _principal: Reader) -> TargetsResponse:
    """All targets, by name. Receivers in the settings are not included."""
    found = hub.database.run(targets.every)
    return TargetsResponse(targets=[TargetResponse.of(one) for one in found])


@router.post("/targets", status_code=201, responses=may(409))
def add_notification_target(body: NewTargetBody, hub: TheHub, principal: Searcher) -> TargetResponse:
    """Add a target. Nothing is sent to it; test it afterwards."""
    wanted = Wanted(
        name=body.name, events=body.events, is_on=body.is_on, address=_plain(body.address), secret=_plain(body.secret)
    )
    return TargetResponse.of(hub.upkeep.targets.add(body.kind, wanted, _editor(principal)))


@router.put("/targets/{target_id}", responses=may(409))
def edit_notification_target(target_id: TargetId, body: TargetBody, hub: TheHub, principal: Searcher) -> TargetResponse:
    """Change a target: your own, or with the scope `admin` any. What waits for it is tried at once."""
    wanted = Wanted(
        name=body.name, events=body.events, is_on=body.is_on, address=_plain(body.address), secret=_plain(body.secret)
    )
    return TargetResponse.of(hub.upkeep.targets.edit(target_id, wanted, _editor(principal)))


@router.delete("/targets/{target_id}", status_code=204)
def remove_notification_target(target_id: TargetId, hub: TheHub, principal: Searcher) -> None:
    """Remove a target, and the messages that wait for it."""
    hub.upkeep.targets.remove(target_id, _editor(principal))


@router.post("/targets/{target_id}/test")
def test_notification_target(target_id: TargetId, hub: TheHub, principal: Searcher) -> TestedResponse:
    """Send a test message now, and say what the receiver answered."""
    tested = hub.upkeep.targets.test(target_id, _editor(principal))
    return TestedResponse(delivered=tested.is_delivered, message=tested.message)
