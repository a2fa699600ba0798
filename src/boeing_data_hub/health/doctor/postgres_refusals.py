"""Postgres that cannot be reached or rejects the connection: the reason, and what to do. Pure."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote, urlsplit

from boeing_data_hub.db.outages import Kind, kind_said
from boeing_data_hub.health.doctor.addresses import host_of, shown
from boeing_data_hub.health.doctor.finding import Advice, Finding

PASSWORD = Advice(
    "postgres_password",
    "postgres",
    "error",
    "the server rejects user or password",
    "Correct user and password in DATABASE_URL; special characters must be percent-encoded (`@` is %40). At "
    "Supabase, use the database's password; with a pooler, the user is postgres.PROJECT.",
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
    "nothing responds at that host and port",
    "Check host and port in DATABASE_URL, that the server runs, and that a firewall lets this host through.",
)
DATABASE = Advice(
    "postgres_database",
    "postgres",
    "error",
    "there is no database of that name",
    "Correct the name at the end of DATABASE_URL, or create the database: `createdb NAME`. At Supabase it is named "
    "postgres.",
)
TLS = Advice(
    "postgres_tls",
    "postgres",
    "error",
    "server and settings disagree about encryption",
    "Set sslmode in DATABASE_URL to what the server offers: ?sslmode=require if it requires encryption, no sslmode "
    "if it has none; verify-full also needs sslrootcert.",
)
NOT_ALLOWED = Advice(
    "postgres_not_allowed",
    "postgres",
    "error",
    "the server rejects this host or user",
    "Allow this host and user in pg_hba.conf, or in the provider's list of networks, with the encryption it requires.",
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
    "the address has an invalid part",
    "Write DATABASE_URL like postgresql://user:password@host:5432/postgres.",
)
REFUSED = Advice(
    "postgres_refused",
    "postgres",
    "error",
    "another refusal",
    "Check DATABASE_URL and the server's log.",
)
BLOCKED = Advice(
    "postgres_blocked",
    "postgres",
    "error",
    "a pooler blocks the hub's user, because a wrong password was sent too often",
    "Find the wrong password in DATABASE_URL, here or on another host that uses this database. Correct it there or "
    "stop that host, and wait a few minutes: the block ends automatically.",
)
POOLER_ALONE = Advice(
    "postgres_pooler_alone",
    "postgres",
    "error",
    "the pooler responds, but cannot reach the database",
    "Check that the database is running and not paused at the provider; then check the pooler's log.",
)
STARTING = Advice(
    "postgres_starting",
    "postgres",
    "error",
    "it is starting, or recovering",
    "Wait a few seconds and try again. If it continues, check the server's log.",
)
DISK = Advice(
    "postgres_disk",
    "postgres",
    "error",
    "its disk is full",
    "Free disk space on the server, or enlarge the disk at the provider. Work then continues automatically.",
)

_MEANT: Final[dict[Kind, tuple[Advice, str]]] = {
    "blocked": (BLOCKED, "it, or the pooler before it, blocks this user for a while after too many wrong passwords"),
    "password": (PASSWORD, "it refuses the user or the password"),
    "host": (HOST, "its host name is unknown"),
    "unreachable": (UNREACHABLE, "nothing answers there"),
    "lost": (UNREACHABLE, "it hangs up on us"),
    "tls": (TLS, "server and settings disagree about encryption"),
    "not_allowed": (NOT_ALLOWED, "it does not let this host or user in"),
    "crowded": (CROWDED, "all its connections are taken"),
    "address": (ADDRESS, "the address has an invalid part"),
    "starting": (STARTING, "it is starting, or recovering"),
    "pooler": (POOLER_ALONE, "the pooler responds, but cannot reach the database"),
    "disk_full": (DISK, "its disk is full"),
}


def not_connected(said: str, url: str) -> Finding:
    """The finding for a failed connection, from the message of server, pooler or library."""
    kind = kind_said(said)
    if kind == "database":
        name = unquote(urlsplit(url).path.strip("/"))
        return DATABASE.found(f"Postgres at {host_of(url)} has no database named {name!r}.")
    advice, why = _MEANT.get(kind, (REFUSED, "it refuses us"))
    return advice.found(f"Postgres at {shown(url)} cannot be used: {why}.")
