"""The outcome of a claim's calls: answers to save, and a verdict for every part. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from boeing_data_hub.boeing.judging import Again, AskedPart, after_doubt, after_failure, after_missing
from boeing_data_hub.boeing.matching import match
from boeing_data_hub.boeing.wire import Answer
from boeing_data_hub.clock import DatabaseClock
from boeing_data_hub.errors import PauseUpstream, Reject, Retry
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.work.refusals import Finding, Refused
from boeing_data_hub.work.verdicts import Failure, Found, Postponed, RawAnswer, Verdicts

_LEFT_OUT = Failure(
    "boeing_left_out", "Boeing left this part out of a response. The hub asks once more before it counts as not found."
)
_CUT = "Boeing left this part out of a response and said: \u201c{words}\u201d. The hub will retry."
_NEVER_WHOLE = (
    "Boeing left this part out every time and said: \u201c{words}\u201d. Boeing may or may not have it. Retry later."
)
_WRONG = Failure("boeing_wrong_answer", "Boeing returned other parts instead of this one every time. Retry later.")


@dataclass(slots=True)
class Call:
    """One call of a claim, and how it went: an answer, or an error, or neither if it was not made.

    Attributes:
        raw_id: the id under which its answer is stored.
        clock: the database's, which dates answers, so that the newest one of several hosts wins.
        batches: those that wait for it; `traces`: their trace contexts.
        at: when the answer came, by `clock`; `ended` is the same by the monotonic clock.
        finding: the meaning of a rejection, or that the upstream is the cause.
        control: True for a control call, which tests if Boeing accepts requests at all; its answer is not stored.
        disproved: True if its 404 says nothing about its parts, because the control call after it also got a 404.
    """

    raw_id: int
    asked: tuple[AskedPart, ...]
    clock: DatabaseClock
    batches: tuple[UUID, ...] = ()
    traces: tuple[str, ...] = ()
    answer: Answer | None = None
    error: Retry | Reject | PauseUpstream | None = None
    at: datetime | None = None
    ended: float | None = None
    finding: Finding | None = None
    control: bool = False
    disproved: bool = False

    @property
    def part_numbers(self) -> tuple[str, ...]:
        """The parts asked."""
        return tuple(part.part_number for part in self.asked)

    @property
    def only_part(self) -> str | None:
        """The part, if the call asks for a single one."""
        return self.asked[0].part_number if len(self.asked) == 1 else None

    @property
    def refused(self) -> Refused:
        """The call as a rejected one, to be judged; `Pacing` fills in `called_at`."""
        before = [part.refused_at for part in self.asked if part.refused_at is not None]
        return Refused(
            alone=len(self.asked) == 1,
            fresh=all(
                part.attempts == 0 and part.call_group is None and part.refused_at is None for part in self.asked
            ),
            before=max(before) if len(before) == len(self.asked) else None,
            called_at=self.at or self.clock.now(),
            control=self.control or self.disproved,
        )


@dataclass(frozen=True, slots=True)
class CallAgain:
    """A call to make later, and why."""

    call: Again
    why: Failure


@dataclass(slots=True)
class Outcome:
    """The outcome of calls.

    Attributes:
        answers: to save.
        verdicts: of parts that are not asked for again.
        again: calls to make later.
        ended: part → monotonic moment at which its call had failed.
    """

    answers: list[RawAnswer] = field(default_factory=list[RawAnswer])
    verdicts: Verdicts = field(default_factory=Verdicts)
    again: list[CallAgain] = field(default_factory=list[CallAgain])
    ended: dict[str, float] = field(default_factory=dict[str, float])

    def numbered(self, new_groups: Callable[[int], list[int]]) -> Verdicts:
        """All verdicts; calls that must stay alone get a number each from `new_groups(how many)`."""
        alone = [one for one in self.again if one.call.alone]
        numbers = iter(new_groups(len(alone)) if alone else ())
        again = dict(self.verdicts.again)
        for one in self.again:
            call = one.call
            group = next(numbers) if call.alone else None
            again |= dict.fromkeys(call.part_numbers, Postponed(call.wait, call.attempts, group, one.why))
        return replace(self.verdicts, again=again)


def judge(calls: Sequence[Call], retry: RetryPolicy, *, confirm_missing: bool) -> Outcome:
    """Judge the calls that were made.

    Args:
        calls: made or not; those that were not made leave no trace.
        retry: how long a failing call is retried.
        confirm_missing: ask alone for a part that was left out, before it counts as not found.
    """
    outcome = Outcome()
    for call in calls:
        if call.control:
            continue
        if call.answer is not None:
            _judge_answer(outcome, call, call.answer, retry, confirm_missing=confirm_missing)
        elif call.error is not None:
            judge_failure(outcome, call.asked, call.error, retry, finding=call.finding)
            if call.ended is not None:
                outcome.ended.update(dict.fromkeys(call.part_numbers, call.ended))
            kept = None if isinstance(call.error, PauseUpstream) else call.error.raw
            if kept and call.at is not None:
                outcome.answers.append(_unusable(call, kept, call.error.code, call.at))
    return outcome


def judge_failure(
    outcome: Outcome,
    asked: Sequence[AskedPart],
    error: Retry | Reject | PauseUpstream,
    retry: RetryPolicy,
    *,
    finding: Finding | None = None,
) -> None:
    """Add the verdict on the parts of a failed call."""
    verdict = after_failure(asked, error, retry, finding=finding)
    why = Failure(verdict.code, verdict.sentence)
    outcome.verdicts.failed.update(dict.fromkeys(verdict.failed, why))
    outcome.again.extend(CallAgain(again, why) for again in verdict.again)


def _judge_answer(outcome: Outcome, call: Call, answer: Answer, retry: RetryPolicy, *, confirm_missing: bool) -> None:
    matched = match(call.part_numbers, answer.line_items)
    matches = {part: list(skus) for part, skus in matched.skus.items()}
    for part, skus in matched.skus.items():
        outcome.verdicts.found[part] = Found(call.raw_id, skus)
    attempts = {part.part_number: part.attempts for part in call.asked}
    if matched.missing and answer.doubt:
        doubted = after_doubt(matched.missing, attempts, served=bool(matched.skus), retry=retry)
        never_whole = Failure("boeing_incomplete", _NEVER_WHOLE.format(words=answer.doubt))
        outcome.verdicts.failed.update(dict.fromkeys(doubted.failed, never_whole))
        cut = Failure("boeing_incomplete", _CUT.format(words=answer.doubt))
        outcome.again.extend(CallAgain(again, cut) for again in doubted.again)
    elif matched.missing and answer.vague and not matched.suspicious and any(n == 0 for n in attempts.values()):
        once_more = Again(matched.missing, retry.wait(1), 1, alone=True)
        outcome.again.append(CallAgain(once_more, _LEFT_OUT))
    elif matched.missing:
        left_out = after_missing(
            matched.missing,
            attempts,
            suspicious=matched.suspicious,
            confirm=confirm_missing,
            retry=retry,
        )
        for part in left_out.gone:
            outcome.verdicts.missing[part] = call.raw_id
            matches[part] = []
        outcome.verdicts.failed.update(dict.fromkeys(left_out.wrong, _WRONG))
        outcome.again.extend(CallAgain(again, _LEFT_OUT) for again in left_out.again)
    if call.at is not None:
        outcome.answers.append(RawAnswer(call.raw_id, ",".join(call.part_numbers), answer.raw_json, matches, call.at))


def _unusable(call: Call, text: str, code: str, at: datetime) -> RawAnswer:
    """A body that is not JSON, as a JSON string without characters that Postgres rejects."""
    quoted = json.dumps(text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8"))
    return RawAnswer(call.raw_id, ",".join(call.part_numbers), quoted, {}, at, usable=False, error=code)
