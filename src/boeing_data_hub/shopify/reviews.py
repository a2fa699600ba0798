"""Reviews as rows: changes that guards hold back, and what people decided about them; of the current store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from boeing_data_hub.catalogue.guards import Cause, Concern, Decided
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A change that is, or was, held back.

    Attributes:
        old: the published value; None for a part that was never published.
        new: the value that waits.
        state: `open`, `approved`, `refused`, or `closed` (the data has changed since).
        batch_id: the run that was held back last.
    """

    id: int
    sku: str
    field: str
    cause: str
    old: str | None
    new: str
    state: str
    batch_id: UUID | None
    found_at: datetime
    decided_at: datetime | None
    decided_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFilter:
    """Selects reviews. A field that is None matches all.

    Attributes:
        sku_prefix: the beginning of the SKU, in any case.
    """

    ids: Sequence[int] | None = None
    cause: str | None = None
    field: str | None = None
    batch_id: UUID | None = None
    sku_prefix: str | None = None

    def values(self, state: str) -> dict[str, Any]:
        """As the statements take it."""
        return {
            "state": state,
            "ids": None if self.ids is None else list(self.ids),
            "cause": self.cause,
            "field": self.field,
            "batch": self.batch_id,
            "prefix": self.sku_prefix,
        }


@dataclass(frozen=True, slots=True)
class CauseCount:
    """How many reviews have a cause."""

    cause: str
    field: str
    reviews: int


@dataclass(frozen=True, slots=True)
class Overtaken:
    """An open review whose part Boeing has answered for since; it is judged again."""

    sku: str
    field: str
    cause: Cause
    new: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What guards hold back of one part, by Boeing's answer of `fetched_at`; nothing, when it passes."""

    sku: str
    held: Sequence[Concern]
    fetched_at: datetime
    batch_id: UUID | None = None


def note(work: Work, shop: str, judged: Iterable[Judged]) -> None:
    """Open reviews for what is held back, and close those of fields that are not held back any more."""
    every = sorted(judged, key=lambda one: one.sku)
    if not every:
        return
    held = [
        {
            "sku": one.sku,
            "field": concern.field,
            "cause": concern.cause,
            "old": concern.old,
            "new": concern.new,
            "batch_id": None if one.batch_id is None else str(one.batch_id),
            "judged_at": one.fetched_at,
        }
        for one in every
        for concern in one.held
    ]
    if held:
        work.do(_SQL["note"], {"shop": shop, "rows": msgspec.json.encode(held).decode()})
    still = [f"{one['sku']}\x1f{one['field']}" for one in held]
    work.do(_SQL["close"], {"shop": shop, "skus": [one.sku for one in every], "held": still})


def decided(work: Work, shop: str, skus: Sequence[str]) -> dict[str, dict[str, Decided]]:
    """SKU → field → the last decision."""
    found: dict[str, dict[str, Decided]] = defaultdict(dict)
    for row in work.rows(_SQL["decided"], [shop, list(skus)]):
        found[row["sku"]][row["field"]] = Decided(row["approved"], row["value"])
    return found


def listed(
    work: Work, wanted: ReviewFilter, *, state: str = "open", limit: int = 100, before: int | None = None
) -> list[Review]:
    """Reviews, newest first, older than the id `before`."""
    rows = work.rows(_SQL["listed"], {**wanted.values(state), "limit": limit, "before": before})
    return [Review(**row) for row in rows]


def causes(work: Work, wanted: ReviewFilter, *, state: str = "open") -> list[CauseCount]:
    """How many reviews there are by cause, the most frequent first."""
    return [CauseCount(**row) for row in work.rows(_SQL["causes"], wanted.values(state))]


def count_open(work: Work, *, most: int) -> int:
    """How many reviews are open, counted up to `most`."""
    return work.value(_SQL["count_open"], [most])


def to_approve(work: Work, wanted: ReviewFilter, *, limit: int) -> dict[int, str]:
    """The open reviews that can be approved, of up to `limit` parts: the SKU of each, in order."""
    rows = work.rows(_SQL["to_approve"], {**wanted.values("open"), "limit": limit})
    return {row["id"]: row["sku"] for row in rows}


def approve(work: Work, ids: Sequence[int], *, actor: str) -> int:
    """Approve those of these reviews that are still open. Returns how many."""
    return work.do(_SQL["approve"], [actor, list(ids)])


def approved(work: Work, ids: Sequence[int], *, actor: str) -> int:
    """How many of these reviews this person has approved."""
    return work.value(_SQL["approved"], [list(ids), actor])


def refuse(work: Work, wanted: ReviewFilter, *, actor: str, limit: int) -> int:
    """Refuse up to `limit` open reviews that match the filter. Returns how many."""
    return work.do(_SQL["refuse"], {**wanted.values("open"), "actor": actor, "limit": limit})


def overtaken(work: Work, shop: str, *, limit: int) -> list[Overtaken]:
    """Open reviews of parts that Boeing has answered for since they were judged."""
    rows = work.rows(_SQL["overtaken"], [shop, limit])
    return [Overtaken(row["sku"], row["field"], Cause(row["cause"]), row["new"]) for row in rows]


def note_judged(work: Work, shop: str, answers: Mapping[str, datetime]) -> None:
    """Note by which of Boeing's answers the open reviews of these parts, by SKU, were judged last."""
    work.do(_SQL["judged"], [list(answers), list(answers.values()), shop])
