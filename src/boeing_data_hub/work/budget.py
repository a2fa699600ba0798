"""The store's cost budget, shared by every process: points are taken before a call and accounted for after it.

The rules are in `work/bucket.py`. A process takes some points in advance if plenty are free, so
that it need not ask Postgres before each call.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from threading import Condition
from uuid import uuid4

from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import Unavailable
from boeing_data_hub.work import bucket as rules
from boeing_data_hub.work import budget_account as budget_store
from boeing_data_hub.work.bucket import Budget, Report, Reservation, StoreFigures

_AHEAD = 25.0  # calls' worth of points taken at a time if plenty are free
_PURSE_SECONDS = 5.0  # points taken in advance and unused after this time are returned
_REPORT_SECONDS = 0.5
_HORIZON = 5.0  # seconds: longest wait of a grant, so that corrections reach waiting callers
_SLICE = 0.2  # seconds between two checks of `keep_going`
_TELL_SECONDS = 1.0  # seconds: longest delay of a response by a report


class SharedBudget:
    """This process's share of the account. Create it after forking; thread-safe.

    One thread at a time changes the account, without holding a lock: threads that find prefetched points, or only
    record the cost of a call, never wait for Postgres.

    Args:
        database: keeps the account.
        upstream: the account's name, such as `shopify`.
    """

    def __init__(self, database: Database, upstream: str) -> None:
        self._database = database
        self._upstream = upstream
        self._holder = uuid4().hex[:12]
        self._lock = Condition()
        self._changing = False
        self._purse = 0.0
        self._purse_until = 0.0
        self._flying = 0.0
        self._refund = 0.0
        self._seen: tuple[StoreFigures, float] | None = None
        self._figures: tuple[float, float] | None = None
        self._reported_at = 0.0

    def take(self, points: float, *, keep_going: Callable[[], bool] = lambda: True) -> bool:
        """Wait until a call of this cost may start.

        After True, call `learn` once with the same points.

        Args:
            points: maximum cost of the call.
            keep_going: checked several times a second; once it is False, nothing is taken.

        Returns:
            False if `keep_going` was False.

        Raises:
            Unavailable: Postgres did not answer for 20 seconds.
        """
        while keep_going():
            reservation = self._reserve(points, keep_going)
            granted = False
            try:
                granted = _rest(reservation.wait, keep_going)
            finally:
                if reservation.points and not granted:
                    self._account(points, spent=0.0, seen=None, at_once=True)
            if reservation.points and granted:
                return True
        return False

    def learn(self, points: float, *, spent: float | None, seen: StoreFigures | None = None) -> None:
        """Account for a finished call.

        Args:
            points: as taken.
            spent: its actual cost; 0 if it never reached the store or was throttled; None if
                unknown.
            seen: the store's current figures.
        """
        self._account(points, spent=spent, seen=seen, at_once=False)

    def _account(self, points: float, *, spent: float | None, seen: StoreFigures | None, at_once: bool) -> None:
        with self._lock:
            self._flying = max(0.0, self._flying - points)
            self._refund += points - (points if spent is None else spent)
            if seen is not None:
                self._seen = seen, monotonic()
            figures = (seen.maximum, seen.restore_rate) if seen else self._figures
            low = seen is not None and seen.available < points
            urgent = at_once or low or figures != self._figures
            self._figures = figures
            if low:
                self._empty_purse()
            tell = urgent or (not self._changing and monotonic() - self._reported_at > _REPORT_SECONDS)
        if tell:
            self._tell(lambda account, _now: (account, None))

    def refused(self, seconds: float) -> None:
        """Record a 429 without figures: no calls for this long."""
        with self._lock:
            self._empty_purse()
        self._tell(lambda account, now: (rules.refused(account, now, seconds), None))

    def look(self) -> Budget | None:
        """The current account, by the database's clock; None before the first call."""
        return self._database.run(lambda work: budget_store.look(work, self._upstream))

    def close(self) -> None:
        """Return the points taken in advance. Points of running calls expire in the account."""
        with self._lock:
            if not self._reported_at:  # nothing to return
                return
            self._empty_purse()
        self._tell(lambda account, _now: (account, None))
        self._reported_at = 0.0

    def _reserve(self, points: float, keep_going: Callable[[], bool]) -> Reservation:
        """Points for one call, prefetched or from the account; they count as in use from then on."""
        with self._lock:
            while True:
                if monotonic() > self._purse_until:
                    self._empty_purse()
                if self._purse >= points:
                    return self._from_purse(points)
                if not self._changing:
                    break
                self._lock.wait(_SLICE)  # another thread is filling the purse
                if not keep_going():
                    return Reservation(0.0, 0.0)
            self._changing = True
        reservation = self._change(
            lambda account, now: rules.reserve(
                account, now, self._holder, points=points, wanted=points * _AHEAD, horizon=_HORIZON
            )
        )
        assert reservation is not None  # noqa: S101 - a reservation always answers
        with self._lock:
            if reservation.wait <= 0:
                self._purse += reservation.points
                self._purse_until = monotonic() + _PURSE_SECONDS
                return self._from_purse(points)
            if reservation.points:
                # The grant is for this call. A call that costs more than the bucket got a full bucket.
                self._refund += min(0.0, reservation.points - points)
                self._flying += points
            return reservation

    def _from_purse(self, points: float) -> Reservation:
        self._refund += min(0.0, self._purse - points)
        self._purse = max(0.0, self._purse - points)
        self._flying += points
        return Reservation(points, 0.0)

    def _empty_purse(self) -> None:
        self._refund += self._purse
        self._purse = 0.0

    def _tell(self, rule: Callable[[Budget, datetime], tuple[Budget, None]]) -> None:
        """Report to the account when no other thread does, waiting at most `_TELL_SECONDS`."""
        ends_at = monotonic() + _TELL_SECONDS
        with self._lock:
            while self._changing:
                if not self._lock.wait(max(0.0, ends_at - monotonic())) or monotonic() >= ends_at:
                    return  # the next report includes it
            self._changing = True
        # The caller has the store's response, which must not be lost because Postgres is unavailable.
        with suppress(Unavailable):
            self._change(rule, patience=_TELL_SECONDS)

    def _change(
        self, rule: Callable[[Budget, datetime], tuple[Budget, Reservation | None]], *, patience: float = 20.0
    ) -> Reservation | None:
        """Report, apply the rule and save, in one short transaction.

        Called without the lock, by the thread that has set `_changing`.
        """
        with self._lock:
            started, seen, refund = monotonic(), self._seen, self._refund
            figures = replace(seen[0], age=started - seen[1]) if seen else None
            ours = Report(self._holder, self._purse + self._flying, refund, figures)

        def step(work: Work) -> Reservation | None:
            account, now = budget_store.hold(work, self._upstream)
            account, reservation = rule(rules.report(account, now, ours), now)
            budget_store.save(work, self._upstream, account)
            return reservation

        try:
            reservation = self._database.run(step, patience=patience)
            with self._lock:
                self._refund -= refund
                self._seen = None if self._seen is seen else self._seen
                self._reported_at = monotonic()
            return reservation
        finally:
            with self._lock:
                self._changing = False
                self._lock.notify_all()


def _rest(seconds: float, keep_going: Callable[[], bool]) -> bool:
    """Sleep while `keep_going` is True. Returns False as soon as it is not."""
    ends_at = monotonic() + seconds
    while (left := ends_at - monotonic()) > 0:
        if not keep_going():
            return False
        time.sleep(min(left, _SLICE))
    return True
