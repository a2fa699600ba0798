"""Adding, changing, removing and testing notification targets, for the API and the console."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import uuid4

from boeing_data_hub.db import audit
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import BadInput, Conflict, Forbidden, HubError, NotFound
from boeing_data_hub.health import digest, events, targets
from boeing_data_hub.health.channels import Channels
from boeing_data_hub.health.notice import Document, Line, Section
from boeing_data_hub.health.targets import Kind, Target
from boeing_data_hub.settings.notices import is_mail_address

_MOST_TARGETS: Final = 100
_MOST_RECIPIENTS: Final = 20
_SEPARATORS: Final = re.compile(r"[,;\s]+")


@dataclass(frozen=True, slots=True)
class Editor:
    """Who changes targets: an administrator all of them, everybody else their own."""

    owner: str
    is_admin: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person entered.

    Attributes:
        address: None or empty: the one that is saved.
        secret: None: the one that is saved.
    """

    name: str
    events: Sequence[str]
    is_on: bool = True
    address: str | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Tested:
    """How a test went: `message` says what the receiver answered, and what to do."""

    is_delivered: bool
    message: str


class TargetDesk:
    """Changes targets.

    Args:
        database: Postgres.
        channels: checks addresses, and sends tests.
        console: URL of the console.
    """

    def __init__(self, database: Database, channels: Channels, *, console: str) -> None:
        self._database = database
        self._channels = channels
        self._console = console

    def add(self, kind: Kind, wanted: Wanted, editor: Editor) -> Target:
        """Add a target.

        Raises:
            BadInput: a value is invalid.
            Conflict: the name is taken, or there are very many.
        """
        name, chosen = _name(wanted.name), _events(wanted.events)
        address = self._address(kind, wanted.address or "")
        secret = wanted.secret or ""
        _check_secret(kind, secret)

        def step(work: Work) -> Target:
            if len(targets.every(work)) >= _MOST_TARGETS:
                raise Conflict(f"There are {_MOST_TARGETS} targets already. Remove one first.", code="too_many_targets")
            made = targets.add(
                work,
                name=name,
                kind=kind,
                address=address,
                secret=secret,
                events=chosen,
                is_on=wanted.is_on,
                author=editor.owner,
            )
            if made is None:
                raise _taken(name)
            details = {"name": name, "kind": kind, "events": list(chosen)}
            audit.record(work, actor=editor.owner, action="notifications.add", target=str(made), details=details)
            return _existing(work, made)

        return self._database.run(step, patience=5)

    def edit(self, target_id: int, wanted: Wanted, editor: Editor) -> Target:
        """Change a target. What waits for it is tried at once.

        Raises:
            NotFound: there is no such target.
            Forbidden: it is another person's.
            BadInput: a value is invalid.
            Conflict: the name is taken.
        """
        name, chosen = _name(wanted.name), _events(wanted.events)

        def step(work: Work) -> Target:
            found = _own(work, target_id, editor)
            _check_secret(found.kind, wanted.secret or "")
            if targets.name_is_taken(work, name, except_of=target_id):
                raise _taken(name)
            changed = replace(
                found,
                name=name,
                events=chosen,
                is_on=wanted.is_on,
                address=self._address(found.kind, wanted.address) if wanted.address else found.address,
                secret=found.secret if wanted.secret is None else wanted.secret,
            )
            targets.save(work, changed)
            details = {"name": name, "events": list(chosen), "on": wanted.is_on, "address": bool(wanted.address)}
            audit.record(work, actor=editor.owner, action="notifications.edit", target=str(target_id), details=details)
            return _existing(work, target_id)

        return self._database.run(step, patience=5)

    def remove(self, target_id: int, editor: Editor) -> None:
        """Remove a target, and what waits for it. Raises NotFound and Forbidden."""

        def step(work: Work) -> None:
            found = _own(work, target_id, editor)
            targets.remove(work, found)
            details = {"name": found.name}
            audit.record(
                work, actor=editor.owner, action="notifications.remove", target=str(target_id), details=details
            )

        self._database.run(step, patience=5)

    def test(self, target_id: int, editor: Editor) -> Tested:
        """Send a test message now. Raises NotFound and Forbidden."""
        target = self._database.run(lambda work: _own(work, target_id, editor), hurry=True)
        try:
            self._channels.of(target).send(digest.message_of(f"test:{uuid4()}", self._test_document(target)))
        except HubError as error:
            code, said = error.code, error.message
            self._database.run(lambda work: targets.failed(work, target_id, code=code, said=said), patience=5)
            return Tested(is_delivered=False, message=said)
        self._database.run(lambda work: targets.delivered(work, target_id), patience=5)
        return Tested(is_delivered=True, message=f"Test sent to \u201c{target.name}\u201d. Check that it arrived.")

    def _test_document(self, target: Target) -> Document:
        lines = [Line(f"{events.EVERY[name][0].upper()}{events.EVERY[name][1:]}.") for name in target.events]
        return Document(
            kind="test",
            title=digest.plain(f"Boeing Data Hub: test of {target.name}"),
            console=self._console,
            sections=[Section("This target is notified of", lines)],
        )

    def _address(self, kind: Kind, entered: str) -> str:
        address = entered.strip()
        if kind != "email":
            if not address:
                raise BadInput("Enter the webhook's address. Nothing was saved.", code="bad_address")
            self._channels.check(kind, address)
            return address
        self._channels.check_mail()
        found = [one for one in _SEPARATORS.split(address) if one]
        if not found or len(found) > _MOST_RECIPIENTS or not all(map(is_mail_address, found)):
            raise BadInput(
                f"Enter one to {_MOST_RECIPIENTS} e-mail addresses, separated by commas. Nothing was saved.",
                code="bad_address",
            )
        return ", ".join(found)


def _existing(work: Work, target_id: int) -> Target:
    found = targets.get(work, target_id)
    if found is None:
        raise NotFound("This notification target doesn't exist.", code="target_not_found")
    return found


def _own(work: Work, target_id: int, editor: Editor) -> Target:
    found = _existing(work, target_id)
    if not editor.is_admin and found.author != editor.owner:
        raise Forbidden("Only its author and administrators can use this target. Nothing was changed.")
    return found


def _name(entered: str) -> str:
    name = digest.plain(entered)
    if not name:
        raise BadInput("Enter a name for the target. Nothing was saved.", code="bad_name")
    return name[:100]


def _events(entered: Sequence[str]) -> tuple[str, ...]:
    unknown = [name for name in entered if name not in events.EVERY]
    if unknown or not entered:
        said = f"{digest.plain(unknown[0])[:60]!r} is no event." if unknown else "Choose at least one event."
        raise BadInput(f"{said} `bdh notifications events` lists them. Nothing was saved.", code="bad_event")
    return tuple(name for name in events.EVERY if name in entered)


def _check_secret(kind: Kind, secret: str) -> None:
    if secret and kind != "webhook":
        raise BadInput("Only webhooks are signed. Leave the secret blank. Nothing was saved.", code="bad_secret")


def _taken(name: str) -> Conflict:
    return Conflict(f"Another target is named \u201c{name}\u201d. Choose another name.", code="name_taken")
