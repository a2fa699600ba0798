"""The stage at work: reserve a slot, wait for it, claim parts, ask Boeing, save everything at once, hint onwards.

The claim comes after the wait, so that a call is filled from whatever waits at that moment, a cancelled batch costs no
call, and a worker that dies while waiting holds nothing but its slot.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Protocol
from uuid import UUID, uuid4

import structlog

from boeing_data_hub import telemetry
from boeing_data_hub.boeing.client import TokenRefused
from boeing_data_hub.boeing.wire import Answer
from boeing_data_hub.clock import monotonic, now
from boeing_data_hub.errors import RateLimited, Reject, Retry, StopTheLine
from boeing_data_hub.extraction.outcome import Call, Outcome, judge, judge_failure
from boeing_data_hub.extraction.packing import Candidate, pack
from boeing_data_hub.extraction.verdicts import AskedPart, FailureRules
from boeing_data_hub.model.states import Stage
from boeing_data_hub.pacing import KeepGoing, Pacing, Slots
from boeing_data_hub.queue import Hints
from boeing_data_hub.store import batches, items, leases, raw
from boeing_data_hub.store import line as line_store
from boeing_data_hub.store.leases import HeldLeases, LeaseLostError
from boeing_data_hub.store.work import Database, Work

log = structlog.get_logger(__name__)

_HORIZON = 2.0  # seconds ahead a slot may be reserved: what a killed worker can waste, and a cancel has to wait for
_CLAIM_SECONDS = 0.25  # a claim is what can be called in about this time, so that many fast calls share one save
_MOST_CALLS = 30
_FAILURES_IN_A_ROW = 3


class AsksBoeing(Protocol):
    """What this stage needs of the Boeing client."""

    def ask(self, parts: Sequence[str]) -> Answer:
        """One price call; raises HubError."""
        ...


@dataclass(frozen=True, slots=True)
class ExtractionRules:
    """How calls are made (settings of the same names)."""

    batch_size: int
    lease_seconds: float
    max_attempts: int
    retry_seconds: float
    confirm_missing: bool


@dataclass(slots=True)
class _Claim:
    lease: UUID
    calls: list[Call]
    line_unwell: bool
    made: list[Call] = field(default_factory=list[Call])


class Extraction:
    """Asks Boeing for what waits, until nothing does."""

    def __init__(
        self,
        *,
        database: Database,
        boeing: AsksBoeing,
        pacing: Pacing,
        hints: Hints,
        held: HeldLeases,
        owner: str,
        rules: ExtractionRules,
    ) -> None:
        self._database = database
        self._boeing = boeing
        self._pacing = pacing
        self._hints = hints
        self._held = held
        self._owner = owner
        self._rules = rules
        self._failure_rules = FailureRules(
            rules.max_attempts,
            rules.retry_seconds,
            jitter=lambda: random.uniform(0.5, 1.5),  # noqa: S311 - spreads retries; no secret
        )
        self._savers = ThreadPoolExecutor(thread_name_prefix="save")
        self._call_seconds: float | None = None  # of late; unknown at first, so a first claim is one call

    def work(self, keep_going: KeepGoing) -> int:
        """Make calls until nothing is due or it is time to end. Returns how many were made."""
        made = 0
        saving: Future[None] | None = None
        while keep_going():
            slots = self._pacing.reserve(wanted=self._calls_at_once(), horizon=_HORIZON)
            if not slots.calls:
                if not self._database.run(items.anything_due, patience=20):
                    break
                keep_going.wait(max(0.05, min(1.0, slots.wait - _HORIZON + 0.05)))
                continue
            if not _wait_until(slots.first_at, keep_going):
                self._pacing.give_back(slots, slots.calls)
                break
            if self._pacing.late(slots, 0):
                continue
            claim = self._database.run(lambda work, slots=slots: self._claim(work, slots), patience=20)
            if claim is None:
                self._pacing.give_back(slots, slots.calls)
                if not self._database.run(items.anything_due, patience=20):
                    break
                keep_going.wait(0.2)
                continue
            self._held.add(claim.lease)
            try:
                self._make_calls(claim, slots, keep_going)
                made += len(claim.made)
                # The next calls are made while these are saved; no further ahead, so that memory stays flat.
                _settled(saving)
                saving = self._savers.submit(self._save, claim)
            except BaseException:
                self._held.discard(claim.lease)
                raise
        _settled(saving)
        return made

    def _calls_at_once(self) -> int:
        gap = self._pacing.limit.spacing if self._pacing.limit else 0.0
        if self._call_seconds is None:
            return 1
        return max(1, min(_MOST_CALLS, int(_CLAIM_SECONDS / max(gap, self._call_seconds, 0.001))))

    def _claim(self, work: Work, slots: Slots) -> _Claim | None:
        leases.one_claim_at_a_time(work, Stage.EXTRACTION)
        line, at = line_store.look(work, "boeing")
        if line.is_paused(at) and not slots.probe:
            return None
        due = items.due_parts(work, wanted=slots.calls * self._rules.batch_size)
        packed = pack([Candidate(d.part_number, d.call_group) for d in due], self._rules.batch_size, slots.calls)
        if not packed:
            return None
        known = {d.part_number: d for d in due}
        ids = raw.next_ids(work, len(packed))
        calls = [_call(i, [known[p] for p in parts]) for i, parts in zip(ids, packed, strict=True)]
        claim = _Claim(uuid4(), calls, line_unwell=bool(line.failures or line.pause_reason))
        leases.take(
            work,
            claim.lease,
            stage=Stage.EXTRACTION,
            owner=self._owner,
            seconds=self._rules.lease_seconds,
            part_numbers=[p for parts in packed for p in parts],
        )
        return claim

    def _make_calls(self, claim: _Claim, slots: Slots, keep_going: KeepGoing) -> None:
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
            if call.error is None or isinstance(call.error, Reject):
                # A refusal is an answer too: the line is well, whatever is wrong with the part.
                failures = 0
                if unwell:
                    self._pacing.answered()
                    unwell = False
                continue
            if isinstance(call.error, TokenRefused):
                break  # only when we are told to end between two tokens
            fresh = all(part.attempts == 0 for part in call.asked)
            self._pacing.failed(call.error, fresh=fresh, called_at=started)
            failures += 1
            unwell = True
            if _line_is_at_fault(call.error) or failures >= _FAILURES_IN_A_ROW:
                break

    def _make_call(self, call: Call, keep_going: KeepGoing) -> None:
        with telemetry.working_for(call.batches, call.traces, part=call.only_part, raw_id=call.raw_id):
            self._ask(call, keep_going)
            if call.error is not None:
                log.warning("boeing call failed", code=call.error.code, parts=len(call.asked))

    def _ask(self, call: Call, keep_going: KeepGoing) -> None:
        call.at = now()
        try:
            try:
                call.answer = self._boeing.ask(call.part_numbers)
            except TokenRefused as refused:
                # The tokens are new now; the same question needs a slot of its own.
                if not self._another_slot(keep_going):
                    call.error = refused
                    return
                call.answer = self._boeing.ask(call.part_numbers)
            call.at = now()
        except (Retry, Reject, StopTheLine) as error:
            call.error = error
        except Exception as error:  # a bug must not hang a batch: it is counted, retried, and named in the item
            log.exception("unexpected error in a Boeing call")
            call.error = Retry(
                f"The hub met an unexpected error ({type(error).__name__}) while asking Boeing.", code="internal_error"
            )

    def _another_slot(self, keep_going: KeepGoing) -> bool:
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

    def _save(self, claim: _Claim) -> None:
        outcome = judge(claim.made, self._failure_rules, confirm_missing=self._rules.confirm_missing)

        def step(work: Work) -> bool:
            leases.release(work, claim.lease)
            batches.hold_ledger(work)
            _write(work, outcome)
            return bool(outcome.verdicts.found)

        try:
            onwards = self._database.run(step, patience=60)
        except LeaseLostError:
            log.warning("a lease was lost while its calls ran; the parts are asked again", calls=len(claim.made))
            return
        finally:
            self._held.discard(claim.lease)
        if onwards:
            self._hints.send(Stage.NORMALIZATION)


def lost_lease(work: Work, part_numbers: Sequence[str], *, batch_size: int, rules: FailureRules) -> None:
    """Account for parts whose worker died under them: a part that kills its worker must not do so for ever.

    The calls of the lost claim are not known any more; parts are judged in groups of `batch_size`, in order.
    """
    died = Retry(
        "The worker that asked for this part stopped without an answer. It is asked again.", code="worker_lost"
    )
    waiting = {d.part_number: d for d in items.waiting(work, part_numbers)}
    alive = [waiting[p] for p in part_numbers if p in waiting]
    outcome = Outcome()
    for start in range(0, len(alive), batch_size):
        asked = [AskedPart(d.part_number, d.attempts, d.call_group) for d in alive[start : start + batch_size]]
        judge_failure(outcome, asked, died, rules)
    # The death was waited for already, by the lease: no further pause.
    outcome.again = [(replace(again, wait=0.0), code, sentence) for again, code, sentence in outcome.again]
    _write(work, outcome)


def _write(work: Work, outcome: Outcome) -> None:
    raw.insert(work, outcome.answers)
    raw.remember_answers(work, outcome.answers)
    verdicts = outcome.numbered(lambda count: items.new_call_groups(work, count))
    batches.move_counts(work, items.apply_verdicts(work, verdicts))


def _call(raw_id: int, parts: Sequence[items.DuePart]) -> Call:
    return Call(
        raw_id,
        tuple(AskedPart(part.part_number, part.attempts, part.call_group) for part in parts),
        tuple(dict.fromkeys(batch for part in parts for batch in part.batches)),
        tuple(dict.fromkeys(trace for part in parts for trace in part.traces)),
    )


def _settled(saving: Future[None] | None) -> None:
    if saving is not None:
        saving.result()


def _wait_until(moment: float, keep_going: KeepGoing) -> bool:
    while (left := moment - monotonic()) > 0:
        if not keep_going.wait(left):
            return False
    return True


def _line_is_at_fault(error: Retry | StopTheLine) -> bool:
    return isinstance(error, RateLimited | StopTheLine) or error.whole_line
