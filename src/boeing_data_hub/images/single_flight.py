"""Single flight: concurrent calls with the same key share one result, which is cached for a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

from boeing_data_hub.clock import monotonic

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """A bounded cache of results, including those in progress.

    Args:
        seconds: how long a result is cached.
        most: size of the cache; the oldest result is dropped first.
        clock: monotonic seconds; replaced in tests.
    """

    def __init__(self, *, seconds: float, most: int, clock: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._lock = Lock()
        self._made: OrderedDict[str, tuple[float, T]] = OrderedDict()
        self._being_made: dict[str, Future[T]] = {}

    def get(self, key: str, make: Callable[[], T], *, keep: Callable[[T], bool] = lambda _: True) -> T:
        """The result for this key. An exception from `make` is raised to every waiting caller and not cached.

        Args:
            key: of the result.
            make: computes the result, in the first caller's thread.
            keep: whether to cache the result.
        """
        with self._lock:
            known = self._made.get(key)
            if known is not None and self._clock() < known[0]:
                return known[1]
            others = self._being_made.get(key)
            mine: Future[T] = Future()
            if others is None:
                self._being_made[key] = mine
        if others is not None:
            return others.result()
        try:
            thing = make()
        except BaseException as error:
            with self._lock:
                del self._being_made[key]
            mine.set_exception(error)
            raise
        with self._lock:
            del self._being_made[key]
            if keep(thing):
                self._made[key] = (self._clock() + self._seconds, thing)
                self._made.move_to_end(key)
                if len(self._made) > self._most:
                    self._made.popitem(last=False)
        mine.set_result(thing)
        return thing
