"""Stores the token state of one set of credentials: in Postgres for all processes, or in this process alone."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol, TypeVar

from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.work import access_token_rows
from boeing_data_hub.work.token_state import TokenState

T = TypeVar("T")
Step = Callable[[TokenState, datetime], tuple[TokenState, T]]


@lru_cache(maxsize=16)
def fingerprint(*parts: str) -> str:
    """A value that identifies a set of credentials and does not reveal them.

    Deliberately slow (some hundredths of a second), because a password may be short.
    """
    joined = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    return hashlib.scrypt(joined, salt=b"boeing-data-hub access tokens", n=2**13, r=8, p=1, dklen=16).hex()


class Memory(Protocol):
    """Stores the token state of one set of credentials."""

    def change(self, step: Step[T]) -> T:
        """Call a step with the state and the time, store the state it returns, and return its result."""
        ...

    def look(self) -> tuple[TokenState, datetime]:
        """The state and the time, without a lock."""
        ...


class PostgresMemory:
    """In Postgres, for all processes, on the database's clock.

    Args:
        database: holds the row.
        name: the account, such as `shopify:parts.myshopify.com`.
        fingerprint: of the credentials in use.
    """

    def __init__(self, database: Database, name: str, fingerprint: str) -> None:
        self._database = database
        self._name = name
        self._fingerprint = fingerprint

    def change(self, step: Step[T]) -> T:
        """As `Memory`. Raises Unavailable when Postgres does not answer within five seconds."""

        def act(work: Work) -> T:
            state, now = access_token_rows.hold(work, self._name, self._fingerprint)
            after, result = step(state, now)
            if after != state:
                access_token_rows.save(work, self._name, self._fingerprint, after)
            return result

        return self._database.run(act, patience=5)

    def look(self) -> tuple[TokenState, datetime]:
        """As `Memory`. Raises Unavailable at once when Postgres does not answer."""
        return self._database.run(lambda work: access_token_rows.look(work, self._name, self._fingerprint))


class ProcessMemory:
    """In this process alone: for the doctor when there is no Postgres, and for tests.

    Args:
        seconds: the clock, in seconds.
    """

    def __init__(self, seconds: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._state = TokenState()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=self._seconds())

    def change(self, step: Step[T]) -> T:
        """As `Memory`."""
        with self._lock:
            self._state, result = step(self._state, self._now())
            return result

    def look(self) -> tuple[TokenState, datetime]:
        """As `Memory`."""
        return self._state, self._now()
