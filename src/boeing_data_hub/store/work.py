"""The unit of work: one transaction, and the only place that commits.

A step is a function of a `Work`. It may be run again from its start when Postgres restarted, dropped the connection or
chose it as a deadlock's victim, so it must not touch anything but the database.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString, TypeVar

import msgspec
import psycopg
from psycopg.errors import DeadlockDetected, IdleInTransactionSessionTimeout, SerializationFailure
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_loads
from psycopg_pool import ConnectionPool, PoolTimeout

from boeing_data_hub import telemetry
from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import Unavailable

set_json_loads(msgspec.json.decode)  # a row of a product holds five documents, and rows come by the thousand

T = TypeVar("T")
Params = Mapping[str, Any] | Sequence[Any] | None

# One round trip opens the transaction with its time limits; SET LOCAL is all that a transaction pooler allows. Our
# statements run for milliseconds, and compiling one of them would take a hundred. A process that is frozen within a
# transaction holds up everybody who wants its locks: the server ends it after ten seconds, and the step is run again.
_BEGIN = (
    "BEGIN; SET LOCAL statement_timeout = '60s'; SET LOCAL idle_in_transaction_session_timeout = '10s';"
    " SET LOCAL jit = off"
)


class Work:
    """An open transaction. Store functions take it as their first argument."""

    def __init__(self, connection: psycopg.Connection[DictRow]) -> None:
        self._connection = connection

    def rows(self, query: LiteralString, params: Params = None) -> list[dict[str, Any]]:
        """All rows of a query, as dictionaries."""
        return self._connection.execute(query, params).fetchall()

    def row(self, query: LiteralString, params: Params = None) -> dict[str, Any] | None:
        """The first row of a query, or None."""
        return self._connection.execute(query, params).fetchone()

    def value(self, query: LiteralString, params: Params = None) -> Any:
        """The first column of the first row, or None."""
        row = self.row(query, params)
        return next(iter(row.values())) if row else None

    def do(self, query: LiteralString, params: Params = None) -> int:
        """Run a statement; how many rows it touched."""
        return self._connection.execute(query, params).rowcount


class Database:
    """A pool of connections to Postgres, and the steps that run on it.

    Args:
        url: postgresql://user:password@host:port/name. Direct, session pooler or transaction pooler: prepared
            statements are off, because the latter cannot keep them.
        size: most connections this process opens.
        name: shown in pg_stat_activity.
    """

    def __init__(self, url: str, *, size: int = 10, name: str = "bdh") -> None:
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
            connection_class=psycopg.Connection[DictRow],
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
            except BaseException:
                if not connection.closed and not connection.broken:
                    connection.execute("ROLLBACK")
                raise

    def run(self, step: Callable[[Work], T], *, patience: float = 1.0, hurry: bool = False) -> T:
        """Run a step in one transaction and commit it.

        Args:
            step: what to do; run again from its start after a lost connection or a deadlock.
            patience: seconds for which a database that does not answer is tried again.
            hurry: a person waits: a connection that cannot be had within `patience` is not waited for again.

        Raises:
            Unavailable: Postgres did not answer within `patience`. Whether the last try was committed is unknown.
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
        deadline = monotonic() + patience
        tries = 0
        while True:
            tries += 1
            try:
                with self._transaction(wait=max(0.5, deadline - monotonic())) as work:
                    return step(work)
            except (DeadlockDetected, SerializationFailure):
                if tries > 10:  # noqa: PLR2004 - ten lost races in a row are no accident
                    raise
                time.sleep(random.uniform(0.01, 0.05) * tries)  # noqa: S311 - jitter, not a secret
            except (psycopg.OperationalError, PoolTimeout, IdleInTransactionSessionTimeout) as lost:
                # Every pooled connection may be dead after a restart, so a few tries are free.
                free = tries <= self._size and not (hurry and isinstance(lost, PoolTimeout))
                if monotonic() > deadline and not free:
                    raise Unavailable(
                        "Postgres does not answer. Nothing was lost: what was accepted is kept and goes on when it is "
                        "back. Try again in a few seconds.",
                        code="database_unavailable",
                        retry_after=5,
                    ) from lost
                time.sleep(min(0.05 * tries, 0.5))
