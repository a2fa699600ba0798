"""Runs the chores that are due: a few portions at a time, each in its own transaction.

A chore's row says when it is due and how far its round is. It is locked during a portion, so two workers share the
chores and neither waits for the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog

from boeing_data_hub.batches.retention import Portion
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import HubError
from boeing_data_hub.health import chore_rows as rows
from boeing_data_hub.health.chores import Chore
from boeing_data_hub.retry import RetryPolicy

log = structlog.get_logger(__name__)

_PORTIONS_A_TURN: Final = 4  # a fraction of a second; the next sweep continues
_RETRY: Final = RetryPolicy(first=60.0, longest=3600.0)  # of a chore; never longer than its interval
_BREATH: Final = 0.1


@dataclass(frozen=True, slots=True)
class ChoreStatus:
    """A chore, and its state."""

    chore: Chore
    state: rows.ChoreState


class Housekeeping:
    """Runs chores.

    Args:
        database: Postgres.
        chores: all chores.
    """

    def __init__(self, database: Database, chores: Sequence[Chore]) -> None:
        self._database = database
        self._chores: Mapping[str, Chore] = {chore.name: chore for chore in chores}

    def turn(self, keep_going: Callable[[], bool]) -> int:
        """Run a few due portions. Returns how many; 0: nothing was due, or other workers run it."""
        done = 0
        for name in self._database.run(lambda work: rows.due(work, list(self._chores)), patience=5):
            while done < _PORTIONS_A_TURN and keep_going():
                went_on = self._portion(self._chores[name])
                if went_on is None:
                    break
                done += 1
                if not went_on:
                    break
        return done

    def whole_round(self, keep_going: Callable[[], bool] = lambda: True) -> dict[str, int]:
        """Run a whole round of every clean-up now. Returns how many rows each one removed, by any worker."""
        names = [chore.name for chore in self._chores.values() if chore.days is not None]
        self._database.run(lambda work: rows.make_due(work, names))
        removed: dict[str, int] = {}
        for name in names:
            # One look says whether the round is over and what it came to: another worker may begin the next one.
            while (now := self._database.run(rows.states)[name]).is_due and keep_going():
                if self._portion(self._chores[name]) is None:
                    time.sleep(_BREATH)  # another worker runs it
            removed[name] = (now.removed if now.is_due else now.last_round) or 0
        return removed

    def _portion(self, chore: Chore) -> bool | None:
        """Run a portion. True: more follow; False: the round is finished or postponed; None: another worker runs it."""

        def step(work: Work) -> tuple[Portion, int] | None:
            held = rows.hold(work, chore.name)
            if held is None:
                return None
            portion = chore.do(work, held.cursor)
            if not portion.is_last:
                rows.go_on(work, chore.name, removed=portion.removed, cursor=portion.cursor)
                return portion, 0
            cursor = portion.cursor if chore.days is None else None
            rows.end(work, chore.name, removed=portion.removed, wait=chore.every, cursor=cursor)
            return portion, held.removed + portion.removed

        try:
            found = self._database.run(step, patience=5)
        except Exception as error:  # noqa: BLE001 - one chore that fails must not stop the others
            self._postpone(chore, error)
            return False
        if found is None:
            return None
        portion, removed = found
        for line in portion.log:
            (log.error if line.level == "error" else log.warning)(line.event, **line.values)
        if removed and chore.days is not None:
            log.info("housekeeping", chore=chore.name, what=chore.what, rows=removed, days=chore.days)
        return not portion.is_last

    def _postpone(self, chore: Chore, error: Exception) -> None:
        said = error.message if isinstance(error, HubError) else f"{type(error).__name__}: {error}".splitlines()[0]
        log.warning("a chore failed; it is retried", chore=chore.name, error=said)
        retry = replace(_RETRY, longest=min(_RETRY.longest, max(_RETRY.first, chore.every)))
        self._database.run(lambda work: rows.failed(work, chore.name, note=said, retry=retry), patience=5)

    def count(self) -> dict[str, int]:
        """How many rows each clean-up would remove now. Changes nothing."""
        return {
            chore.name: self._database.run(chore.count) for chore in self._chores.values() if chore.count is not None
        }

    def status(self) -> list[ChoreStatus]:
        """Every chore, with its last round and result, and when it is due."""
        known = self._database.run(rows.states)
        return [
            ChoreStatus(chore, known.get(chore.name) or rows.ChoreState(name=chore.name))
            for chore in self._chores.values()
        ]
