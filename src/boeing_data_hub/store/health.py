"""What a doctor asks of Postgres, on a connection of its own: server, way there, tables, rights, and lost work.

It only reads. The pool of `work.py` is left out on purpose: it waits and tries again, and would hide what is wrong.
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
from boeing_data_hub.store.work import Work

Connection = psycopg.Connection[dict[str, Any]]
Mode = Literal["direct", "session pooler", "transaction pooler"]
_PROBES: Final = 3
_OLDER: Final = 3.0  # seconds by which a pooler's connection to the server is older than ours to it
_STRANGERS: Final = ("anon", "authenticated")  # what Supabase lets everybody be


class PostgresRefused(Exception):
    """No connection. `said` is the server's or the library's text; it names no password."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFacts:
    """One table of ours: whether row level security is on, and forced; who else may use it; whether we may write."""

    name: str
    secured: bool
    forced: bool
    strangers: tuple[str, ...]
    writable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresFacts:
    """What the server says.

    Attributes:
        version: as in `server_version_num`, e.g. 160004.
        mode: how we are connected, as far as it could be told.
        tls: whether our connection is encrypted.
        read_only: it is a standby, or writes are switched off.
        bypasses: the role sees rows whatever the policies say.
        may_use_schema: whether the role has USAGE on the schema `hub`; None where there is no such schema.
        schema_open_to: roles of others that may use the schema.
        connections: most that the server takes, those it keeps for its owner taken off.
        connected: connections there are now, of everybody.
        ahead: seconds the server's clock is ahead of this machine's.
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
    """A connection that gives up soon, and whose statements end soon. Raises PostgresRefused when there is none."""
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
"""What a question fails with: tables that are not there, a server that goes away."""


@contextmanager
def reading(connection: Connection) -> Generator[Work]:
    """A transaction that only reads, and whose statements end within five seconds."""
    connection.execute("BEGIN READ ONLY; SET LOCAL statement_timeout = '5s'; SET LOCAL jit = off")
    try:
        yield Work(connection)
    finally:
        if not connection.closed:
            connection.execute("ROLLBACK")


def look(connection: Connection, *, url: str, seconds: float) -> PostgresFacts:
    """Ask the server everything but lost work."""
    mode = _mode(connection, url, seconds)
    with reading(connection) as work:
        asked, asked_at = now(), monotonic()
        server_time: datetime = work.value("SELECT clock_timestamp()")
        took = monotonic() - asked_at
        row = work.row(
            "SELECT current_setting('server_version_num')::int AS version, current_user AS role,"
            " pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on' AS read_only,"
            " r.rolsuper OR r.rolbypassrls AS bypasses,"
            " CASE WHEN to_regnamespace('hub') IS NOT NULL THEN has_schema_privilege('hub', 'USAGE') END AS usable,"
            " current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
            "   - coalesce(current_setting('reserved_connections', true), '0')::int AS connections,"
            " (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connected"
            " FROM pg_roles r WHERE r.rolname = current_user"
        )
        assert row is not None  # noqa: S101 - everybody is a role
        open_to = work.rows(
            "SELECT DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS who"
            " FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname = 'hub'"
            "   AND (a.grantee = 0 OR a.grantee::regrole::text = ANY(%s))",
            [list(_STRANGERS)],
        )
        tables = work.rows(
            "SELECT c.relname AS name, c.relrowsecurity AS secured, c.relforcerowsecurity AS forced,"
            " ARRAY(SELECT DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END"
            "   FROM aclexplode(c.relacl) a"
            "   WHERE a.grantee = 0 OR a.grantee::regrole::text = ANY(%s) ORDER BY 1) AS strangers,"
            " has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')"
            "   AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE')"
            "   AND (NOT c.relforcerowsecurity OR %s OR EXISTS (SELECT FROM pg_policy p, unnest(p.polroles) o"
            "     WHERE p.polrelid = c.oid AND (o = 0 OR pg_has_role(o, 'USAGE'))))"
            "   AS writable"
            " FROM pg_class c WHERE c.relnamespace = to_regnamespace('hub') AND c.relkind IN ('r', 'p')"
            " ORDER BY c.relname",
            [list(_STRANGERS), row["bypasses"]],
        )
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
        tables=tuple(
            TableFacts(
                name=each["name"],
                secured=each["secured"],
                forced=each["forced"],
                strangers=tuple(each["strangers"]),
                writable=each["writable"],
            )
            for each in tables
        ),
    )


def _mode(connection: Connection, url: str, seconds: float) -> Mode:
    """How we are connected: two clients on one server process mean a transaction pooler; one older than us, a pooler.

    A transaction pooler has the second client use what the first has just let go. Nothing is left behind by the probe.
    """
    try:
        with connected(url, seconds=seconds) as other:
            for _ in range(_PROBES):
                if _backend(connection)[0] == _backend(other)[0]:
                    return "transaction pooler"
    except PostgresRefused:
        pass  # no second connection is free; that is told elsewhere
    return "session pooler" if _backend(connection)[1] > _OLDER + seconds else "direct"


def _backend(connection: Connection) -> tuple[int, float]:
    """The server process that answers, and its age in seconds."""
    row = connection.execute(
        "SELECT pg_backend_pid() AS pid, extract(epoch FROM clock_timestamp() - backend_start)::float8 AS age"
        " FROM pg_stat_activity WHERE pid = pg_backend_pid()"
    ).fetchone()
    return (row["pid"], row["age"] or 0.0) if row else (0, 0.0)
