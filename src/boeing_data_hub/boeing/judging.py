"""Decides what a call's outcome means for each of its parts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from boeing_data_hub.boeing.packing import split
from boeing_data_hub.errors import Complaint, HubError, PauseUpstream, RateLimited, Reject, Retry
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.values.counted import counted
from boeing_data_hub.work.refusals import Finding


@dataclass(frozen=True, slots=True)
class AskedPart:
    """A part of a call, with the number of its earlier failed calls, and when Boeing last rejected it."""

    part_number: str
    attempts: int
    call_group: int | None
    refused_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """Ask for these parts again after `wait` seconds; `alone`: in a call without others."""

    part_numbers: tuple[str, ...]
    wait: float
    attempts: int
    alone: bool


REFUSES_ALL = "boeing_refuses_all"
"""The code of parts that wait because Boeing rejects everything; they are not the cause."""

REFUSALS = ("boeing_rejected", "boeing_forbidden", "boeing_complained")
"""The codes of parts whose call Boeing rejected, or answered with an error instead of a result."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on the parts of a failed call.

    Attributes:
        again: the calls to make later; all other parts have failed.
        failed: parts that are not asked for again.
        code: the error code.
        sentence: the error in words.
    """

    code: str
    sentence: str
    again: tuple[Again, ...] = ()
    failed: tuple[str, ...] = ()


def after_failure(
    asked: Sequence[AskedPart], error: HubError, retry: RetryPolicy, *, finding: Finding | None = None
) -> Verdict:
    """Decide by the error's class.

    - The upstream is the cause (429, refused connection, credentials, or `finding`): it does not count against the
    parts.
    - Retry: repeat after a growing pause; after `retry.attempts` the call is split, and each half gets two more
    attempts.
    - Reject: split at once, until the cause is a single part, which fails with the reason.

    Args:
        asked: the parts of the call.
        error: how it failed.
        retry: attempts before a call is split, or a single part fails, and the waits.
        finding: the meaning of a rejection; None: a part rejected alone is the cause.
    """
    parts = tuple(part.part_number for part in asked)
    attempts = max(part.attempts for part in asked) + 1
    if finding is Finding.UPSTREAM and isinstance(error, Reject | Complaint):
        return Verdict(REFUSES_ALL, in_full(error), again=_unchanged(asked))
    if finding is Finding.UPSTREAM or affects_every_part(error):
        return Verdict(error.code, in_full(error), again=_unchanged(asked))
    if isinstance(error, Reject) and len(parts) == 1 and finding in {Finding.DOUBT, Finding.SPLIT}:
        waiting = Again(parts, 0.0, asked[0].attempts, alone=True)
        return Verdict(error.code, in_full(error), again=(waiting,))
    if isinstance(error, Reject) or retry.gives_up(attempts):
        if len(parts) == 1:
            return Verdict(error.code, _given_up(error, attempts), failed=parts)
        left = min(attempts, max(0, (retry.attempts or attempts) - 2))
        wait = 0.0 if isinstance(error, Reject) else retry.wait(1)
        halves = tuple(Again(some, wait, left, alone=True) for some in map(tuple, split(parts)))
        return Verdict(error.code, in_full(error), again=halves)
    wait = retry.wait(attempts, asked=error.retry_after if isinstance(error, Retry) else None)
    alone = any(part.call_group is not None for part in asked)
    return Verdict(error.code, in_full(error), again=(Again(parts, wait, attempts, alone=alone),))


def affects_every_part(error: HubError) -> bool:
    """True if the error means that no call can succeed for now."""
    return isinstance(error, RateLimited | PauseUpstream) or (isinstance(error, Retry) and error.whole_line)


def in_full(error: HubError) -> str:
    """The error's sentence, followed by the server's message."""
    words = error.words if isinstance(error, Retry | Reject) else ""
    return f"{error.message} Boeing said: \u201c{words}\u201d." if words else error.message


def _unchanged(asked: Sequence[AskedPart]) -> tuple[Again, ...]:
    alone = any(part.call_group is not None for part in asked)
    attempts = max(part.attempts for part in asked)
    return (Again(tuple(part.part_number for part in asked), 0.0, attempts, alone=alone),)


def _given_up(error: HubError, attempts: int) -> str:
    if isinstance(error, Reject):
        return f"{in_full(error)} Correct the part number, or leave it out."
    return (
        f"{in_full(error).replace(' The hub will retry.', '')} The hub gave up after "
        f"{counted(attempts, 'failed call')}. Retry later."
    )


@dataclass(frozen=True, slots=True)
class Missing:
    """The verdict on the parts missing in an answer.

    Attributes:
        gone: not found.
        wrong: parts that fail because there was no valid answer after several attempts; it is unknown if they exist.
        again: the calls to make for the others.
    """

    gone: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    again: tuple[Again, ...] = ()


@dataclass(frozen=True, slots=True)
class Doubted:
    """The verdict on the parts that are missing in a doubtful answer.

    Attributes:
        failed: parts that fail because it is still unknown after several attempts if Boeing has them.
        again: the calls to make for the others.
    """

    failed: tuple[str, ...] = ()
    again: tuple[Again, ...] = ()


def after_doubt(missing: Sequence[str], attempts: dict[str, int], *, served: bool, retry: RetryPolicy) -> Doubted:
    """Decide on parts missing in an answer that has an error, a warning, or a mark that it is truncated.

    They are requested again without the others. An answer with some of its parts is progress, and does not count as a
    failed attempt.

    Args:
        missing: the missing parts.
        attempts: of each part.
        served: True if the answer had other parts of the call.
        retry: attempts before a call is split, or a single part fails, and the waits.
    """
    if served:
        most = max(attempts[part] for part in missing)
        return Doubted(again=(Again(tuple(missing), 0.0, most, alone=True),))
    again = tuple(part for part in missing if not retry.gives_up(attempts[part] + 1))
    failed = tuple(part for part in missing if part not in again)
    if not again:
        return Doubted(failed=failed)
    tried = max(attempts[part] for part in again) + 1
    wait = retry.wait(tried)
    # Halves, so that one of them is answered, and a part that spoils answers is isolated in the end.
    halves = split(again) if len(missing) > 1 else [list(again)]
    return Doubted(failed=failed, again=tuple(Again(tuple(half), wait, tried, alone=True) for half in halves))


def after_missing(
    missing: Sequence[str], attempts: dict[str, int], *, suspicious: bool, confirm: bool, retry: RetryPolicy
) -> Missing:
    """Decide which parts missing in an answer are not found, and which are requested again.

    An answer with parts that were not requested may belong to another request, so a missing part proves nothing.
    Otherwise it means "not found", unless each one must be confirmed by a separate call.
    """
    if suspicious:
        again = tuple(p for p in missing if not retry.gives_up(attempts[p] + 1))
        calls = (Again(again, retry.wait(1), max(attempts[p] for p in again) + 1, alone=False),) if again else ()
        return Missing(wrong=tuple(p for p in missing if p not in again), again=calls)
    if confirm:
        unsure = tuple(p for p in missing if attempts[p] == 0)
        return Missing(
            gone=tuple(p for p in missing if p not in unsure),
            again=tuple(Again((p,), 0.0, 1, alone=True) for p in unsure),
        )
    return Missing(gone=tuple(missing))
