"""Raw answers: stored as Boeing sent them, so that normalization can be repeated without another call."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.work.verdicts import RawAnswer, Unreadable

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True)
class DueAnswer:
    """An answer to normalize.

    Attributes:
        payload: the answer as JSON text, to be parsed with exact numbers.
        matches: requested part → matching SKUs in the answer.
        batches: those that wait for it; `traces`: their trace contexts.
    """

    id: int
    payload: str
    matches: Mapping[str, Sequence[str]]
    fetched_at: datetime
    batches: tuple[UUID, ...] = ()
    traces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The newest answer about a part, for people.

    Attributes:
        search_query: the parts of the call, comma-joined.
        payload: as indented JSON text with exact numbers: the part's line items if any, or else the whole answer.
    """

    id: int
    search_query: str
    payload: str
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class Recent:
    """How many answers arrived recently, and when the newest one did."""

    answers: int
    newest: datetime | None


def next_ids(work: Work, count: int) -> list[int]:
    """Ids for future answers."""
    return [row["id"] for row in work.rows(_SQL["next_ids"], [count])]


def insert(work: Work, answers: Sequence[RawAnswer]) -> None:
    """Save answers; usable ones become due for normalization."""
    if not answers:
        return
    work.do(
        _SQL["insert"],
        {
            "id": [a.id for a in answers],
            "query": [a.search_query for a in answers],
            "payload": [a.raw_payload for a in answers],
            "matches": [json.dumps(a.matches) for a in answers],
            "state": [_first_state(a) for a in answers],
            "error": [a.error for a in answers],
            "fetched_at": [a.fetched_at for a in answers],
        },
    )


def _first_state(answer: RawAnswer) -> str:
    if not answer.usable:
        return "unusable"
    return "extracted" if any(answer.matches.values()) else "normalized"


def remember_answers(work: Work, answers: Sequence[RawAnswer]) -> None:
    """Record which answer is the newest of each part, so that other batches can use it while it is fresh."""
    newest = {part: answer for answer in answers if answer.usable for part in answer.matches}
    if not newest:
        return
    parts = sorted(newest)  # always the same lock order
    work.do(
        _SQL["remember_answers"],
        {
            "part": parts,
            "raw_id": [newest[part].id for part in parts],
            "skus": ["\x1f".join(newest[part].matches[part]) for part in parts],
            "fetched_at": [newest[part].fetched_at for part in parts],
        },
    )


def forget(work: Work, failed: Sequence[Unreadable]) -> None:
    """Stop reusing answers that could not be normalized: the next search asks Boeing again. A newer answer stays."""
    if failed:
        work.do(_SQL["forget"], {"raw_id": [one.raw_id for one in failed], "part": [one.part_number for one in failed]})


def due(work: Work, *, wanted: int) -> list[int]:
    """Ids of answers that wait for normalization and that no worker has claimed, oldest first."""
    return [row["id"] for row in work.rows(_SQL["due"], [wanted])]


def load(work: Work, ids: Sequence[int]) -> list[DueAnswer]:
    """Answers by their ids, in the order in which they came."""
    return msgspec.convert(work.rows(_SQL["load"], [list(ids)]), list[DueAnswer])


def mark_normalized(work: Work, ids: Sequence[int]) -> None:
    """Answers are staged. Call it before their items are moved: an intake that reuses one of them waits here."""
    work.do(_SQL["mark_normalized"], [list(ids)])


def count_attempt(work: Work, ids: Sequence[int], *, at_most: int) -> list[int]:
    """Count a normalization whose worker died. Returns the answers that have failed too often and are set aside now."""
    rows = work.rows(_SQL["count_attempt"], {"ids": list(ids), "most": at_most})
    return [row["id"] for row in rows if row["state"] == "unusable"]


def normalize_again(work: Work) -> int:
    """Make the answers behind all staged parts due for normalization again, without asking Boeing. Returns how many."""
    return work.do(_SQL["normalize_again"])


@dataclass(frozen=True, slots=True)
class WholeAnswer:
    """An answer as Boeing sent it, and the parts of its call, comma-joined."""

    raw_payload: Any
    search_query: str
    fetched_at: datetime


def newest_for(work: Work, part_number: str) -> WholeAnswer | None:
    """The newest answer about a part (as requested, or as Boeing spells it)."""
    return work.record(WholeAnswer, _SQL["newest_for"], {"part": part_number})


def about_part(work: Work, part_number: str) -> KeptAnswer | None:
    """The newest answer about a part (as requested, or as Boeing spells it), for people; None if there is none."""
    row = work.row(_SQL["about_part"], {"part": part_number})
    return msgspec.convert(row, KeptAnswer) if row else None


def recent(work: Work, *, seconds: float, most: int) -> Recent:
    """Answers of the last `seconds`, counted up to `most`."""
    return msgspec.convert(work.row(_SQL["recent"], [seconds, most]), Recent)
