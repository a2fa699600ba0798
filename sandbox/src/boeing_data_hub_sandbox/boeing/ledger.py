"""What the stand-in saw: every price call with its moment, and what the tests judge a hub by.

A window of W seconds that ends at t holds the calls later than t - W up to and including t. The limit and the
statistics use the same definition, and count calls when they arrive.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from boeing_data_hub import clock
from boeing_data_hub_sandbox.boeing.settings import MAX_LIMIT

CAPACITY: Final = 200_000
"""Price calls kept; the oldest are forgotten first. Half an hour at full speed, months at Boeing's."""

EXAMPLES: Final = 100


@dataclass(slots=True)
class PriceCall:
    """One price call.

    Attributes:
        number: 1 for the first since the last reset.
        at: epoch seconds at arrival.
        monotonic: seconds of the stand-in's own steady clock at arrival.
        concurrent: price calls under way at that moment, this one included.
        parts: the numbers asked, in order, as they were spelled.
        token: which tokens came with it, e.g. `oauth-1 part-1`.
        status: HTTP status sent; None while under way, and when nothing was sent.
        answered: True when a 200 was sent to its last byte.
        seconds: how long it took; None while under way.
        faults: kinds of the faults that fired.
        traceparent: the trace it was sent in, by the header of that name; empty without one.
    """

    number: int
    at: float
    monotonic: float
    concurrent: int
    parts: tuple[str, ...] = ()
    token: str = ""
    status: int | None = None
    answered: bool = False
    seconds: float | None = None
    faults: tuple[str, ...] = ()
    traceparent: str = ""


class Ledger:
    """Counts and remembers.

    Args:
        path: file to append ended price calls to, or None.
        capacity: price calls kept in memory.
    """

    def __init__(self, path: Path | None = None, *, capacity: int = CAPACITY) -> None:
        # Line by line, so that a killed stand-in has written what it saw.
        self._file = None if path is None else path.open("a", buffering=1, encoding="utf-8")
        self._capacity = capacity
        self._under_way = 0
        self.reset()

    def reset(self) -> None:
        """Forget everything. Calls under way end as part of the past."""
        self._calls: deque[PriceCall] = deque(maxlen=self._capacity)
        self._count = 0
        self._max_concurrent = 0
        self._token_calls: dict[str, Counter[str]] = {"oauth": Counter(), "part_token": Counter()}
        self.refused_by_limit = 0
        self.own_errors = 0  # of the stand-in itself; a reply of 500 that nobody wanted

    def close(self) -> None:
        """Close the file; calls that end later are counted, but not written."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def arrive(self) -> PriceCall:
        """Note a price call at the moment of its arrival."""
        self._under_way += 1
        self._count += 1
        self._max_concurrent = max(self._max_concurrent, self._under_way)
        call = PriceCall(self._count, clock.now().timestamp(), clock.monotonic(), self._under_way)
        self._calls.append(call)
        return call

    def leave(self, call: PriceCall, status: int | None, *, answered: bool) -> None:
        """Note how a price call ended."""
        self._under_way -= 1
        call.status = status
        call.answered = answered
        call.seconds = clock.monotonic() - call.monotonic
        if self._file is not None:
            self._file.write(json.dumps(asdict(call)) + "\n")

    def token_call(self, kind: str, status: int | None) -> None:
        """Note a call for a token; `kind` is oauth or part_token, `status` None when nothing was sent."""
        self._token_calls[kind][_word(status)] += 1

    def calls(self, *, since: int = 0, limit: int = 1000) -> list[dict[str, Any]]:
        """At most `limit` price calls with a number above `since`, oldest first."""
        forgotten = self._count - len(self._calls)
        start = max(0, since - forgotten)
        return [asdict(call) for call in islice(self._calls, start, start + limit)]

    def stats(self, *, window: float, limit: int) -> dict[str, Any]:
        """What the price calls in memory add up to.

        Args:
            window: seconds of the sliding window.
            limit: calls allowed in one; 0: any number, so that none is over it.
        """
        calls = list(self._calls)
        in_window = list(_counts_in_window([call.monotonic for call in calls], window))
        asked = Counter(part for call in calls for part in call.parts)
        answered = Counter(part for call in calls if call.answered for part in call.parts)
        twice = {part: count for part, count in asked.items() if count > 1}
        return {
            "calls": self._count,
            "answered": sum(call.answered for call in calls),
            "by_status": dict(Counter(_word(call.status) for call in calls if call.seconds is not None)),
            "under_way": self._under_way,
            "forgotten": self._count - len(calls),
            "oauth_calls": self._token_calls["oauth"].total(),
            "oauth_by_status": dict(self._token_calls["oauth"]),
            "part_token_calls": self._token_calls["part_token"].total(),
            "part_token_by_status": dict(self._token_calls["part_token"]),
            "window": window,
            "limit": limit,
            "max_in_window": max(in_window, default=0),
            "over_limit": sum(count > limit for count in in_window) if limit else 0,
            "refused_by_limit": self.refused_by_limit,
            "own_errors": self.own_errors,
            "parts_asked": asked.total(),
            "distinct_parts": len(asked),
            "parts_asked_more_than_once": len(twice),
            "asked_more_than_once": dict(islice(sorted(twice.items(), key=_most_first), EXAMPLES)),
            "parts_answered_more_than_once": sum(count > 1 for count in answered.values()),
            "average_batch_fill": round(asked.total() / len(calls), 3) if calls else 0.0,
            "max_concurrent": self._max_concurrent,
            "first_call_at": calls[0].at if calls else None,
            "last_call_at": calls[-1].at if calls else None,
        }


class SlidingLimit:
    """Lets so many calls into each sliding window. A refused call does not count against the window."""

    def __init__(self) -> None:
        self._admitted: deque[float] = deque(maxlen=MAX_LIMIT)

    def reset(self) -> None:
        """Forget the calls admitted so far."""
        self._admitted.clear()

    def wait_before(self, now: float, *, limit: int, window: float) -> float:
        """Admit a call at `now` and return 0, or return the seconds until one would be admitted.

        Args:
            now: monotonic seconds, never less than at the call before.
            limit: calls per window; 0: any number, noted for a limit that is set later.
            window: seconds.
        """
        admitted = self._admitted
        while admitted and admitted[0] <= now - window:
            admitted.popleft()
        if limit and len(admitted) >= limit:
            # After a lowering of the limit more than one call has to grow old first.
            return admitted[-limit] + window - now
        admitted.append(now)
        return 0.0


def _counts_in_window(moments: Iterable[float], window: float) -> Iterator[int]:
    """For each moment, how many there are in the window that ends with it."""
    recent: deque[float] = deque()
    for moment in moments:
        recent.append(moment)
        while recent[0] <= moment - window:
            recent.popleft()
        yield len(recent)


def _most_first(entry: tuple[str, int]) -> tuple[int, str]:
    return -entry[1], entry[0]


def _word(status: int | None) -> str:
    return "none" if status is None else str(status)
