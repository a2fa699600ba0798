"""Drafts of searches: a list that was read and is shown to a person before anything starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from boeing_data_hub.store import outlook
from boeing_data_hub.store.work import Work

_KEPT_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A list as it was read.

    Attributes:
        source: where it came from, for people: a file's name, or "pasted list".
        part_numbers: clean, unique, in order.
        duplicates: samples, `{"line", "part_number", "first_line"}`; `duplicate_count` counts all.
        rejected: samples, `{"line", "text", "code", "reason"}`; `rejected_count` counts all.
    """

    id: UUID
    owner: str
    source: str
    part_numbers: list[str]
    duplicates: list[dict[str, Any]]
    rejected: list[dict[str, Any]]
    duplicate_count: int
    rejected_count: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a draft would cost.

    Attributes:
        fresh: parts with an answer young enough to be used again.
        known: parts Boeing has been asked for at all.
        ahead: parts that running searches still wait for.
    """

    fresh: int
    known: int
    ahead: int


def keep(work: Work, draft: Draft) -> None:
    """Keep a draft; those of yesterday are thrown away."""
    work.do("DELETE FROM hub.search_drafts WHERE created_at < now() - %s * interval '1 hour'", [_KEPT_HOURS])
    work.do(
        "INSERT INTO hub.search_drafts (id, owner, source, part_numbers, duplicates, rejected, duplicate_count,"
        " rejected_count) VALUES (%s, %s, %s, %b, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING",
        [
            draft.id,
            draft.owner,
            draft.source,
            draft.part_numbers,
            Jsonb(draft.duplicates),
            Jsonb(draft.rejected),
            draft.duplicate_count,
            draft.rejected_count,
        ],
    )


def get(work: Work, draft_id: UUID, *, owner: str) -> Draft | None:
    """A draft of this owner, or None."""
    row = work.row(
        "SELECT id, owner, source, part_numbers, duplicates, rejected, duplicate_count, rejected_count"
        " FROM hub.search_drafts WHERE id = %s AND owner = %s",
        [draft_id, owner],
    )
    return Draft(**row) if row else None


def forecast(work: Work, draft: Draft, *, younger_than: float) -> Forecast:
    """How many of the parts have a fresh answer (younger than so many seconds), and how many parts stand in line."""
    fresh, known = outlook.fresh_and_known(work, draft.part_numbers, younger_than=younger_than)
    return Forecast(fresh, known, outlook.waiting(work))
