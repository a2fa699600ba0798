"""Stalled work, for the doctor: what a sweep should have freed, and what needs a decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.health import notices, pauses, targets
from boeing_data_hub.health.conditions import Condition
from boeing_data_hub.shopify import intents, media_check_rows
from boeing_data_hub.work import upstreams

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True)
class LateLeftovers:
    """How many leftover products could not be removed for an hour, and the store's last message."""

    many: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class OldBulkRun:
    """A bulk operation without progress for an hour."""

    id: UUID
    state: str
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LostWork:
    """Stalled work.

    Attributes:
        leases: number of leases that expired more than `after` seconds ago and that no sweep has freed.
        doubtful: SKUs for which the outcome of a call is unknown, with no check scheduled.
        leftovers: products that could not be removed.
        still: open runs without progress, although nothing is paused and no worker holds a part of them.
        bulk: bulk operations without progress for an hour.
        unsent: channel → its receiver's message for each notification that it rejects.
        failing: notification targets that cannot be reached.
        pauses: of upstreams.
        pictures: number of images that the store could not process and that are not sent again automatically.
    """

    leases: int
    doubtful: tuple[str, ...]
    leftovers: LateLeftovers
    still: tuple[UUID, ...]
    bulk: Sequence[OldBulkRun]
    unsent: Mapping[str, Sequence[str]]
    pauses: tuple[Condition, ...]
    pictures: int = 0
    failing: Sequence[targets.Failing] = ()


def look(work: Work, *, after: float, still_after: float = 900.0) -> LostWork:
    """Find stalled work.

    Args:
        work: a read-only transaction.
        after: seconds within which a sweep frees an expired lease.
        still_after: seconds without progress after which a run counts as stalled.
    """
    shops = work.rows(_SQL["stores_in_doubt"])
    paused = [(row["line"], upstreams.look(work, row["line"])[0]) for row in work.rows(_SQL["paused_lines"])]
    still = work.rows(_SQL["still_batches"], {"still": still_after})
    return LostWork(
        leases=work.value(_SQL["overdue_leases"], [after]),
        doubtful=tuple(sku for row in shops for sku in intents.left_in_doubt(work, row["shop"])),
        leftovers=work.record(LateLeftovers, _SQL["late_orphans"]) or LateLeftovers(),
        still=tuple(row["id"] for row in still),
        bulk=work.records(OldBulkRun, _SQL["old_bulk_runs"]),
        unsent=notices.unsent(work),
        failing=tuple(targets.failing(work)),
        pauses=tuple(filter(None, (pauses.pause_of(name, state) for name, state in paused))),
        pictures=media_check_rows.count_given_up(work),
    )
