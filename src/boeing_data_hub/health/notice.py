"""A notification as stored, and the message that a channel delivers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

WEBHOOK: Final = "webhook"
EMAIL: Final = "email"


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification to send on one channel.

    Attributes:
        id: the same on every channel and in every attempt; receivers get it as idempotency key.
        kind: digest or alarm.
        token: identifies the worker that is sending it; only its result is accepted.
        attempts: number of earlier attempts.
    """

    id: str
    channel: str
    kind: str
    document: Mapping[str, Any]
    attempts: int
    token: UUID


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered notification.

    Attributes:
        subject: one line.
        payload: for programs.
    """

    id: str
    subject: str
    text: str
    html: str
    payload: Mapping[str, Any]


class Channel(Protocol):
    """A way to people."""

    def send(self, message: Message) -> None:
        """Deliver a message. Raises Retry or Reject if the receiver did not accept it."""
        ...
