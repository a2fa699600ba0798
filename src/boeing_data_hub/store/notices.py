"""Notices: written once for each channel, and sent until the receiver has taken them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from psycopg.types.json import Jsonb

from boeing_data_hub.model.notices import Notice
from boeing_data_hub.store.work import Work


def add(
    work: Work,
    notice_id: str,
    *,
    channels: Sequence[str],
    kind: str,
    document: Mapping[str, Any],
    day: date | None = None,
    covers: tuple[datetime, datetime] | None = None,
) -> int:
    """Let people be told this, on each of these channels. Returns on how many it is new."""
    return work.do(
        "INSERT INTO hub.notices (id, channel, kind, document, day, covers_from, covers_to)"
        " SELECT %s, channel, %s, %s, %s, %s, %s FROM unnest(%s::text[]) AS c(channel) ON CONFLICT DO NOTHING",
        [notice_id, kind, Jsonb(document), day, *(covers or (None, None)), list(channels)],
    )


def take(work: Work, *, channels: Sequence[str], seconds: float) -> Notice | None:
    """The notice that has been due longest, for this process alone for so many seconds; None when none is."""
    token = uuid4()
    row = work.row(
        "UPDATE hub.notices SET taken_by = %s, taken_until = now() + %s * interval '1 second'"
        " WHERE (id, channel) = (SELECT id, channel FROM hub.notices WHERE state = 'due' AND not_before <= now()"
        "   AND (taken_until IS NULL OR taken_until < now()) AND channel = ANY(%s)"
        "   ORDER BY not_before, id, channel LIMIT 1 FOR UPDATE SKIP LOCKED)"
        " RETURNING id, channel, kind, document, attempts",
        [token, seconds, list(channels)],
    )
    return Notice(**row, token=token) if row else None


def sent(work: Work, notice: Notice) -> bool:
    """The receiver has taken it. False when somebody else has sent it since."""
    return bool(
        work.do(
            "UPDATE hub.notices SET state = 'sent', sent_at = now(), attempts = attempts + 1, error = NULL,"
            " taken_by = NULL, taken_until = NULL WHERE id = %s AND channel = %s AND taken_by = %s",
            [notice.id, notice.channel, notice.token],
        )
    )


def postpone(work: Work, notice: Notice, *, seconds: float, error: str, give_up_after: float) -> None:
    """The receiver did not take it; try again later, or never when it is older than `give_up_after` seconds."""
    work.do(
        "UPDATE hub.notices SET attempts = attempts + 1, error = %s, not_before = now() + %s * interval '1 second',"
        " state = CASE WHEN created_at < now() - %s * interval '1 second' THEN 'given_up' ELSE state END,"
        " taken_by = NULL, taken_until = NULL WHERE id = %s AND channel = %s AND taken_by = %s",
        [error[:500], seconds, give_up_after, notice.id, notice.channel, notice.token],
    )


def covered_to(work: Work) -> datetime | None:
    """Up to when digests tell; None before the first."""
    return work.value("SELECT max(covers_to) FROM hub.notices WHERE kind = 'digest'")


def of_day(work: Work, day: date) -> list[dict[str, Any]]:
    """The digest of a day, a row for each channel."""
    return work.rows("SELECT * FROM hub.notices WHERE kind = 'digest' AND day = %s ORDER BY channel", [day])


def of_id(work: Work, notice_id: str) -> list[dict[str, Any]]:
    """A notice, a row for each channel."""
    return work.rows("SELECT * FROM hub.notices WHERE id = %s ORDER BY channel", [notice_id])


def send_again(work: Work, notice_id: str) -> int:
    """Let a notice that was sent or given up be sent once more. Returns on how many channels."""
    return work.do(
        "UPDATE hub.notices SET state = 'due', not_before = now(), created_at = now() WHERE id = %s AND state <> 'due'",
        [notice_id],
    )


def listed(work: Work, *, limit: int) -> list[dict[str, Any]]:
    """The newest notices."""
    return work.rows(
        "SELECT id, channel, kind, day, state, attempts, not_before, error, created_at, sent_at FROM hub.notices"
        " ORDER BY created_at DESC, id, channel LIMIT %s",
        [limit],
    )


def unsent(work: Work) -> list[dict[str, Any]]:
    """Notices a receiver has refused more than twice, or for good, within the last month."""
    return work.rows(
        "SELECT id, channel, state, attempts, error, created_at FROM hub.notices"
        " WHERE (state = 'given_up' OR state = 'due' AND attempts > 2) AND created_at > now() - interval '30 days'"
        " ORDER BY created_at LIMIT 100"
    )
