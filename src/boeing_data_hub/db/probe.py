"""The doctor's checks of Postgres, on a separate connection: server, kind of connection, tables, privileges, lost work.

They only read. They do not use the pool of `unit_of_work.py`, whose retries would hide problems.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import psycopg
from psycopg.rows import dict_row

from boeing_data_hub.clock import monotonic, now
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)

Connection = psycopg.Connection[dict[str, Any]]
Mode = Literal["direct", "session pooler", "transaction pooler"]
_PROBES: Final = 3
_OLDER: Final = 3.0  # minimum seconds by which a pooler's connection to the server is older than ours to the pooler
_STRANGERS: Final = ("anon", "authenticated")  # the roles that Supabase gives to everyone


class PostgresRefused(Exception):
    """The connection failed. `said` is the server's or the library's text, without a password."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFacts:
    """One of our tables: if row level security is on, and forced; who else may use it; if we may write."""

    name: str
    secured: bool
    forced: bool
    strangers: tuple[str, ...]
    writable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresFacts:
    """Facts about the server.

    Attributes:
        version: as in `server_version_num`, e.g. 160004.
        mode: how we are connected, as far as it could be determined.
        tls: True if our connection is encrypted.
        read_only: True for a standby, or if writes are disabled.
        bypasses: True if the role ignores row level security.
        may_use_schema: True if the role has USAGE on the schema `hub`; None without such a schema.
        schema_open_to: other roles that may use the schema.
        connections: the server's limit, without reserved ones.
        connected: current connections of all clients.
        ahead: seconds by which the server's clock is ahead of this machine's.
        uncertain: seconds by which `ahead` may be wrong.
    """

    version: int
    role: str
    mode: Mode
    tls: bool
    read_only: bool
    bypasses: bool
    may_use_schema: bool | None
    schema_open_to: tuple[str, ...]
    connections: int
    connected: int
    ahead: float
    uncertain: float
    tables: tuple[TableFacts, ...]


@contextmanager
def connected(url: str, *, seconds: float) -> Generator[Connection]:
    """A connection with short timeouts for connecting and for statements. Raises PostgresRefused."""
    try:
        connection = psycopg.Connection[dict[str, Any]].connect(
            url.replace("postgresql+psycopg://", "postgresql://", 1),
            autocommit=True,
            prepare_threshold=None,
            row_factory=dict_row,
            connect_timeout=max(2, round(seconds)),
            application_name="bdh doctor",
            tcp_user_timeout=round(seconds * 1000),
        )
    except (psycopg.OperationalError, psycopg.ProgrammingError, UnicodeError) as error:
        raise PostgresRefused(str(error)) from None
    try:
        yield connection
    finally:
        connection.close()


NotAnsweredError = psycopg.Error
"""Errors of a query: missing tables, or a lost server."""


@contextmanager
def reading(connection: Connection) -> Generator[Work]:
    """A read-only transaction with a statement timeout of five seconds."""
    connection.execute("BEGIN READ ONLY; SET LOCAL statement_timeout = '5s'; SET LOCAL jit = off")
    try:
        yield Work(connection)
    finally:
        if not connection.closed:
            connection.execute("ROLLBACK")


def look(connection: Connection, *, url: str, seconds: float) -> PostgresFacts:
    """Read all facts except lost work."""
    mode = _mode(connection, url, seconds)
    with reading(connection) as work:
        asked, asked_at = now(), monotonic()
        server_time: datetime = work.value(_SQL["moment"])
        took = monotonic() - asked_at
        row = work.row(_SQL["server"])
        assert row is not None  # noqa: S101 - everybody is a role
        open_to = work.rows(_SQL["schema_open_to"], [list(_STRANGERS)])
        tables = work.records(TableFacts, _SQL["tables"], [list(_STRANGERS), row["bypasses"]])
    return PostgresFacts(
        version=row["version"],
        role=row["role"],
        mode=mode,
        tls=connection.pgconn.ssl_in_use,
        read_only=row["read_only"],
        bypasses=row["bypasses"],
        may_use_schema=row["usable"],
        schema_open_to=tuple(sorted(each["who"] for each in open_to)),
        connections=row["connections"],
        connected=row["connected"],
        ahead=(server_time - asked).total_seconds() - took / 2,
        uncertain=took / 2,
        tables=tuple(tables),
    )


def _mode(connection: Connection, url: str, seconds: float) -> Mode:
    """How we are connected: two clients on one server process mean a transaction pooler; one older than us, a pooler.

    A transaction pooler gives the second client the process that the first has just released.
    """
    try:
        with connected(url, seconds=seconds) as other:
            for _ in range(_PROBES):
                if _backend(connection)[0] == _backend(other)[0]:
                    return "transaction pooler"
    except PostgresRefused:
        pass  # no second connection is free, which another check reports
    return "session pooler" if _backend(connection)[1] > _OLDER + seconds else "direct"


def _backend(connection: Connection) -> tuple[int, float]:
    """The server process that answers, and its age in seconds."""
    row = connection.execute(_SQL["backend"]).fetchone()
    return (row["pid"], row["age"] or 0.0) if row else (0, 0.0)
