"""The unit of work: one transaction, and the only place that commits.

A step is a function of a `Work`. It may be run again from its start after Postgres restarted, dropped the connection or
chose it as a deadlock's victim, so it must not touch anything but the database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, LiteralString, TypeVar

import msgspec
import psycopg
from psycopg.errors import DeadlockDetected, SerializationFailure
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_loads
from psycopg_pool import ConnectionPool, PoolTimeout

from boeing_data_hub import telemetry
from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.login_guard import FIRST_PAUSE, SignInGuard
from boeing_data_hub.db.outages import Outage, outage_of
from boeing_data_hub.errors import Unavailable
from boeing_data_hub.retry import RetryPolicy

set_json_loads(msgspec.json.decode)  # a product's row contains five documents, and rows are read by the thousand

# Ten deadlocks or serialization conflicts in a row are not a coincidence.
_LOST_RACE: Final = RetryPolicy(attempts=11, first=0.03, factor=1.0, step=0.03, jitter=(1 / 3, 5 / 3))
_LOST_CONNECTION: Final = RetryPolicy(first=0.05, factor=1.0, step=0.05, longest=0.5)
# Seconds to wait for one of our own connections while nothing says that Postgres is away: a busy machine is no outage.
_CROWDED: Final = 5.0

T = TypeVar("T")
R = TypeVar("R")
Params = Mapping[str, Any] | Sequence[Any] | None

# One round trip opens the transaction with its time limits; SET LOCAL is all that a transaction pooler allows. Our
# statements run for milliseconds, and compiling one of them would take a hundred. A process that is frozen within a
# transaction holds up everybody who wants its locks: the server ends it after ten seconds, and the step is run again.
_BEGIN = (
    "BEGIN; SET LOCAL statement_timeout = '60s'; SET LOCAL idle_in_transaction_session_timeout = '10s';"
    " SET LOCAL jit = off"
)


class Work:
    """An open transaction, the first argument of functions that read or write rows."""

    def __init__(self, connection: psycopg.Connection[DictRow]) -> None:
        self._connection = connection

    def rows(self, query: LiteralString, params: Params = None) -> list[dict[str, Any]]:
        """All rows of a query, as dictionaries."""
        return self._connection.execute(query, params).fetchall()

    def row(self, query: LiteralString, params: Params = None) -> dict[str, Any] | None:
        """The first row of a query, or None."""
        return self._connection.execute(query, params).fetchone()

    def records(self, kind: type[R], query: LiteralString, params: Params = None) -> list[R]:
        """All rows of a query, as records of a frozen class whose fields are named like the columns."""
        return [msgspec.convert(row, kind) for row in self.rows(query, params)]

    def record(self, kind: type[R], query: LiteralString, params: Params = None) -> R | None:
        """The first row of a query as a record, or None."""
        row = self.row(query, params)
        return None if row is None else msgspec.convert(row, kind)

    def value(self, query: LiteralString, params: Params = None) -> Any:
        """The first column of the first row, or None."""
        row = self.row(query, params)
        return next(iter(row.values())) if row else None

    def do(self, query: LiteralString, params: Params = None) -> int:
        """Run a statement. Returns the number of affected rows."""
        return self._connection.execute(query, params).rowcount


class Database:
    """A pool of connections to Postgres, and the steps that run on it.

    Args:
        url: postgresql://user:password@host:port/name. Direct, session pooler or transaction pooler: prepared
            statements are off, because the latter cannot keep them.
        size: maximum number of connections of this process.
        name: shown in pg_stat_activity.
        pause: seconds without another attempt after the server rejected us (a wrong password, an unknown database).
    """

    def __init__(self, url: str, *, size: int = 10, name: str = "bdh", pause: float = FIRST_PAUSE) -> None:
        self._guard = SignInGuard(pause)
        self._pool: ConnectionPool[psycopg.Connection[DictRow]] = ConnectionPool(
            url.replace("postgresql+psycopg://", "postgresql://", 1),
            min_size=0,
            max_size=size,
            max_idle=120,
            open=False,
            kwargs={
                "autocommit": True,
                "prepare_threshold": None,
                "row_factory": dict_row,
                "connect_timeout": 5,
                "application_name": name,
            },
            connection_class=self._guard.connection_class(),
            reconnect_timeout=5,
        )
        self._pool.open()
        self._size = size

    def close(self) -> None:
        """Close every connection."""
        self._pool.close(timeout=2)

    @contextmanager
    def _transaction(self, wait: float) -> Generator[Work]:
        with self._pool.connection(timeout=wait) as connection:
            connection.execute(_BEGIN)
            try:
                yield Work(connection)
                connection.execute("COMMIT")
            except BaseException as error:
                if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
                    connection.close()  # another server may be the primary now
                if not connection.closed and not connection.broken:
                    connection.execute("ROLLBACK")
                raise

    def run(self, step: Callable[[Work], T], *, patience: float = 1.0, hurry: bool = False) -> T:
        """Run a step in one transaction and commit it.

        Args:
            step: run again from its start after a lost connection or a deadlock.
            patience: seconds for which a database that does not answer is retried.
            hurry: a person waits, so getting a connection is not retried after `patience`; or, while the last attempt
                to connect succeeded, after five seconds.

        Raises:
            Unavailable: Postgres did not answer within `patience`, and the last attempt may have been committed; or it
                rejects us, or aborted the step (a full disk, a statement that took too long). The code says which.
        """
        started, outcome = monotonic(), "error"
        try:
            result = self._run(step, patience=patience, hurry=hurry)
            outcome = "ok"
        except Unavailable:
            outcome = "unavailable"
            raise
        finally:
            telemetry.step_done(outcome=outcome, seconds=monotonic() - started)
        return result

    def _run(self, step: Callable[[Work], T], *, patience: float, hurry: bool) -> T:
        started, tries = monotonic(), 0
        deadline = started + patience
        while True:
            tries += 1
            try:
                with self._transaction(wait=max(0.5, deadline - monotonic())) as work:
                    return step(work)
            except (DeadlockDetected, SerializationFailure):
                if _LOST_RACE.gives_up(tries):
                    raise
                time.sleep(_LOST_RACE.wait(tries))
            except (psycopg.Error, PoolTimeout) as error:
                outage = self._outage(error)
                if outage is None:
                    raise
                if isinstance(error, PoolTimeout) and self._guard.outage is None and monotonic() < started + _CROWDED:
                    continue
                # Every pooled connection may be dead after a restart, so the first retries do not count.
                in_haste = hurry and isinstance(error, PoolTimeout)
                free = tries <= self._size and outage.connection_is_dead and not in_haste
                if not free and (monotonic() > deadline or not outage.connection_is_gone):
                    raise Unavailable(outage.sentence, code=outage.code, retry_after=outage.retry_after) from error
                time.sleep(_LOST_CONNECTION.wait(tries))

    def _outage(self, error: psycopg.Error | PoolTimeout) -> Outage | None:
        """The outage that an error shows; None if the error is the statement's."""
        if isinstance(error, PoolTimeout):
            return self._guard.outage or Outage("unreachable")
        return outage_of(error)
