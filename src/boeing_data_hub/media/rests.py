"""Lets a picture host that is down rest, so that a run of many parts does not wait for it time and again."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Final

import structlog

from boeing_data_hub.clock import monotonic
from boeing_data_hub.media.guards import ImageRefused
from boeing_data_hub.model.pictures import HOST_RESTING

log = structlog.get_logger(__name__)

_MOST_HOSTS: Final = 1000  # whose failures are remembered; a catalogue may name as many as it likes


@dataclass(slots=True)
class _Host:
    failures: int = 0  # in a row
    until: float = 0.0
    is_probed: bool = False


class HostRests:
    """Which hosts rest just now; safe to use from several threads.

    Args:
        after: failures in a row after which a host rests.
        seconds: for how long; then one caller asks it again, and the others wait for what comes of that.
        clock: seconds since any start, for tests.
    """

    def __init__(self, *, after: int = 3, seconds: float = 60.0, clock: Callable[[], float] = monotonic) -> None:
        self._after = after
        self._seconds = seconds
        self._clock = clock
        self._lock = Lock()
        self._hosts: dict[str, _Host] = {}

    @contextmanager
    def visit(self, host: str) -> Generator[None]:
        """Around everything that is asked of a host. A refusal that is `passing` counts against the host.

        Raises:
            ImageRefused: `image_host_resting`, before anything is asked.
        """
        self._enter(host)
        try:
            yield
        except ImageRefused as refused:
            self._leave(host, failed=refused.passing)
            raise
        except BaseException:
            self._leave(host, failed=True)
            raise
        self._leave(host, failed=False)

    def _enter(self, host: str) -> None:
        with self._lock:
            known = self._hosts.get(host)
            if known is None or known.failures < self._after:
                return
            if known.is_probed or self._clock() < known.until:
                raise ImageRefused(
                    "The image's server failed several times in a row and is left alone for a minute. The product gets"
                    " the placeholder; publish it again later.",
                    code=HOST_RESTING,
                    passing=True,
                )
            known.is_probed = True

    def _leave(self, host: str, *, failed: bool) -> None:
        with self._lock:
            if not failed:
                if self._hosts.pop(host, _Host()).failures >= self._after:
                    log.info("image host is back", host=host)
                return
            if host not in self._hosts and len(self._hosts) >= _MOST_HOSTS:
                self._hosts.pop(next(iter(self._hosts)))
            known = self._hosts.setdefault(host, _Host())
            known.failures += 1
            known.is_probed = False
            if known.failures >= self._after:
                known.until = self._clock() + self._seconds
                if known.failures == self._after:
                    log.warning("image host rests", host=host, seconds=self._seconds)
