"""Work that nobody seems to do, for the doctor: what a sweep ought to have freed, and what a person must decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from boeing_data_hub.store import intents, notices
from boeing_data_hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class LostWork:
    """What is left lying.

    Attributes:
        leases: how many ran out more than `after` seconds ago and were freed by nobody.
        doubtful: SKUs of which a call's outcome is not known, and nobody is about to look.
        orphans: products that are to leave the store and do not: how many, and what the store said last.
        still: open batches without progress, though nothing is paused and nobody holds a part of them.
        bulk: bulk operations that have not moved for an hour, with their state and note.
        unsent: notices that no receiver takes: channel and what it said last.
        pauses: lines that rest, by name, with the reason, since when, and what is said of it.
    """

    leases: int
    doubtful: tuple[str, ...]
    orphans: tuple[int, str | None]
    still: tuple[UUID, ...]
    bulk: tuple[tuple[UUID, str, str | None], ...]
    unsent: tuple[tuple[str, str | None], ...]
    pauses: tuple[tuple[str, str, datetime | None, str | None], ...]


def look(work: Work, *, after: float, still_after: float = 900.0) -> LostWork:
    """Look for it.

    Args:
        work: a transaction that may only read.
        after: seconds in which the sweep should have freed a lease.
        still_after: seconds without progress that are no honest pace: a line that works is touched by every call.
    """
    shops = work.rows("SELECT DISTINCT shop FROM hub.products WHERE intent IS NOT NULL ORDER BY shop")
    orphans = work.row(
        "SELECT count(*) AS many, max(error) AS error FROM hub.orphans WHERE state = 'due'"
        " AND created_at < now() - interval '1 hour'"
    )
    pauses = work.rows(
        "SELECT line, pause_reason, paused_since, pause_note FROM hub.pacing WHERE pause_reason IS NOT NULL"
        " ORDER BY line"
    )
    still = work.rows(
        "SELECT b.id FROM hub.batches b WHERE b.status = 'processing'"
        " AND b.updated_at < now() - %(still)s * interval '1 second'"
        " AND NOT EXISTS (SELECT FROM hub.pacing p WHERE p.pause_reason IS NOT NULL)"
        " AND NOT EXISTS (SELECT FROM hub.leases l WHERE l.expires_at > now())"
        " AND NOT EXISTS (SELECT FROM hub.pacing p WHERE p.updated_at > now() - %(still)s * interval '1 second'"
        "   AND p.line = CASE b.batch_type WHEN 'search' THEN 'boeing' ELSE 'shopify' END)"
        " AND EXISTS (SELECT FROM hub.batch_items i WHERE i.batch_id = b.id AND i.state IN ('pending', 'extracted')"
        "   AND (i.not_before IS NULL OR i.not_before < now()))"
        " AND NOT EXISTS (SELECT FROM hub.bulk_runs r WHERE r.batch_id = b.id AND r.state <> 'ended')"
        " ORDER BY b.created_at LIMIT 20",
        {"still": still_after},
    )
    bulk: list[dict[str, Any]] = work.rows(
        "SELECT id, state, note FROM hub.bulk_runs WHERE state <> 'ended' AND state <> 'running'"
        " AND state_since < now() - interval '1 hour' ORDER BY state_since LIMIT 20"
    )
    return LostWork(
        leases=work.value(
            "SELECT count(*) FROM hub.leases WHERE expires_at < now() - %s * interval '1 second'", [after]
        ),
        doubtful=tuple(sku for row in shops for sku in intents.left_in_doubt(work, row["shop"])),
        orphans=(orphans["many"], orphans["error"]) if orphans else (0, None),
        still=tuple(row["id"] for row in still),
        bulk=tuple((row["id"], row["state"], row["note"]) for row in bulk),
        unsent=tuple((row["channel"], row["error"]) for row in notices.unsent(work)),
        pauses=tuple((row["line"], row["pause_reason"], row["paused_since"], row["pause_note"]) for row in pauses),
    )
