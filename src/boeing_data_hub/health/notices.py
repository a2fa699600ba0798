"""Notifications: written once for each channel, and sent until the receiver accepts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import uuid4

from psycopg.types.json import Jsonb

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.health.notice import Document, Notice

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notification on one channel.

    Attributes:
        id: of the notification, the same on every channel.
        channel: webhook, email, or the name of a target.
        day: of a digest.
        state: `due`, `sent` or `given_up`.
        attempts: number of attempts so far.
        not_before: when the next attempt may be made.
        error: the receiver's message for the last attempt.
    """

    id: str
    channel: str
    kind: str
    day: date | None
    state: str
    attempts: int
    not_before: datetime
    error: str | None
    created_at: datetime
    sent_at: datetime | None


def add(
    work: Work,
    notice_id: str,
    *,
    channels: Sequence[str],
    kind: str,
    document: Document,
    day: date | None = None,
    covers: tuple[datetime, datetime] | None = None,
) -> int:
    """Store a notification for each of these channels. Returns for how many it is new."""
    return work.do(
        _SQL["add"], [notice_id, kind, Jsonb(document.as_json()), day, *(covers or (None, None)), list(channels)]
    )


def take(work: Work, *, channels: Sequence[str], seconds: float) -> Notice | None:
    """Claim the notification that has been due longest, for `seconds`; None if none is due."""
    return work.record(Notice, _SQL["take"], [uuid4(), seconds, list(channels)])


def sent(work: Work, notice: Notice) -> bool:
    """Record that the receiver accepted it. False if another worker has sent it since."""
    return bool(work.do(_SQL["sent"], [notice.id, notice.channel, notice.token]))


def postpone(work: Work, notice: Notice, *, seconds: float, error: str, give_up_after: float) -> None:
    """Record a failed attempt: retry later, or give up if the notification is older than `give_up_after` seconds."""
    work.do(_SQL["postpone"], [error[:500], seconds, give_up_after, notice.id, notice.channel, notice.token])


def covered_to(work: Work) -> datetime | None:
    """The end of the last digest's period; None before the first."""
    return work.value(_SQL["covered_to"])


def has_digest(work: Work, day: date) -> bool:
    """True if the digest of this day was written."""
    return bool(work.value(_SQL["has_digest"], [day]))


def states(work: Work, notice_id: str) -> dict[str, str]:
    """The state of a notification on each of its channels."""
    return {row["channel"]: row["state"] for row in work.rows(_SQL["states"], [notice_id])}


def send_again(work: Work, notice_id: str) -> int:
    """Send a notification again that was sent or given up. Returns on how many channels."""
    return work.do(_SQL["send_again"], [notice_id])


def listed(work: Work, *, limit: int) -> list[Delivery]:
    """The deliveries of the newest notifications."""
    return work.records(Delivery, _SQL["listed"], [limit])


def unsent(work: Work) -> dict[str, list[str]]:
    """The message of each channel's receiver for every notification that it rejects, the oldest first.

    These are notifications of the last month that it rejected more than twice, or that were given up.
    """
    found: dict[str, list[str]] = {}
    for row in work.rows(_SQL["unsent"]):
        found.setdefault(row["channel"], []).append(row["error"] or "")
    return dict(sorted(found.items()))
