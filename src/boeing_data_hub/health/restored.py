"""After a restore from a backup: what the database knows of the store and of Boeing is too old to act on.

A row that says what was last published, or last set as stock, would be believed although the store has newer values.
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
    """What is not believed any more.

    Attributes:
        skus: products that are looked for by their custom ids at their next publishing, and sent whole, with stock.
        runs: bulk operations that are not waited for; what they had not settled is published again.
        orphans: products that are to leave the store, and are left alone for a day, so that a person can look: the
            part may have been published anew since the backup.
        sessions: people who must sign in again.
    """

    skus: list[str]
    runs: int
    orphans: int
    sessions: int


def forget_what_came_after(work: Work, *, actor: str) -> Forgotten:
    """Forget what may have changed since the backup. No worker may be running. Safe to repeat."""
    rows = work.rows(_SQL["forget_products"])
    work.do(_SQL["forget_sightings"])
    runs = work.do(_SQL["end_bulk_runs"])
    work.do(_SQL["settle_bulk_lines"])
    work.do(_SQL["end_leases"])
    orphans = work.do(_SQL["put_off_orphans"], [_REVIEWED_WITHIN])
    sessions = work.do(_SQL["end_sessions"])
    work.do(_SQL["drop_sign_in_links"])
    done = Forgotten(sorted({row["sku"] for row in rows}), runs, orphans, sessions)
    told = {"products": len(done.skus), "bulk_runs": runs, "orphans": orphans, "sessions": sessions}
    audit.record(work, actor=actor, action="database.restored", target="hub", details=told)
    return done
