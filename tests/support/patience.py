"""How long tests wait: the one measure that every deadline of a test comes from.

The number in a test is what an idle machine needs, with some room. `allow` turns it into what this machine may take
now: several times as much, and more while it is slow or has other work. A wait that succeeds ends at once, so patience
costs time only where something is broken; and there it costs minutes, because room is added only up to a minute, and
no wait grows beyond `LONGEST`. `BDH_TEST_PATIENCE=1` sets the factor, to look for a test that hangs.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TypeVar

from boeing_data_hub.clock import monotonic

T = TypeVar("T")

GENEROUS = 5.0
ROOM = 60.0
"""The seconds that `GENEROUS` adds at most: a long wait has its room in its own number already."""
SLOWEST = 12.0
"""How much slower than an idle core a machine may seem."""
LONGEST = 240.0
"""The seconds after which a wait counts as a hang, however slow the machine is, unless its own number is longer."""
_OVERRIDE = "BDH_TEST_PATIENCE"
_REFERENCE = 0.01  # seconds for `_work` on an idle core of 2026
_LOOKS_AGAIN_AFTER = 20.0


def allow(seconds: float) -> float:
    """Seconds to wait on this machine, as it is now, for what takes `seconds` on an idle one."""
    if chosen := os.environ.get(_OVERRIDE):
        return seconds * float(chosen)
    slower = min(SLOWEST, max(1.0, _measured(int(monotonic() / _LOOKS_AGAIN_AFTER))))
    return patient(seconds, slower)


def patient(seconds: float, slower: float) -> float:
    """What `allow` returns where the machine is `slower` (times) than an idle core. Pure."""
    return max(seconds, min(LONGEST, slower * min(GENEROUS * seconds, seconds + ROOM)))


def rounds(seconds: float) -> Iterator[None]:
    """Rounds of a loop that ends by itself, as many as fit: a slow machine does less in each, so none is counted."""
    deadline = Deadline(seconds)
    yield
    while not deadline.passed:
        yield


class Deadline:
    """A moment after which a test gives up; it moves while the machine is slower than it was thought to be."""

    def __init__(self, seconds: float) -> None:
        self._began = monotonic()
        self._seconds = seconds
        self._ends = self._began + allow(seconds)

    @property
    def passed(self) -> bool:
        """Whether to give up."""
        if monotonic() <= self._ends:
            return False
        self._ends = max(self._ends, self._began + allow(self._seconds))
        return monotonic() > self._ends

    @property
    def waited(self) -> float:
        """Seconds since it was set."""
        return monotonic() - self._began

    @property
    def left(self) -> float:
        """Seconds until it passes, as things are; never below 0."""
        return 0.0 if self.passed else max(0.0, self._ends - monotonic())


def until(
    condition: Callable[[], T],
    *,
    seconds: float = 30,
    what: str = "the state",
    told: Callable[[], object] = str,
    every: float = 0.05,
) -> T:
    """Wait until `condition` gives something true, and return that.

    Args:
        condition: what is looked at, again and again.
        seconds: what an idle machine needs, with some room.
        what: it is waited for, for the message.
        told: what else the message should say.
        every: seconds between two looks.
    """
    deadline = Deadline(seconds)
    while True:
        if found := condition():
            return found
        if deadline.passed:
            raise AssertionError(f"{what} was not reached within {deadline.waited:.0f} s. {told()}".rstrip())
        time.sleep(every)


@lru_cache(maxsize=1)
def _measured(_period: int) -> float:
    """How many times slower this machine is now than an idle core, by its speed and by its queue."""
    began = time.perf_counter()
    _work()
    speed = (time.perf_counter() - began) / _REFERENCE
    waiting = os.getloadavg()[0] / len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else [0])
    return max(speed, waiting)


def _work() -> None:
    total = 0
    for number in range(250_000):
        total += number & 7
