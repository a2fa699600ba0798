"""A notification as it is stored, and the message that a channel carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

WEBHOOK: Final = "webhook"
EMAIL: Final = "email"


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that is to be sent on one channel.

    Attributes:
        id: the same on every channel and in every attempt; receivers get it as an idempotency key.
        kind: digest or alarm.
        token: of the worker that sends it now; only its result is accepted.
        attempts: before this one.
    """

    id: str
    channel: str
    kind: str
    document: Mapping[str, Any]
    attempts: int
    token: UUID


@dataclass(frozen=True, slots=True)
class Message:
    """A notice, rendered.

    Attributes:
        subject: one line.
        payload: for machines.
    """

    id: str
    subject: str
    text: str
    html: str
    payload: Mapping[str, Any]


class Channel(Protocol):
    """A way to people."""

    def send(self, message: Message) -> None:
        """Deliver a message. Raises Retry or Reject when the receiver did not accept it."""
        ...
