"""The store's cost budget, shared by every process: points are taken before a call and accounted for after it.

The rules are in `model/budget.py`, their memory in Postgres. A process takes some points ahead where plenty is free, so
that a fast store is not slowed down by a question to Postgres for each call.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from threading import Lock
from uuid import uuid4

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import Unavailable
from boeing_data_hub.model import budget as rules
from boeing_data_hub.model.budget import Budget, Ration, Report, Sighting
from boeing_data_hub.store import budget as budget_store
from boeing_data_hub.store.work import Database, Work

_AHEAD = 25.0  # calls' worth of points taken at a time where plenty is free
_PURSE_SECONDS = 5.0  # what was taken ahead and not used by then is given back
_REPORT_SECONDS = 0.5
_HORIZON = 5.0  # seconds: the longest wait a grant may carry, so that a correction reaches those who wait
_SLICE = 0.2  # seconds between two looks at `keep_going`


class SharedBudget:
    """This process's hand in the account. Made after a fork; safe to use from several threads.

    Args:
        database: where the account lives.
        line: the account's name, such as `shopify`.
    """

    def __init__(self, database: Database, line: str) -> None:
        self._database = database
        self._line = line
        self._holder = uuid4().hex[:12]
        self._lock = Lock()
        self._purse = 0.0
        self._purse_until = 0.0
        self._flying = 0.0
        self._refund = 0.0
        self._seen: tuple[Sighting, float] | None = None
        self._figures: tuple[float, float] | None = None
        self._reported_at = 0.0

    def take(self, points: float, *, keep_going: Callable[[], bool] = lambda: True) -> bool:
        """Wait until a call of this cost may start.

        Every True is to be followed by one `learn` with the same points.

        Args:
            points: what the call may cost at most.
            keep_going: looked at several times a second; once it says no, nothing is taken.

        Returns:
            False when `keep_going` said no.

        Raises:
            Unavailable: Postgres did not answer for 20 seconds.
        """
        while keep_going():
            with self._lock:
                ration = self._ration(points)
                if ration.points:
                    self._flying += points
            granted = False
            try:
                granted = _rest(ration.wait, keep_going)
            finally:
                if ration.points and not granted:
                    self._account(points, spent=0.0, seen=None, at_once=True)
            if ration.points and granted:
                return True
        return False

    def learn(self, points: float, *, spent: float | None, seen: Sighting | None = None) -> None:
        """Account for a call that is over.

        Args:
            points: as taken.
            spent: what it really cost; 0 when it never reached the store or was refused for lack of points; None when
                nobody knows.
            seen: the store's word on its bucket, of this very moment.
        """
        self._account(points, spent=spent, seen=seen, at_once=False)

    def _account(self, points: float, *, spent: float | None, seen: Sighting | None, at_once: bool) -> None:
        with self._lock:
            self._flying = max(0.0, self._flying - points)
            self._refund += points - (points if spent is None else spent)
            if seen is not None:
                self._seen = seen, monotonic()
            figures = (seen.maximum, seen.restore_rate) if seen else self._figures
            low = seen is not None and seen.available < points
            news = low or figures != self._figures
            self._figures = figures
            if low:
                self._empty_purse()
            if at_once or news or monotonic() - self._reported_at > _REPORT_SECONDS:
                self._tell(lambda account, _now: (account, None))

    def refused(self, seconds: float) -> None:
        """The store refused a call without naming figures: nobody calls for so long."""
        with self._lock:
            self._empty_purse()
            self._tell(lambda account, now: (rules.refused(account, now, seconds), None))

    def look(self) -> Budget | None:
        """The account as it was last written; None before the first call."""
        return self._database.run(lambda work: budget_store.look(work, self._line))

    def close(self) -> None:
        """Give back what was taken ahead. What is under way is forgotten by the account in its own time."""
        with self._lock:
            if not self._reported_at:  # nothing was taken, or this is the second time: the account need not hear of it
                return
            self._empty_purse()
            self._tell(lambda account, _now: (account, None))
            self._reported_at = 0.0

    def _ration(self, points: float) -> Ration:
        if monotonic() > self._purse_until:
            self._empty_purse()
        if self._purse < points:
            ration = self._change(
                lambda account, now: rules.reserve(
                    account, now, self._holder, points=points, wanted=points * _AHEAD, horizon=_HORIZON
                )
            )
            assert ration is not None  # noqa: S101 - a reservation always answers
            if ration.wait > 0:
                # The grant is this one call's. One dearer than the bucket was granted what the bucket holds.
                self._refund += min(0.0, ration.points - points) if ration.points else 0.0
                return ration
            self._purse += ration.points
            self._purse_until = monotonic() + _PURSE_SECONDS
        self._refund += min(0.0, self._purse - points)
        self._purse = max(0.0, self._purse - points)
        return Ration(points, 0.0)

    def _empty_purse(self) -> None:
        self._refund += self._purse
        self._purse = 0.0

    def _tell(self, rule: Callable[[Budget, datetime], tuple[Budget, None]]) -> None:
        # The store's answer is in somebody's hands just now: it must not be lost because the account is not reachable.
        with suppress(Unavailable):
            self._change(rule, patience=1.0)

    def _change(
        self, rule: Callable[[Budget, datetime], tuple[Budget, Ration | None]], *, patience: float = 20.0
    ) -> Ration | None:
        """Report what there is to report, apply the rule, and save both in one short transaction."""
        started = monotonic()
        seen = replace(self._seen[0], age=started - self._seen[1]) if self._seen else None
        told = Report(self._holder, self._purse + self._flying, self._refund, seen)

        def step(work: Work) -> Ration | None:
            account, now = budget_store.hold(work, self._line)
            account, ration = rule(rules.report(account, now, told), now)
            budget_store.save(work, self._line, account)
            return ration

        ration = self._database.run(step, patience=patience)
        self._refund, self._seen, self._reported_at = 0.0, None, monotonic()
        return ration


def _rest(seconds: float, keep_going: Callable[[], bool]) -> bool:
    """Sleep, waking to ask; False as soon as the answer is no."""
    ends_at = monotonic() + seconds
    while (left := ends_at - monotonic()) > 0:
        if not keep_going():
            return False
        time.sleep(min(left, _SLICE))
    return True
