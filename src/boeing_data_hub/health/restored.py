"""After a restore from a backup: discards what the database says about the store and Boeing, because it is out of date.

Without this, the hub would trust rows about the last publish or stock update, although the store has newer values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from boeing_data_hub.db import audit
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)

_REVIEWED_WITHIN = "1 day"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was discarded.

    Attributes:
        skus: products that are looked up by their custom ids at the next publish, and sent completely, with stock.
        runs: bulk operations that are no longer awaited; their unsettled parts are published again.
        orphans: leftover products that stay for a day, so that a person can check them: a part may have been published
            again since the backup.
        sessions: people who must sign in again.
    """

    skus: list[str]
    runs: int
    orphans: int
    sessions: int


def forget_what_came_after(work: Work, *, actor: str) -> Forgotten:
    """Discard what may have changed since the backup. No worker may be running. Safe to repeat."""
    rows = work.rows(_SQL["forget_products"])
    work.do(_SQL["forget_sightings"])
    runs = work.do(_SQL["end_bulk_runs"])
    work.do(_SQL["settle_bulk_lines"])
    work.do(_SQL["end_leases"])
    orphans = work.do(_SQL["put_off_orphans"], [_REVIEWED_WITHIN])
    work.do(_SQL["search_for_draft_orders"])
    sessions = work.do(_SQL["end_sessions"])
    work.do(_SQL["drop_sign_in_links"])
    done = Forgotten(sorted({row["sku"] for row in rows}), runs, orphans, sessions)
    counts = {"products": len(done.skus), "bulk_runs": runs, "orphans": orphans, "sessions": sessions}
    audit.record(work, actor=actor, action="database.restored", target="hub", details=counts)
    return done
