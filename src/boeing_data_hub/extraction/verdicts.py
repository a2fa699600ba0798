"""What a call's outcome means for each of its parts. Pure: `run.py` carries it out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from boeing_data_hub.errors import HubError, RateLimited, Reject, Retry, StopTheLine
from boeing_data_hub.extraction.packing import split

_LONGEST_BACKOFF = 60.0


@dataclass(frozen=True, slots=True)
class AskedPart:
    """A part of a call, with the number of its calls that failed before."""

    part_number: str
    attempts: int
    call_group: int | None


@dataclass(frozen=True, slots=True)
class Again:
    """Ask these parts again, after `wait` seconds, together with no others if `alone`."""

    part_numbers: tuple[str, ...]
    wait: float
    attempts: int
    alone: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of the parts of a failed call.

    Attributes:
        again: the calls to make later; parts in none of them have failed.
        failed: parts that will not be asked again.
        code: the failure's word for machines.
        sentence: the failure's words for people.
    """

    code: str
    sentence: str
    again: tuple[Again, ...] = ()
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FailureRules:
    """How long a failing call is retried.

    Attributes:
        max_attempts: failed calls after which a call is split, and a part that stands alone fails.
        backoff: seconds to wait after the first failure; doubles with each one.
        jitter: a factor in [0.5, 1.5) each time it is asked; random in production.
    """

    max_attempts: int
    backoff: float = 2.0
    jitter: Callable[[], float] = field(default=lambda: 1.0)


def after_failure(asked: Sequence[AskedPart], error: HubError, rules: FailureRules) -> Verdict:
    """Decide by the error's class.

    - The line is at fault (429, refused connection, credentials): nothing is counted against the parts.
    - Retry: again after a growing pause; after `max_attempts` the call is split in two, each half with two more.
    - Reject: split at once, until the guilty part stands alone and fails with the reason.
    """
    parts = tuple(part.part_number for part in asked)
    attempts = max(part.attempts for part in asked) + 1
    if isinstance(error, RateLimited | StopTheLine) or (isinstance(error, Retry) and error.whole_line):
        return Verdict(
            error.code,
            error.message,
            again=_unchanged(asked),
        )
    if isinstance(error, Reject) or attempts >= rules.max_attempts:
        if len(parts) == 1:
            return Verdict(error.code, _given_up(error, attempts), failed=parts)
        left = min(attempts, max(0, rules.max_attempts - 2))
        wait = 0.0 if isinstance(error, Reject) else rules.backoff * rules.jitter()
        halves = tuple(Again(some, wait, left, alone=True) for some in map(tuple, split(parts)))
        return Verdict(error.code, error.message, again=halves)
    wait = min(_LONGEST_BACKOFF, rules.backoff * 2 ** (attempts - 1)) * rules.jitter()
    if isinstance(error, Retry) and error.retry_after is not None:
        wait = max(wait, min(error.retry_after, _LONGEST_BACKOFF * 10))
    alone = any(part.call_group is not None for part in asked)
    return Verdict(error.code, error.message, again=(Again(parts, wait, attempts, alone=alone),))


def _unchanged(asked: Sequence[AskedPart]) -> tuple[Again, ...]:
    alone = any(part.call_group is not None for part in asked)
    attempts = max(part.attempts for part in asked)
    return (Again(tuple(part.part_number for part in asked), 0.0, attempts, alone=alone),)


def _given_up(error: HubError, attempts: int) -> str:
    if isinstance(error, Reject):
        return f"{error.message} The other parts of its call were asked without it. Correct this one, or leave it out."
    return f"{error.message} Given up after {attempts} calls that failed. Retry the failed items later."


@dataclass(frozen=True, slots=True)
class Missing:
    """What becomes of the parts an answer left out.

    Attributes:
        gone: not found.
        wrong: answered wrongly so often that nobody knows whether they exist; they fail, and say so.
        again: the calls to make for the others.
    """

    gone: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    again: tuple[Again, ...] = ()


def after_missing(
    missing: Sequence[str], attempts: dict[str, int], *, suspicious: bool, confirm: bool, rules: FailureRules
) -> Missing:
    """Which of the parts left out of an answer are not found, and which are asked again.

    An answer that also holds parts nobody asked for may be the answer to somebody else's question, so its gaps prove
    nothing. Else a gap means "not found", unless the operator wants each one confirmed by a call of its own.
    """
    if suspicious:
        again = tuple(p for p in missing if attempts[p] + 1 < rules.max_attempts)
        calls = (Again(again, rules.backoff, max(attempts[p] for p in again) + 1, alone=False),) if again else ()
        return Missing(wrong=tuple(p for p in missing if p not in again), again=calls)
    if confirm:
        unsure = tuple(p for p in missing if attempts[p] == 0)
        return Missing(
            gone=tuple(p for p in missing if p not in unsure),
            again=tuple(Again((p,), 0.0, 1, alone=True) for p in unsure),
        )
    return Missing(gone=tuple(missing))
