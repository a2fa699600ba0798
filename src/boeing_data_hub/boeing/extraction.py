"""Runs the stage: reserve a slot, wait for it, claim parts, call Boeing, save everything at once, wake the next stage.

The claim comes after the wait, so that a call is filled with all parts due at that moment, a cancelled batch costs no
call, and a worker that dies while it waits holds nothing but its slot.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from uuid import uuid4

import structlog

from boeing_data_hub import telemetry
from boeing_data_hub.boeing import call_use, saving
from boeing_data_hub.boeing.asking import Asking, ToldToStop
from boeing_data_hub.boeing.claims import Claim, Claims
from boeing_data_hub.boeing.client import BoeingClient, TokenRefused
from boeing_data_hub.boeing.idle import IdleWork
from boeing_data_hub.boeing.judging import REFUSES_ALL, affects_every_part
from boeing_data_hub.boeing.outcome import Call, judge
from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import Complaint, PauseUpstream, Reject, Retry
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.settings import Settings
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work import batches, leases, witnesses
from boeing_data_hub.work.leases import HeldLeases, LeaseLostError
from boeing_data_hub.work.pacing import Pacing, Slots
from boeing_data_hub.work.refusals import Finding
from boeing_data_hub.work.time_slice import TimeSlice
from boeing_data_hub.work.wake_ups import WakeUps

log = structlog.get_logger(__name__)

_HORIZON = 2.0  # seconds ahead a slot may be reserved: a killed worker wastes, and a cancellation waits, no longer
_CLAIM_SECONDS = 0.25  # a claim has the calls for about this time, so that many fast calls share one save
_MOST_CALLS = 30
_FAILURES_IN_A_ROW = 3


class Extraction:
    """Calls Boeing for parts that are due, until none is."""

    def __init__(
        self,
        *,
        database: Database,
        boeing: BoeingClient,
        pacing: Pacing,
        wake_ups: WakeUps,
        held: HeldLeases,
        owner: str,
        settings: Settings,
        idle: IdleWork | None = None,
    ) -> None:
        self._database = database
        self._asking = Asking(database=database, boeing=boeing, another_slot=self._another_slot)
        self._pacing = pacing
        self._wake_ups = wake_ups
        self._held = held
        self._claims = Claims(settings, limit=pacing.limit, owner=owner, idle=idle)
        self._confirm_missing = settings.hub_confirm_missing
        self._idle = idle
        self._retry = RetryPolicy(
            attempts=settings.hub_max_attempts,
            first=settings.hub_retry_seconds,
            longest=60.0,
            jitter=(0.5, 1.5),
            longest_asked=600.0,
        )
        self._savers = ThreadPoolExecutor(thread_name_prefix="save")
        self._call_seconds: float | None = None  # recent average; unknown at first, so the first claim is one call

    def work(self, keep_going: TimeSlice) -> int:
        """Make calls until nothing is due or it is time to stop. Returns how many were made."""
        made = 0
        saving_now: Future[None] | None = None
        try:
            while keep_going():
                claim = self._next_claim(keep_going)
                if claim is None:
                    break
                made += len(claim.made)
                # The next calls are made while these are saved, but no further ahead, to limit memory. A failed save
                # ends this run and loses only its own calls: those made meanwhile are still saved.
                before, saving_now = saving_now, self._savers.submit(self._save, claim)
                _settled(before)
        finally:
            _settled(saving_now)
        return made

    def close(self) -> None:
        """End the thread that saves."""
        self._savers.shutdown(wait=False, cancel_futures=True)

    def _next_claim(self, keep_going: TimeSlice) -> Claim | None:
        """Reserve slots, claim what is due, and make its calls. None if nothing is due, or it is time to stop."""
        while keep_going():
            slots = self._pacing.reserve(wanted=self._calls_at_once(), horizon=_HORIZON)
            if not slots.calls:
                if not self._database.run(self._claims.anything_due, patience=20):
                    return None
                keep_going.wait(max(0.05, min(1.0, slots.wait - _HORIZON + 0.05)))
                continue
            if not _wait_until(slots.first_at, keep_going):
                self._pacing.give_back(slots, slots.calls)
                return None
            if self._pacing.late(slots, 0):
                continue
            claim = self._database.run(partial(self._claims.take, slots=slots, lease=uuid4()), patience=20)
            if claim is None:
                self._pacing.give_back(slots, slots.calls)
                if not self._database.run(self._claims.anything_due, patience=20):
                    return None
                keep_going.wait(0.2)
                continue
            if self._idle is not None:  # idle work is one call at a time, even if more slots were reserved
                self._pacing.give_back(slots, slots.calls - len(claim.calls))
            self._held.add(claim.lease)
            try:
                self._make_calls(claim, slots, keep_going)
            except BaseException:
                self._held.discard(claim.lease)
                raise
            return claim
        return None

    def _calls_at_once(self) -> int:
        gap = self._pacing.limit.spacing if self._pacing.limit else 0.0
        if self._call_seconds is None:
            return 1
        return max(1, min(_MOST_CALLS, int(_CLAIM_SECONDS / max(gap, self._call_seconds, 0.001))))

    def _make_calls(self, claim: Claim, slots: Slots, keep_going: TimeSlice) -> None:
        failures = 0
        unwell = claim.line_unwell
        for number, call in enumerate(claim.calls):
            if number and not (_wait_until(slots.first_at + number * slots.gap, keep_going) and keep_going()):
                break
            if number and self._pacing.late(slots, number) and not self._another_slot(keep_going):
                break
            started = monotonic()
            self._make_call(call, keep_going)
            claim.made.append(call)
            took = monotonic() - started
            known = took if self._call_seconds is None else self._call_seconds
            self._call_seconds = 0.7 * known + 0.3 * took
            call.ended = monotonic()
            if call.error is None:
                failures = 0
                if unwell or call.control:  # the result of a control call is a witness, so it is always recorded
                    self._pacing.answered()
                    unwell = False
                continue
            unwell = True
            failures += 1
            if self._ends_the_claim(call, call.error, started) or failures >= _FAILURES_IN_A_ROW:
                break

    def _ends_the_claim(self, call: Call, error: Retry | Reject | PauseUpstream, started: float) -> bool:
        """Record a failed call. True if the rest of the claim should not be called now."""
        if isinstance(error, TokenRefused | ToldToStop):
            return True  # the process stops, between two token calls or two price calls
        if isinstance(error, Reject | Complaint):
            call.finding = self._pacing.refused(error, what=call.refused, called_at=started)
            return call.finding is Finding.UPSTREAM
        fresh = all(part.attempts == 0 for part in call.asked)
        if self._pacing.failed(error, fresh=fresh, control=call.control, called_at=started):
            call.finding = Finding.UPSTREAM
        return affects_every_part(error)

    def _make_call(self, call: Call, keep_going: TimeSlice) -> None:
        with telemetry.working_for(call.batches, call.traces, part=call.only_part, raw_id=call.raw_id):
            self._asking.ask(call, keep_going)
            if call.error is not None:
                log.warning("boeing call failed", code=call.error.code, parts=len(call.asked))

    def _another_slot(self, keep_going: TimeSlice) -> bool:
        while keep_going():
            slots = self._pacing.reserve(wanted=1, horizon=_HORIZON)
            if not slots.calls:
                keep_going.wait(max(0.05, min(1.0, slots.wait - _HORIZON + 0.05)))
                continue
            if not _wait_until(slots.first_at, keep_going):
                return False
            if not self._pacing.late(slots, 0):
                return True
        return False

    def _save(self, claim: Claim) -> None:
        outcome = judge(claim.made, self._retry, confirm_missing=self._confirm_missing)

        asked = [call for call in claim.made if not isinstance(call.error, TokenRefused | ToldToStop)]
        people = sum(1 for call in asked if call.batches)

        def step(work: Work) -> bool:
            leases.release(work, claim.lease)
            batches.hold_ledger(work)
            saving.write(work, outcome)
            call_use.count(work, people=people, sync=len(asked) - people)
            if self._idle is not None:
                self._idle.answered(work, outcome.answers, outcome.verdicts)
            if claim.is_accepted_again:
                witnesses.clear_error(work, code=REFUSES_ALL)
            return bool(outcome.verdicts.found)

        try:
            onwards = self._database.run(step, patience=60)
        except LeaseLostError:
            log.warning("a lease was lost while its calls ran; the parts are asked again", calls=len(claim.made))
            return
        finally:
            self._held.discard(claim.lease)
        if onwards:
            self._wake_ups.send(Stage.NORMALIZATION)


def _settled(under_way: Future[None] | None) -> None:
    if under_way is not None:
        under_way.result()


def _wait_until(moment: float, keep_going: TimeSlice) -> bool:
    while (left := moment - monotonic()) > 0:
        if not keep_going.wait(left):
            return False
    return True
