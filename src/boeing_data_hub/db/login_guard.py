"""Opens connections to Postgres, remembers why the last attempt failed, and limits attempts after a rejected sign-in.

Poolers and providers count wrong passwords and lock out a client after many, which affects all hosts of a hub. A
connection pool alone would try dozens of times a minute.
"""

from __future__ import annotations

from dataclasses import replace
from threading import Lock
from typing import Any, Final, cast

import psycopg
import structlog
from psycopg.rows import DictRow

from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.outages import Outage, kind_said
from boeing_data_hub.retry import RetryPolicy

log = structlog.get_logger(__name__)

Connection = psycopg.Connection[DictRow]
FIRST_PAUSE: Final = 20.0
_RETRY: Final = RetryPolicy(longest=60.0, jitter=(1.0, 1.2))


class SignInGuard:
    """Opens connections for one pool.

    Args:
        pause: seconds without another attempt after the first rejection; doubles up to a minute.
    """

    def __init__(self, pause: float = FIRST_PAUSE) -> None:
        self._retry = replace(_RETRY, first=pause)
        self._lock = Lock()
        self._one_at_a_time = Lock()
        self._closed: Outage | None = None
        self._refusals = 0
        self._not_before = 0.0
        self._was_open = False

    @property
    def outage(self) -> Outage | None:
        """Why the last attempt to connect failed; None if it succeeded."""
        return self._closed

    def connection_class(self) -> type[Connection]:
        """The class of connections that this guard opens."""
        guard = self

        class Guarded(psycopg.Connection[DictRow]):
            @classmethod
            def connect(cls, conninfo: str = "", **kwargs: Any) -> Any:
                return guard.connect(super().connect, conninfo, **kwargs)

        return cast("type[Connection]", Guarded)

    def connect(self, connect: Any, conninfo: str, **options: Any) -> Any:
        """Connect, unless the server rejected us a moment ago. Raises psycopg.OperationalError."""
        if self._was_open:
            return self._try(connect, conninfo, options)
        with self._one_at_a_time:  # until we are signed in: otherwise each thread would send the wrong password once
            return self._try(connect, conninfo, options)

    def _try(self, connect: Any, conninfo: str, options: dict[str, Any]) -> Any:
        if monotonic() < self._not_before and self._closed is not None:
            raise psycopg.OperationalError(self._closed.sentence)
        try:
            made = connect(conninfo, **options)
        except psycopg.Error as error:
            self._refused(Outage(kind_said(str(error), lost="unreachable")))
            raise
        with self._lock:
            self._closed, self._refusals, self._not_before, self._was_open = None, 0, 0.0, True
        return made

    def _refused(self, outage: Outage) -> None:
        with self._lock:
            is_new = outage != self._closed
            self._closed = outage
            if outage.must_not_be_hammered:
                self._was_open = False
                self._refusals += 1
                self._not_before = monotonic() + self._retry.wait(self._refusals)
        if is_new:
            log.warning("no connection to Postgres", code=outage.code, why=outage.sentence)
