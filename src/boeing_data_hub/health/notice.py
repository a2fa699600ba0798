"""A notification as stored, and the message that a channel delivers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol
from uuid import UUID

WEBHOOK: Final = "webhook"
EMAIL: Final = "email"


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of a notification; `link`: the page that it is about."""

    text: str
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the sentences below it."""

    title: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The content of a notification.

    Attributes:
        kind: digest, alarm, run or test.
        day: of a digest, as are `since`, `until` (ISO 8601) and `figures`.
        console: URL of the console.
    """

    kind: str
    day: str | None = None
    since: str | None = None
    until: str | None = None
    title: str
    console: str
    sections: Sequence[Section]
    figures: Mapping[str, int | None] | None = None

    def as_json(self) -> dict[str, Any]:
        """As JSON values, as it is stored and posted to webhooks."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification to send on one channel.

    Attributes:
        id: the same on every channel and in every attempt; receivers get it as idempotency key.
        kind: digest, alarm or run.
        token: identifies the worker that is sending it; only its result is accepted.
        attempts: number of earlier attempts.
    """

    id: str
    channel: str
    kind: str
    document: Document
    attempts: int
    token: UUID


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered notification.

    Attributes:
        subject: one line.
        payload: for programs.
        document: the content, for channels with a form of their own.
    """

    id: str
    subject: str
    text: str
    html: str
    payload: Mapping[str, Any]
    document: Document


class Channel(Protocol):
    """A way to people."""

    def send(self, message: Message) -> None:
        """Deliver a message. Raises Retry or Reject if the receiver did not accept it."""
        ...
