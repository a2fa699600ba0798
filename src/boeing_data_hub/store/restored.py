"""After the database was restored from a backup: what it remembers of the outside world is too old to act on.

A row that says what we last published, or last set as stock, would be believed, and the store is ahead of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from boeing_data_hub.store import audit
from boeing_data_hub.store.work import Work

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
    """Forget what may have changed since the backup. No worker may be at work. Safe to do twice."""
    rows = work.rows(
        "UPDATE hub.products SET state = 'missing', product_id = NULL, variant_id = NULL, inventory_item_id = NULL,"
        "  form = NULL, listing_hash = NULL, stock_hash = NULL, stock = '{}', on_channel = false, intent = NULL,"
        "  intent_at = NULL, updated_at = now() RETURNING sku"
    )
    work.do("DELETE FROM hub.store_sightings")
    runs = work.do("UPDATE hub.bulk_runs SET state = 'ended', state_since = now() WHERE state <> 'ended'")
    work.do("UPDATE hub.bulk_lines SET settled = true WHERE NOT settled")
    work.do("DELETE FROM hub.leases")
    orphans = work.do(
        "UPDATE hub.orphans SET not_before = now() + %s::interval, updated_at = now() WHERE state = 'due'",
        [_REVIEWED_WITHIN],
    )
    sessions = work.do("DELETE FROM hub.sessions")
    work.do("DELETE FROM hub.sign_in_links")
    done = Forgotten(sorted({row["sku"] for row in rows}), runs, orphans, sessions)
    told = {"products": len(done.skus), "bulk_runs": runs, "orphans": orphans, "sessions": sessions}
    audit.record(work, actor=actor, action="database.restored", target="hub", details=told)
    return done
