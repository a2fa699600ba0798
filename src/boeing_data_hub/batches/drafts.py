"""Drafts of searches: a parsed list, shown to a person before anything starts."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Final
from uuid import UUID

from psycopg.types.json import Jsonb

from boeing_data_hub.batches import estimate_inputs
from boeing_data_hub.batches.lists.gathering import Duplicate, Rejection
from boeing_data_hub.batches.lists.mapping import ColumnMapping
from boeing_data_hub.batches.lists.reading import Reading
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)

_KEPT_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A parsed list.

    Attributes:
        source: shown to people: a file name, or "pasted list".
        part_numbers: clean, unique, in order.
        duplicates: samples; `duplicate_count` counts all.
        rejected: samples; `rejected_count` counts all.
        reading: where the part numbers were found and what was skipped; None for a list from a program.
        flagged: part numbers that are searched only if a person confirms them.
        chosen: the person's choices.
    """

    id: UUID
    owner: str
    source: str
    part_numbers: list[str]
    duplicates: list[Duplicate]
    rejected: list[Rejection]
    duplicate_count: int
    rejected_count: int
    reading: Reading | None = None
    flagged: list[str] = field(default_factory=list[str])
    chosen: ColumnMapping = field(default_factory=ColumnMapping)


@dataclass(frozen=True, slots=True)
class Forecast:
    """The cost of a draft.

    Attributes:
        fresh: parts whose answer is recent enough to reuse.
        known: parts with any answer.
        ahead: parts that running searches are waiting for.
    """

    fresh: int
    known: int
    ahead: int


def keep(work: Work, draft: Draft, *, content: bytes | None = None) -> None:
    """Save a draft, and delete those older than a day.

    Args:
        work: the transaction.
        draft: the parsed list.
        content: its source, so that a person can choose another column without uploading it again.
    """
    work.do(_SQL["drop_old"], [_KEPT_HOURS])
    work.do(
        _SQL["keep"],
        [
            draft.id,
            draft.owner,
            draft.source,
            draft.part_numbers,
            Jsonb([asdict(one) for one in draft.duplicates]),
            Jsonb([asdict(one) for one in draft.rejected]),
            draft.duplicate_count,
            draft.rejected_count,
            None if draft.reading is None else Jsonb(draft.reading.document()),
            draft.flagged,
            Jsonb(asdict(draft.chosen)),
            content,
        ],
    )


def get(work: Work, draft_id: UUID, *, owner: str) -> Draft | None:
    """A draft of this owner, or None."""
    return work.record(Draft, _SQL["get"], [draft_id, owner])


def content_of(work: Work, draft_id: UUID, *, owner: str) -> bytes | None:
    """The source of a draft of this owner; None if it was not kept."""
    return work.value(_SQL["content_of"], [draft_id, owner])


def forecast(work: Work, draft: Draft, *, younger_than: float) -> Forecast:
    """The cost of a search: how many parts have an answer younger than this many seconds, and the queue."""
    fresh, known = estimate_inputs.fresh_and_known(work, draft.part_numbers, younger_than=younger_than)
    return Forecast(fresh, known, estimate_inputs.waiting(work))
