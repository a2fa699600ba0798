"""Retry and back-off. Every policy is a value of one class, kept beside the code that retries; only this module
computes waits. Pure, except for the random jitter.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

_YEAR: Final = 31_536_000.0
_LONGEST_SCHEDULE: Final = 64  # a doubling policy reaches a year within 25 waits


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often to try, and how long to wait after each failure.

    After the n-th failure the wait is `first * factor ** (n - 1) + step * (n - 1)`, at most `longest`, then spread by
    `jitter`. The server may ask for a longer wait (Retry-After), which is honored up to `longest_asked`.

    Attributes:
        attempts: maximum tries, including the first; None: no limit.
        first: seconds after the first failure.
        factor: growth from one wait to the next; 1 for none.
        step: seconds added from one wait to the next; for a linear back-off.
        longest: maximum wait, before jitter.
        jitter: range of the random factor applied to each wait; (1, 1) for none.
        longest_asked: maximum wait granted to the server, in seconds.
        total: seconds since the first try after which to give up; None: no limit.
        dice: random numbers in [0, 1) for the jitter.
    """

    attempts: int | None = None
    first: float = 0.0
    factor: float = 2.0
    step: float = 0.0
    longest: float = _YEAR
    jitter: tuple[float, float] = (1.0, 1.0)
    longest_asked: float = math.inf
    total: float | None = None
    dice: Callable[[], float] = field(default=random.random, repr=False, compare=False)

    def __post_init__(self) -> None:
        low, high = self.jitter
        if not (
            0 <= low <= high
            and self.first >= 0
            and self.factor >= 1
            and self.step >= 0
            and 0 <= self.longest < math.inf
        ):
            raise ValueError(f"waits must not be negative and must not shrink: {self}")

    def base_wait(self, failures: int) -> float:
        """Seconds to wait after this many consecutive failures (at least one), before jitter."""
        before = max(0, failures - 1)
        try:
            grown = self.first * float(self.factor) ** before + self.step * before
        except OverflowError:
            grown = self.longest if self.first else self.step * before
        return min(self.longest, grown)

    def wait(self, failures: int, *, asked: float | None = None) -> float:
        """Seconds to wait after this many consecutive failures.

        Args:
            failures: including the latest.
            asked: seconds the server asked for, e.g. in Retry-After; None: it did not.
        """
        low, high = self.jitter
        ours = self.base_wait(failures)
        if low != high or low != 1.0:
            ours *= low + (high - low) * self.dice()
        return max(ours, min(asked or 0.0, self.longest_asked))

    def gives_up(self, failures: int, *, elapsed: float = 0.0) -> bool:
        """True if there is no further try after this many failures, or this many seconds since the first try."""
        spent = self.attempts is not None and failures >= self.attempts
        return spent or (self.total is not None and elapsed > self.total)

    def schedule(self) -> list[float]:
        """The waits after the first, second, … failure until they stop growing, without jitter.

        For SQL that counts failures: it uses the element of that number, or the last.
        """
        waits = [self.base_wait(1)]
        while len(waits) < _LONGEST_SCHEDULE and (following := self.base_wait(len(waits) + 1)) > waits[-1]:
            waits.append(following)
        return waits


def every(seconds: float, *, attempts: int | None = None) -> RetryPolicy:
    """A policy with a constant wait."""
    return RetryPolicy(attempts=attempts, first=seconds, factor=1.0, longest=seconds)
