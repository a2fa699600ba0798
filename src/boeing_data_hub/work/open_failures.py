"""Open failures: parts whose latest result is a failure, over all runs. A trigger keeps them (migration 0030), in the
transaction that settles an item: a part appears when it fails, and disappears when it succeeds or turns out not to be
for sale. Every question is answered by an index of this table; none reads the items of runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)

Kind = Literal["search", "publish", "undo"]

MOST_COUNTED: Final = 10_000
"""Larger numbers are counted no further."""

MOST_OF_A_CAUSE: Final = 1_000
"""The same for each of the causes, of which there may be fifty."""

_LISTS_OF: Final = 5_000  # of the newest failures


@dataclass(frozen=True, slots=True)
class OpenFailure:
    """A part whose latest result is a failure.

    Attributes:
        kind: of the run. An undo is retried only in its own run.
        batch_id: the run in which it last failed, and `list`, the name of its list; None: the run is gone.
        since: when it failed first, after its last success.
        failed_at: when it failed last.
        is_waiting: the part waits in a run of this kind now.
    """

    id: int
    part_number: str
    kind: Kind
    batch_id: UUID
    error_code: str
    error: str | None
    since: datetime
    failed_at: datetime
    is_ignored: bool
    ignored_at: datetime | None
    ignored_by: str | None
    ignored_reason: str | None
    list: str | None
    is_waiting: bool


@dataclass(frozen=True, slots=True)
class IgnoredFailure:
    """A failure that was ignored just now."""

    part_number: str
    ignored_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureFilter:
    """Which failures are meant; None: any.

    Attributes:
        code: the cause.
        batch_id: the run in which they last failed.
        until: open since then, or longer; `from_`: not longer than since then.
        parts: these part numbers.
        ignored: those that people ignore, instead of the others.
        ignored_by: those that this person ignored, at `ignored_at`.
    """

    kind: Kind | None = None
    code: str | None = None
    batch_id: UUID | None = None
    until: datetime | None = None
    from_: datetime | None = None
    parts: Sequence[str] | None = None
    ignored: bool = False
    ignored_by: str | None = None
    ignored_at: datetime | None = None

    def values(self, **more: Any) -> dict[str, Any]:
        """For the statements."""
        return {
            "kind": self.kind,
            "code": self.code,
            "batch": self.batch_id,
            "until": self.until,
            "from": self.from_,
            "parts": list(self.parts) if self.parts is not None else None,
            "ignored": self.ignored,
            "by": self.ignored_by,
            "ignored_at": self.ignored_at,
            **more,
        }


@dataclass(frozen=True, slots=True)
class CauseCount:
    """How many parts fail for one cause, counted to `MOST_OF_A_CAUSE`, and since when the oldest and the newest do."""

    code: str
    parts: int
    oldest: datetime
    newest: datetime


@dataclass(frozen=True, slots=True)
class ListCount:
    """How many of the newest failures are of one list."""

    batch_id: UUID
    name: str
    parts: int


def page(
    work: Work, wanted: FailureFilter, *, limit: int, after: tuple[datetime, int] | None = None
) -> list[OpenFailure]:
    """Failures that match, the newest first; `after`: `since` and `id` of the last one of the previous page."""
    at, last = after or (None, None)
    return work.records(OpenFailure, _SQL["page"], wanted.values(at=at, id=last, limit=limit))


def count(work: Work, wanted: FailureFilter) -> int:
    """How many match, counted to one more than `MOST_COUNTED`."""
    return work.value(_SQL["count"], wanted.values(limit=MOST_COUNTED + 1))


def causes(work: Work, *, ignored: bool = False) -> list[CauseCount]:
    """All causes, the most frequent first."""
    return work.records(CauseCount, _SQL["causes"], {"ignored": ignored, "most": MOST_OF_A_CAUSE})


def lists(work: Work, *, ignored: bool = False, limit: int = 20) -> list[ListCount]:
    """The lists with the most failures, among the newest 5,000 failures."""
    return work.records(ListCount, _SQL["lists"], {"ignored": ignored, "looked_at": _LISTS_OF, "limit": limit})


def to_retry(work: Work, wanted: FailureFilter, *, limit: int) -> list[str]:
    """Part numbers that match and wait in no run of their kind."""
    rows = work.rows(_SQL["to_retry"], wanted.values(limit=limit))
    return [row["part_number"] for row in rows]


def ignore(work: Work, wanted: FailureFilter, *, actor: str, reason: str, limit: int) -> list[IgnoredFailure]:
    """Ignore failures that match; returns their part numbers, and when: the same moment for all."""
    return work.records(IgnoredFailure, _SQL["ignore"], wanted.values(actor=actor, reason=reason, limit=limit))


def reopen(work: Work, wanted: FailureFilter, *, limit: int) -> list[str]:
    """Ignore failures that match no longer; returns their part numbers."""
    rows = work.rows(_SQL["reopen"], wanted.values(limit=limit))
    return [row["part_number"] for row in rows]
