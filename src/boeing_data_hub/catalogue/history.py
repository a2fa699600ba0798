"""A part's history: its batches, its outcome in each, and Boeing's last answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from boeing_data_hub.catalogue.staged_part import LastAnswer
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.values.part_numbers import base_number
from boeing_data_hub.work.batch import Batch

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastItem:
    """The outcome of a part in one batch.

    Attributes:
        part_number: as requested; a variant may have been found by its base number.
        state, outcome, reason, error_code, error, attempts, updated_at: of the item.
        created_at, owner, batch_type, status, started_at: of the batch.
        fetched_at: when the answer that settled the item arrived; None without one.
        is_planned: the batch began as a plan.
    """

    batch_id: UUID
    part_number: str
    state: str
    outcome: str | None
    reason: str | None
    error_code: str | None
    error: str | None
    attempts: int
    updated_at: datetime
    created_at: datetime
    owner: str
    is_retry: bool
    is_undo: bool
    is_planned: bool
    batch_type: str
    status: str
    started_at: datetime | None
    fetched_at: datetime | None


def last_answer(work: Work, part_number: str) -> LastAnswer | None:
    """The newest answer for exactly this number; None if Boeing was never asked for it."""
    row = work.row(_SQL["last_answer"], [part_number])
    return msgspec.convert(row, LastAnswer) if row else None


def moment(work: Work) -> datetime:
    """Now, by the database's clock."""
    return work.value(_SQL["moment"])


def search_under_way(work: Work, part_number: str, *, owner: str) -> Batch | None:
    """This owner's newest open search for exactly this one part, or None."""
    return work.record(Batch, _SQL["search_under_way"], [part_number, owner])


def of_part(work: Work, part_number: str, *, limit: int) -> list[PastItem]:
    """The part's items, newest batch first."""
    asked = {"part": part_number, "base": base_number(part_number), "limit": limit}
    return msgspec.convert(work.rows(_SQL["of_part"], asked), list[PastItem])
