"""Postgres: how it is reached, whether it is ours to use, and whether it is closed to everybody else. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote, urlsplit

from boeing_data_hub.reporting.checkup.addresses import host_of, is_here, shown
from boeing_data_hub.reporting.checkup.finding import Advice, Finding, some, well
from boeing_data_hub.store.health import Mode, PostgresFacts

LEAST_VERSION: Final = 150000
_TRANSACTION_PORT: Final = 6543
_SUPABASE: Final = (".supabase.co", ".supabase.com")

UNSET = Advice(
    "postgres_unset",
    "postgres",
    "error",
    "no database is named",
    "Set DATABASE_URL to your Postgres, or start everything with `bdh up`, which brings its own.",
)
PASSWORD = Advice(
    "postgres_password",
    "postgres",
    "error",
    "the server refuses user or password",
    "Correct user and password in DATABASE_URL; special characters must be percent-encoded (`@` is %40). At Supabase "
    "it is the database's password, and a pooler's user is postgres.PROJECT.",
)
HOST = Advice(
    "postgres_host",
    "postgres",
    "error",
    "the host name is unknown",
    "Correct the host in DATABASE_URL. Supabase's direct address has IPv6 only: without IPv6 here, use the session "
    "pooler's address.",
)
UNREACHABLE = Advice(
    "postgres_unreachable",
    "postgres",
    "error",
    "nothing answers at that host and port",
    "Check host and port in DATABASE_URL, that the server runs, and that a firewall lets this host through.",
)
DATABASE = Advice(
    "postgres_database",
    "postgres",
    "error",
    "there is no database of that name",
    "Correct the name at the end of DATABASE_URL, or make the database: `createdb NAME`. At Supabase it is postgres.",
)
TLS = Advice(
    "postgres_tls",
    "postgres",
    "error",
    "server and settings disagree about encryption",
    "Set sslmode in DATABASE_URL to what the server offers: ?sslmode=require where it wants encryption, without it "
    "where it has none; for verify-full also sslrootcert.",
)
NOT_ALLOWED = Advice(
    "postgres_not_allowed",
    "postgres",
    "error",
    "the server does not let this host or user in",
    "Allow this host and user in pg_hba.conf, or in the provider's list of networks, with the encryption it asks for.",
)
CROWDED = Advice(
    "postgres_crowded",
    "postgres",
    "error",
    "no connection is free",
    "Raise max_connections, or lower HUB_DATABASE_POOL; find out who else is connected (pg_stat_activity).",
)
ADDRESS = Advice(
    "postgres_address",
    "postgres",
    "error",
    "the address has a part that is not understood",
    "Write DATABASE_URL like postgresql://user:password@host:5432/postgres.",
)
REFUSED = Advice(
    "postgres_refused",
    "postgres",
    "error",
    "another refusal",
    "Check DATABASE_URL and the server's log.",
)
OLD = Advice("postgres_old", "postgres", "error", "older than 15", "Use Postgres 15 or newer.")
READ_ONLY = Advice(
    "postgres_read_only",
    "postgres",
    "error",
    "a standby, or writes are switched off",
    "Point DATABASE_URL at the primary. Supabase switches writes off when the disk is full: look at its dashboard.",
)
IN_CLEAR = Advice(
    "postgres_in_clear",
    "postgres",
    "warning",
    "on another host without encryption",
    "Add ?sslmode=require to DATABASE_URL (verify-full where you have the server's certificate).",
)
POOLER = Advice(
    "postgres_transaction_pooler",
    "postgres pooler",
    "warning",
    "a transaction pooler, which cannot carry migrations",
    "For `bdh db upgrade` set DATABASE_URL to the direct address or the session pooler (at Supabase: port 5432). For "
    "everything else it may stay.",
)
NOT_MIGRATED = Advice(
    "migrations_missing",
    "migrations",
    "error",
    "the tables are not there, or older than the program",
    "Run `bdh db upgrade`{hint}.",
)
AHEAD = Advice(
    "migrations_ahead",
    "migrations",
    "warning",
    "the tables are newer than this program: an upgrade is under way, or this host was forgotten",
    "Bring this host to the version of the others. Work goes on meanwhile: new tables carry old programs.",
)
NO_SCHEMA = Advice(
    "schema_forbidden",
    "postgres rights",
    "error",
    "the role may not use the schema",
    "Run the hub as the role that ran `bdh db upgrade`, or grant it: GRANT USAGE ON SCHEMA hub TO {role}.",
)
NO_WRITE = Advice(
    "tables_not_writable",
    "postgres rights",
    "error",
    "the role may not write tables of ours, or sees no row of them",
    "Run the hub as the role that ran `bdh db upgrade`: row level security shows the rows to that role only.",
)
NOT_SECURED = Advice(
    "tables_unsecured",
    "row level security",
    "error",
    "row level security is off, or not forced",
    "For each of these tables: ALTER TABLE hub.NAME ENABLE ROW LEVEL SECURITY; ALTER TABLE hub.NAME FORCE ROW LEVEL "
    "SECURITY. Then find out who switched it off.",
)
OPEN_TABLES = Advice(
    "tables_open",
    "row level security",
    "error",
    "strangers were granted something in the schema",
    "REVOKE ALL ON ALL TABLES IN SCHEMA hub FROM PUBLIC, anon, authenticated; REVOKE ALL ON SCHEMA hub FROM PUBLIC, "
    "anon, authenticated. Do not add `hub` to Supabase's exposed schemas.",
)
FEW_LEFT = Advice(
    "postgres_connections",
    "postgres connections",
    "warning",
    "the processes' pools together could want more connections than the server has",
    "Lower HUB_DATABASE_POOL to {pool} or less, raise max_connections, or use a pooler.",
)

_SAID: Final = (  # what a refusal says, and what that is; the first that fits
    (("password authentication failed", "no password supplied", "tenant or user not found", "role "), PASSWORD),
    (("failed to resolve host", "could not translate host", "name or service not known"), HOST),
    (("does not support ssl", "ssl error", "certificate", "ssl was required", "root.crt", "ssl negotiation"), TLS),
    (("no pg_hba.conf entry", "not permitted to log in", "permission denied for database"), NOT_ALLOWED),
    (("too many", "remaining connection slots", "max client", "maxclients", "max_client"), CROWDED),
    (("connection refused", "timeout expired", "timed out", "unreachable", "no route to host"), UNREACHABLE),
    (("invalid uri", "connection option", "invalid connection", 'missing "="', "invalid sslmode"), ADDRESS),
)  # fmt: skip


def not_connected(said: str, url: str) -> Finding:
    """What it means that there is no connection, by what server or library say."""
    low = said.lower()
    where = shown(url)
    if "database " in low and "does not exist" in low:
        name = unquote(urlsplit(url).path.strip("/"))
        return DATABASE.found(f"Postgres at {host_of(url)} has no database named {name!r}.")
    advice = next((advice for words, advice in _SAID if any(word in low for word in words)), REFUSED)
    if "server closed the connection" in low:
        advice = UNREACHABLE
    return advice.found(f"Postgres at {where} cannot be used: {_WHY.get(advice.code, 'it refuses us')}.")


_WHY: Final = {
    PASSWORD.code: "it refuses the user or the password",
    HOST.code: "its host name is unknown",
    UNREACHABLE.code: "nothing answers there",
    TLS.code: "server and settings disagree about encryption",
    NOT_ALLOWED.code: "it does not let this host or user in",
    CROWDED.code: "all its connections are taken",
    ADDRESS.code: "the address has a part that is not understood",
}


def mode_by_address(url: str) -> Mode | None:
    """What the address alone says of a pooler: Supabase's, and those on its usual port."""
    parts = urlsplit(url)
    if parts.port == _TRANSACTION_PORT:
        return "transaction pooler"
    host = host_of(url)
    return "session pooler" if host.endswith(_SUPABASE) and ".pooler." in host else None


def judge_postgres(
    facts: PostgresFacts, url: str, *, revision: str | None, expected: str, pool: int, processes: int
) -> Iterator[Finding]:
    """What a server that lets us in says.

    Args:
        facts: see there.
        url: how it was reached.
        revision: that of the tables; None when there are none.
        expected: the one this program was written for.
        pool: HUB_DATABASE_POOL.
        processes: that are connected, each with a pool of its own.
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
        yield well("row level security", "It is on and forced on every table, and strangers were granted nothing.")


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
