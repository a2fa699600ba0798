"""The rows of notification targets: whom people chose to notify, of what, and whether it works."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, get_args
from uuid import UUID

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.health.posting import GONE

Kind = Literal["slack", "teams", "webhook", "email"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Someone who is notified.

    Attributes:
        address: a webhook's URL, which is a secret, or e-mail addresses separated by commas.
        secret: signs what is posted to a webhook; empty: unsigned.
        events: names of `events.EVERY`.
        author: who created it; their runs are "my runs".
        failures: failed attempts since the last success.
        failure_code: `webhook_gone` if its receiver removed the webhook.
        failure: what the last attempt met, and what to do.
    """

    id: int
    name: str
    kind: Kind
    address: str = field(repr=False)
    secret: str = field(repr=False)
    events: tuple[str, ...]
    is_on: bool
    author: str
    created_at: datetime
    updated_at: datetime
    delivered_at: datetime | None
    failures: int
    failing_since: datetime | None
    failure_code: str | None
    failure: str | None

    @property
    def channel(self) -> str:
        """Its channel among the notifications."""
        return f"target:{self.id}"

    @property
    def shown_address(self) -> str:
        """The address for people: e-mail addresses as they are, of a URL only the host."""
        if self.kind == "email":
            return self.address
        return f"{self.address.partition('://')[2].partition('/')[0].partition('?')[0].rpartition('@')[2]}/\u2026"


@dataclass(frozen=True, slots=True)
class Failing:
    """A target that people should correct: `failure` says what happened and what to do."""

    name: str
    failure: str


@dataclass(frozen=True, slots=True)
class EndedRun:
    """A run whose end a target wants to be notified of."""

    batch_id: UUID
    target_id: int


def every(work: Work) -> list[Target]:
    """All targets, by name."""
    return work.records(Target, _SQL["every"])


def switched_on(work: Work) -> list[Target]:
    """The targets that are notified."""
    return work.records(Target, _SQL["switched_on"])


def get(work: Work, target_id: int) -> Target | None:
    """One target, or None."""
    return work.record(Target, _SQL["get"], [target_id])


def add(
    work: Work, *, name: str, kind: Kind, address: str, secret: str, events: Sequence[str], is_on: bool, author: str
) -> int | None:
    """Add a target. Returns its id; None if the name is taken."""
    return work.value(
        _SQL["add"],
        {
            "name": name,
            "kind": kind,
            "address": address,
            "secret": secret,
            "events": list(events),
            "is_on": is_on,
            "author": author,
        },
    )


def name_is_taken(work: Work, name: str, *, except_of: int) -> bool:
    """True if another target has this name."""
    return bool(work.value(_SQL["name_is_taken"], [name, except_of]))


def save(work: Work, target: Target) -> None:
    """Save a change, and try at once what waits for the target."""
    work.do(
        _SQL["save"],
        {
            "id": target.id,
            "name": target.name,
            "address": target.address,
            "secret": target.secret,
            "events": list(target.events),
            "is_on": target.is_on,
        },
    )
    work.do(_SQL["try_now"], [target.channel])


def remove(work: Work, target: Target) -> None:
    """Remove a target, and what waits for it."""
    work.do(_SQL["remove"], [target.id])
    work.do(_SQL["drop_waiting"], [target.channel])


def delivered(work: Work, target_id: int) -> None:
    """Record that it accepted a message."""
    work.do(_SQL["delivered"], [target_id])


def failed(work: Work, target_id: int, *, code: str, said: str) -> None:
    """Record that it did not accept a message."""
    work.do(_SQL["failed"], [code, said[:500], target_id])


def failing(work: Work) -> list[Failing]:
    """The targets that people should correct, the longest failing first."""
    return work.records(Failing, _SQL["failing"], [GONE])


def ended_runs(work: Work, *, sync: str, most: int) -> list[EndedRun]:
    """Runs that ended within a day, for each target that wants them and does not have them yet.

    Args:
        work: the transaction.
        sync: the owner name of runs that sync starts; these are not a person's own runs.
        most: the largest number of runs to return.
    """
    return work.records(EndedRun, _SQL["ended_runs"], {"sync": sync, "most": most})
