"""What people do about open failures: retry them in a new run, ignore them with a reason, and cancel runs by filter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from boeing_data_hub.batches.requests import PublishRequest, SearchRequest
from boeing_data_hub.batches.run import Intake
from boeing_data_hub.db import audit
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import Conflict
from boeing_data_hub.values.counted import counted
from boeing_data_hub.values.states import BatchType
from boeing_data_hub.work import batches, open_failures
from boeing_data_hub.work.batch import Batch
from boeing_data_hub.work.open_failures import FailureFilter

MOST_IGNORED: Final = 10_000
"""Failures that one request ignores: each has a line in the audit log."""

MOST_CANCELLED: Final = 200
"""Runs that one request cancels."""

_LIST: Final = "Open failures"


@dataclass(frozen=True, slots=True)
class Retried:
    """The run that retries failures; None: none matched. `remaining`: more match, counted to 10,001."""

    batch: Batch | None
    parts: int
    remaining: int


@dataclass(frozen=True, slots=True)
class Marked:
    """How many failures were ignored or reopened, how many more match, counted to 10,001, and when it was done."""

    parts: int
    remaining: int
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Open runs. None: any.

    Attributes:
        until: accepted then, or before.
        source: the name of their list.
        queued: only those none of whose parts is done yet.
    """

    batch_type: BatchType
    owner: str | None = None
    until: datetime | None = None
    source: str | None = None
    queued: bool = False


class OpenFailures:
    """Acts on open failures.

    Args:
        database: holds them.
        intake: accepts the runs that retry them.
        most_searched: maximum parts of one search.
    """

    def __init__(self, database: Database, intake: Intake, *, most_searched: int) -> None:
        self._database = database
        self._intake = intake
        self._most_searched = most_searched

    def retry(self, wanted: FailureFilter, *, actor: str) -> Retried:
        """Search for, or publish, the parts that match and wait in no run, the newest first, in one new run.

        Raises:
            Conflict: undo is retried in its own run only.
        """
        if wanted.kind == "undo":
            raise Conflict("Retry an undo in its own run. Nothing was changed.", code="undo_retried_in_its_run")
        is_search = wanted.kind == "search"
        most = self._most_searched if is_search else self._intake.most_published
        parts = self._database.run(lambda work: open_failures.to_retry(work, wanted, limit=most + 1), patience=5)
        if not parts:
            return Retried(None, 0, 0)
        taken = parts[:most]
        if is_search:
            accepted = self._intake.search(
                SearchRequest(part_numbers=taken, owner=actor, force_refresh=True, source=_LIST)
            )
        else:
            accepted = self._intake.publish(PublishRequest(part_numbers=taken, owner=actor, source=_LIST))
        left = self._database.run(lambda work: open_failures.count(work, wanted)) if len(parts) > most else len(taken)
        return Retried(accepted.batch, len(taken), max(0, left - len(taken)))

    def ignore(self, wanted: FailureFilter, *, actor: str, reason: str) -> Marked:
        """Ignore failures that match, until they fail for another cause. Each has a line in the audit log."""
        shown = replace(wanted, ignored=False)

        def step(work: Work) -> Marked:
            done = open_failures.ignore(work, shown, actor=actor, reason=reason, limit=MOST_IGNORED)
            parts = [one.part_number for one in done]
            _record(work, "failure.ignore", parts, actor=actor, kind=wanted.kind, reason=reason)
            return Marked(len(parts), open_failures.count(work, shown), done[0].ignored_at if done else None)

        return self._database.run(step, patience=5)

    def reopen(self, wanted: FailureFilter, *, actor: str) -> Marked:
        """Ignore failures that match no longer."""
        hidden = replace(wanted, ignored=True)

        def step(work: Work) -> Marked:
            parts = open_failures.reopen(work, hidden, limit=MOST_IGNORED)
            _record(work, "failure.reopen", parts, actor=actor, kind=wanted.kind, reason=None)
            return Marked(len(parts), open_failures.count(work, hidden))

        return self._database.run(step, patience=5)


def open_runs(work: Work, wanted: RunFilter) -> list[UUID]:
    """The ids of open runs that match, the newest first, at most `MOST_CANCELLED`."""
    return batches.open_runs(
        work,
        batch_type=wanted.batch_type,
        owner=wanted.owner,
        until=wanted.until,
        source=wanted.source,
        queued=wanted.queued,
        limit=MOST_CANCELLED,
    )


def cancel_runs(
    database: Database, intake: Intake, wanted: RunFilter, *, actor: str, expected: int | None = None
) -> list[Batch]:
    """Cancel every open run that matches, the newest first, at most `MOST_CANCELLED`. Finished parts stay.

    A run that finishes meanwhile is left out.

    Args:
        database: holds the runs.
        intake: cancels them.
        wanted: which.
        actor: who cancels, for the audit log.
        expected: how many a person was shown; None: any number.

    Raises:
        Conflict: another number matches now than was expected.
    """
    found = database.run(lambda work: open_runs(work, wanted))
    if expected is not None and len(found) != expected:
        raise Conflict(
            f"{counted(len(found), 'run')} match now, not {expected:,}. Nothing was cancelled.", code="runs_changed"
        )
    return [batch for each in found if (batch := _cancelled(intake, each, actor)) is not None]


def _cancelled(intake: Intake, batch_id: UUID, actor: str) -> Batch | None:
    try:
        return intake.cancel(batch_id, actor=actor)
    except Conflict:
        return None


def _record(work: Work, action: str, parts: list[str], *, actor: str, kind: str | None, reason: str | None) -> None:
    if parts:
        details = {name: value for name, value in (("kind", kind), ("reason", reason)) if value is not None}
        audit.record_each(work, actor=actor, action=action, targets=parts, details=details)
