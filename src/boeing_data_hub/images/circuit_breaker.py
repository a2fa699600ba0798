"""A circuit breaker for image hosts, so that a run of many parts does not wait for a host that is down each time."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Final

import structlog

from boeing_data_hub.clock import monotonic
from boeing_data_hub.images.guards import ImageRefused
from boeing_data_hub.images.product_image import HOST_RESTING
from boeing_data_hub.retry import RetryPolicy, every

log = structlog.get_logger(__name__)

_MOST_HOSTS: Final = 1000  # hosts to remember; a catalogue may name any number
_REST: Final = every(60.0)


@dataclass(slots=True)
class _Host:
    failures: int = 0  # consecutive failures
    until: float = 0.0
    is_probed: bool = False


class CircuitBreaker:
    """The hosts that are not asked for now; thread-safe.

    Args:
        after: consecutive failures that open the circuit of a host.
        rest: seconds until one caller tries again, while the others keep failing fast.
        clock: monotonic seconds; replaced in tests.
    """

    def __init__(self, *, after: int = 3, rest: RetryPolicy = _REST, clock: Callable[[], float] = monotonic) -> None:
        self._after = after
        self._rest = rest
        self._clock = clock
        self._lock = Lock()
        self._hosts: dict[str, _Host] = {}

    @contextmanager
    def visit(self, host: str) -> Generator[None]:
        """Wrap a request to a host. An error that is `passing` counts as a failure of the host.

        Raises:
            ImageRefused: `image_host_resting`, without a request.
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
                    "Boeing's image server failed several times in a row. The product gets the placeholder; publish it"
                    " again later.",
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
                seconds = self._rest.wait(known.failures - self._after + 1)
                known.until = self._clock() + seconds
                if known.failures == self._after:
                    log.warning("image host rests", host=host, seconds=seconds)
