"""Postgres: how it is reached, whether we may use it, and whether it is closed to others. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from boeing_data_hub.db.probe import Mode, PostgresFacts
from boeing_data_hub.health.doctor.addresses import host_of, is_here
from boeing_data_hub.health.doctor.finding import Advice, Finding, some, well

LEAST_VERSION: Final = 150000
_TRANSACTION_PORT: Final = 6543
_SUPABASE: Final = (".supabase.co", ".supabase.com")

UNSET = Advice(
    "postgres_unset",
    "postgres",
    "error",
    "no database is set",
    "Set DATABASE_URL to your Postgres, or start everything with `bdh up`, which includes one.",
)
OLD = Advice("postgres_old", "postgres", "error", "older than 15", "Use Postgres 15 or newer.")
READ_ONLY = Advice(
    "postgres_read_only",
    "postgres",
    "error",
    "a standby, or writes are disabled",
    "Point DATABASE_URL at the primary. Supabase disables writes when the disk is full: check its dashboard.",
)
IN_CLEAR = Advice(
    "postgres_in_clear",
    "postgres",
    "warning",
    "on another host, without encryption",
    "Add ?sslmode=require to DATABASE_URL (verify-full where you have the server's certificate). If nobody can "
    "listen on the connection, add the host to HUB_PLAIN_HOSTS.",
)
POOLER = Advice(
    "postgres_transaction_pooler",
    "postgres pooler",
    "warning",
    "a transaction pooler, which cannot run migrations",
    "For `bdh db upgrade` set DATABASE_URL to the direct address or the session pooler (at Supabase: port 5432). It "
    "works for everything else.",
)
NOT_MIGRATED = Advice(
    "migrations_missing",
    "migrations",
    "error",
    "the tables are missing, or older than the program",
    "Run `bdh db upgrade`{hint}.",
)
AHEAD = Advice(
    "migrations_ahead",
    "migrations",
    "warning",
    "the tables are newer than this program: an upgrade is in progress, or this host was missed",
    "Upgrade this host. Work continues meanwhile: new tables work with old programs.",
)
NO_SCHEMA = Advice(
    "schema_forbidden",
    "postgres rights",
    "error",
    "the role cannot use the schema",
    "Run the hub as the role that ran `bdh db upgrade`; or set HUB_OWNER_DATABASE_URL and run it again, which does "
    "GRANT USAGE ON SCHEMA hub TO {role}, and everything else that a running hub needs.",
)
NO_WRITE = Advice(
    "tables_not_writable",
    "postgres rights",
    "error",
    "the role cannot write to the hub's tables, or sees no rows",
    "Run the hub as the role that ran `bdh db upgrade`, or set HUB_OWNER_DATABASE_URL and run it again: row level "
    "security shows the rows to these two roles only.",
)
NOT_SECURED = Advice(
    "tables_unsecured",
    "row level security",
    "error",
    "row level security is off, or not enforced",
    "For each of these tables: ALTER TABLE hub.NAME ENABLE ROW LEVEL SECURITY; ALTER TABLE hub.NAME FORCE ROW LEVEL "
    "SECURITY. Then find out who disabled it.",
)
OPEN_TABLES = Advice(
    "tables_open",
    "row level security",
    "error",
    "other roles have access to the schema",
    "REVOKE ALL ON ALL TABLES IN SCHEMA hub FROM PUBLIC, anon, authenticated; REVOKE ALL ON SCHEMA hub FROM PUBLIC, "
    "anon, authenticated. Do not add `hub` to Supabase's exposed schemas.",
)
FEW_LEFT = Advice(
    "postgres_connections",
    "postgres connections",
    "warning",
    "the processes together could need more connections than the server has",
    "Lower HUB_DATABASE_POOL to {pool} or less, raise max_connections, or use a pooler.",
)


def mode_by_address(url: str) -> Mode | None:
    """The finding for an address that looks like a transaction pooler's: Supabase's, or its usual port."""
    parts = urlsplit(url)
    if parts.port == _TRANSACTION_PORT:
        return "transaction pooler"
    host = host_of(url)
    return "session pooler" if host.endswith(_SUPABASE) and ".pooler." in host else None


def judge_postgres(
    facts: PostgresFacts, url: str, *, revision: str | None, expected: str, pool: int, processes: int
) -> Iterator[Finding]:
    """Findings about a server that accepts the connection.

    Args:
        facts: see there.
        url: how it was reached.
        revision: of the tables; None if there are none.
        expected: the one this program was written for.
        pool: HUB_DATABASE_POOL.
        processes: number of connected processes, each with its own pool.
    """
    mode = mode_by_address(url) or facts.mode
    if facts.version < LEAST_VERSION:
        yield OLD.found(f"Postgres {facts.version // 10000} is too old.")
    elif facts.read_only:
        yield READ_ONLY.found("This Postgres takes no writes.")
    else:
        encrypted = "encrypted" if facts.tls else "not encrypted"
        yield well("postgres", f"Postgres {facts.version // 10000} answers as {facts.role}, {mode}, {encrypted}.")
    if not facts.tls and not is_here(url):
        yield IN_CLEAR.found(f"The connection to Postgres at {host_of(url)} is not encrypted.")
    if mode == "transaction pooler":
        yield POOLER.found("DATABASE_URL leads to a transaction pooler.")
    yield from _migrations(revision, expected, mode)
    if facts.may_use_schema is not None:
        yield from _rights(facts)
        yield from _closed(facts)
    yield from _connections(facts, pool, processes)


def _migrations(revision: str | None, expected: str, mode: Mode) -> Iterator[Finding]:
    if revision is None or revision < expected:
        found = "There are no tables of the hub" if revision is None else f"The tables are at revision {revision}"
        hint = ", with the direct address or the session pooler" if mode == "transaction pooler" else ""
        yield NOT_MIGRATED.found(f"{found}; this program needs {expected}.", hint=hint)
    elif revision > expected:
        yield AHEAD.found(f"The tables are at revision {revision}, and this program was written for {expected}.")
    else:
        yield well("migrations", f"The tables are at revision {revision}.")


def _rights(facts: PostgresFacts) -> Iterator[Finding]:
    barred = [table.name for table in facts.tables if not table.writable]
    if not facts.may_use_schema:
        yield NO_SCHEMA.found(f"The role {facts.role} may not use the schema hub.", role=facts.role)
    elif barred:
        yield NO_WRITE.found(f"The role {facts.role} cannot work on {some(barred)}.")
    elif facts.tables:
        yield well("postgres rights", f"The role {facts.role} may read and write all {len(facts.tables)} tables.")


def _closed(facts: PostgresFacts) -> Iterator[Finding]:
    open_tables = [table.name for table in facts.tables if not (table.secured and table.forced)]
    granted = sorted({who for table in facts.tables for who in table.strangers} | set(facts.schema_open_to))
    if open_tables:
        yield NOT_SECURED.found(f"Row level security is off, or not forced, on {some(open_tables)}.")
    if granted:
        on = [table.name for table in facts.tables if table.strangers] or ["the schema"]
        yield OPEN_TABLES.found(f"{', '.join(granted)} may use {some(on)}.")
    if not open_tables and not granted and facts.tables:
        yield well("row level security", "It is on and enforced on every table. No access for other roles.")


def _connections(facts: PostgresFacts, pool: int, processes: int) -> Iterator[Finding]:
    wanted = pool * processes
    left = facts.connections - facts.connected
    if wanted > facts.connections:
        yield FEW_LEFT.found(
            f"{processes} processes with up to {pool} connections each (HUB_DATABASE_POOL) may want {wanted}; the "
            f"server has {facts.connections} for all its users, of which {facts.connected} are taken.",
            pool=max(2, facts.connections * 3 // 4 // processes),
        )
    else:
        yield well(
            "postgres connections",
            f"{facts.connected} of {facts.connections} are taken, {left} free; our {processes} processes take "
            f"{wanted} at most.",
        )
