"""What the calls of a claim came to: answers to keep, and a verdict for every part. Pure: `run.py` carries it out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from boeing_data_hub.boeing.wire import Answer
from boeing_data_hub.errors import Reject, Retry, StopTheLine
from boeing_data_hub.extraction.matching import match
from boeing_data_hub.extraction.verdicts import Again, AskedPart, FailureRules, after_failure, after_missing
from boeing_data_hub.model.answers import RawAnswer, Verdicts

_LEFT_OUT = "Boeing left this part out of an answer. It is asked again before it counts as not found."
_WRONG = "Boeing answered for other parts each time this one was asked. Retry the failed items later."


@dataclass(slots=True)
class Call:
    """One call of a claim, and how it went: an answer, or an error, or neither if it was not made.

    Attributes:
        raw_id: the id its answer is kept under.
        batches: those that wait for it, and `traces`, what they keep of their traces.
        at: when the answer came (UTC).
    """

    raw_id: int
    asked: tuple[AskedPart, ...]
    batches: tuple[UUID, ...] = ()
    traces: tuple[str, ...] = ()
    answer: Answer | None = None
    error: Retry | Reject | StopTheLine | None = None
    at: datetime | None = None

    @property
    def part_numbers(self) -> tuple[str, ...]:
        """The parts asked."""
        return tuple(part.part_number for part in self.asked)

    @property
    def only_part(self) -> str | None:
        """The part, where one is asked alone."""
        return self.asked[0].part_number if len(self.asked) == 1 else None


@dataclass(slots=True)
class Outcome:
    """What calls came to.

    Attributes:
        answers: to keep.
        verdicts: of parts that are not asked again.
        again: calls to make later, each with the code and the sentence that say why.
    """

    answers: list[RawAnswer] = field(default_factory=list[RawAnswer])
    verdicts: Verdicts = field(default_factory=Verdicts)
    again: list[tuple[Again, str, str]] = field(default_factory=list[tuple[Again, str, str]])

    def numbered(self, new_groups: Callable[[int], list[int]]) -> Verdicts:
        """All verdicts; calls that must stay alone get a number each from `new_groups(how many)`."""
        alone = [call for call, _, _ in self.again if call.alone]
        numbers = iter(new_groups(len(alone)) if alone else ())
        for call, code, sentence in self.again:
            group = next(numbers) if call.alone else None
            for part in call.part_numbers:
                self.verdicts.again[part] = (call.wait, call.attempts, group, code, sentence)
        return self.verdicts


def judge(calls: Sequence[Call], rules: FailureRules, *, confirm_missing: bool) -> Outcome:
    """Judge the calls that were made.

    Args:
        calls: made or not; those that were not made leave no trace.
        rules: how long a failing call is retried.
        confirm_missing: ask alone for a part that was left out, before it counts as not found.
    """
    outcome = Outcome()
    for call in calls:
        if call.answer is not None:
            _judge_answer(outcome, call, call.answer, rules, confirm_missing=confirm_missing)
        elif call.error is not None:
            judge_failure(outcome, call.asked, call.error, rules)
            kept = None if isinstance(call.error, StopTheLine) else call.error.raw
            if kept and call.at is not None:
                outcome.answers.append(_unusable(call, kept, call.error.code, call.at))
    return outcome


def judge_failure(
    outcome: Outcome, asked: Sequence[AskedPart], error: Retry | Reject | StopTheLine, rules: FailureRules
) -> None:
    """Add the verdict on the parts of a failed call."""
    verdict = after_failure(asked, error, rules)
    for part in verdict.failed:
        outcome.verdicts.failed[part] = (verdict.code, verdict.sentence)
    outcome.again.extend((again, verdict.code, verdict.sentence) for again in verdict.again)


def _judge_answer(outcome: Outcome, call: Call, answer: Answer, rules: FailureRules, *, confirm_missing: bool) -> None:
    matched = match(call.part_numbers, answer.line_items)
    matches = {part: list(skus) for part, skus in matched.skus.items()}
    for part, skus in matched.skus.items():
        outcome.verdicts.found[part] = (call.raw_id, skus)
    if matched.missing:
        left_out = after_missing(
            matched.missing,
            {part.part_number: part.attempts for part in call.asked},
            suspicious=matched.suspicious,
            confirm=confirm_missing,
            rules=rules,
        )
        for part in left_out.gone:
            outcome.verdicts.missing[part] = call.raw_id
            matches[part] = []
        for part in left_out.wrong:
            outcome.verdicts.failed[part] = ("boeing_wrong_answer", _WRONG)
        outcome.again.extend((again, "boeing_left_out", _LEFT_OUT) for again in left_out.again)
    if call.at is not None:
        outcome.answers.append(RawAnswer(call.raw_id, ",".join(call.part_numbers), answer.raw_json, matches, call.at))


def _unusable(call: Call, text: str, code: str, at: datetime) -> RawAnswer:
    """What is not JSON is kept as a JSON string, without what Postgres cannot hold."""
    quoted = json.dumps(text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8"))
    return RawAnswer(call.raw_id, ",".join(call.part_numbers), quoted, {}, at, usable=False, error=code)
