"""Progress by stage: a mark that changes with every claim, call, renewed lease and save."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)

_MARKS: Final[dict[str, LiteralString]] = {
    "extraction": _SQL["mark_of_extraction"],
    "normalization": _SQL["mark_of_normalization"],
    "publishing": _SQL["mark_of_publishing"],
}


def mark(work: Work, stage: str) -> str:
    """The mark of a stage."""
    return str(work.value(_MARKS[stage], {"stage": stage}))


@dataclass(frozen=True, slots=True)
class HeldLong:
    """A lease that its owner keeps renewing: since when, and for how many parts and answers."""

    stage: str
    owner: str
    taken_at: datetime
    parts: int


def held_long(work: Work, *, seconds: float) -> list[HeldLong]:
    """Leases that have been renewed for at least `seconds`."""
    return work.records(HeldLong, _SQL["held_long"], [seconds])


def settle_lines_of_ended_runs(work: Work) -> list[str]:
    """Settle lines that a finished bulk operation left open, which frees their SKUs. Returns the SKUs."""
    rows = work.rows(_SQL["settle_lines_of_ended_runs"])
    return [row["sku"] for row in rows]


@dataclass(frozen=True, slots=True)
class LostAnswer:
    """An answer that items wait for, and that is not due for normalization; `state` is None if it is missing."""

    raw_id: int
    state: str | None


def lost_answers(work: Work, *, limit: int) -> list[LostAnswer]:
    """Answers that items wait for and that are not due for normalization."""
    return work.records(LostAnswer, _SQL["lost_answers"], [limit])


def make_due(work: Work, raw_ids: list[int]) -> None:
    """Make these answers due for normalization."""
    work.do(_SQL["make_due"], [raw_ids])
