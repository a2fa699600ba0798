"""Outages of Postgres or of a pooler before it: a code and a sentence for each kind. Pure.

The doctor and all processes use the same table, so an outage has one name in findings, logs and answers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

import psycopg

Kind = Literal[
    "blocked",
    "password",
    "host",
    "tls",
    "not_allowed",
    "database",
    "crowded",
    "starting",
    "pooler",
    "unreachable",
    "address",
    "disk_full",
    "out_of_memory",
    "statement_timeout",
    "lock_timeout",
    "read_only",
    "rights",
    "lost",
    "refused",
]

_WORDS: Final[dict[Kind, str]] = {  # patterns for the error message in lower case; the first match counts
    "blocked": r"circuit.?breaker|too many authentication (failures|errors)|temporarily blocked"
    r"|login has been failing|too many failed (login|authentication)",
    "password": r"password authentication failed|no password supplied|empty password|tenant or user not found"
    r"|authentication failed|wrong password|invalid password|no such user|auth(entication)? (error|failed)"
    r"|role [^ ]* does not exist|no credentials for the role|login failed|einvaliduserinfo|etenantnotfound"
    r"|ebadpassword|password is required|user not found",
    "host": r"failed to resolve host|could not translate host|name or service not known|nodename nor servname"
    r"|name resolution",
    "tls": r"does not support ssl|ssl error|certificate|ssl (connection )?(was|is) required|sslmode|root\.crt"
    r"|ssl negotiation|server refused tls|tls (is )?required",
    "not_allowed": r"no pg_hba\.conf entry|pg_hba\.conf rejects|not permitted to log in"
    r"|permission denied for database|not in tenant allow_list|eaddrnotallowed|login rejected"
    r"|not currently accepting connections|does not allow connections",
    "database": r'no such database|database "?[^ ]+"? does not exist|database does not exist',
    "crowded": r"too many|remaining connection slots|max.?client|no more connections allowed|unable to check out"
    r"|query_wait_timeout|pool_size|connection limit|emaxconn|echeckouttimeout",
    "starting": r"the database system is (starting|in recovery|not yet)|is not accepting connections"
    r"|consistent recovery",
    "lost": r"the database system is shutting down|terminating connection|server closed the connection",
    "pooler": r"cannot connect to server|connection to database not available|server conn crashed"
    r"|edbhandlerexited|client_login_timeout|database is (disabled|paused)|server is not available",
    "disk_full": r"no space left on device|disk full|could not extend file",
    "unreachable": r"connection refused|timeout expired|timed out|unreachable|no route to host|connection reset"
    r"|no such file",
    "address": r'invalid uri|connection option|invalid connection|missing "="|invalid (sslmode|port)|invalid percent',
}
_STATES: Final[dict[str, Kind]] = {
    "28000": "password",
    "28P01": "password",
    "3D000": "database",
    "53100": "disk_full",
    "53200": "out_of_memory",
    "53300": "crowded",
    "55P03": "lock_timeout",
    "57014": "statement_timeout",
    "25P03": "lost",
    "25P04": "statement_timeout",
    "57P03": "starting",
    "57P05": "lost",
    "25006": "read_only",
    "42501": "rights",
    "58030": "disk_full",
}
_KEPT: Final = "Accepted work is kept."
_SENTENCES: Final[dict[Kind, str]] = {
    "blocked": "Postgres, or the pooler in front of it, blocks this user for a while, because a wrong password was "
    f"sent too often. {_KEPT} Correct the password in DATABASE_URL, on the other hosts too, and wait a few minutes.",
    "password": f"Postgres rejects the user name or password in DATABASE_URL. {_KEPT} Correct it; the hub tries again "
    "a few times a minute, because poolers block clients that try more often.",
    "host": f"The host name in DATABASE_URL is unknown. {_KEPT} Correct it, or wait until DNS resolves it again.",
    "tls": f"Postgres and DATABASE_URL disagree about encryption. {_KEPT} Set sslmode to what the server offers.",
    "not_allowed": f"Postgres does not allow this host or user to connect. {_KEPT} Allow it in pg_hba.conf, or in the "
    "provider's list of networks.",
    "database": f"Postgres has no database with the name in DATABASE_URL. {_KEPT} Correct the name.",
    "crowded": f"All connections of Postgres, or of the pooler in front of it, are taken. {_KEPT} Lower "
    "HUB_DATABASE_POOL, or raise max_connections.",
    "starting": f"Postgres is starting, or recovering. {_KEPT} Try again in a few seconds.",
    "pooler": f"The pooler responds but cannot reach Postgres. {_KEPT} Check whether the database is running or "
    "paused.",
    "address": f"DATABASE_URL has an invalid part. {_KEPT} Write it like "
    "postgresql://user:password@host:5432/postgres.",
    "disk_full": f"The disk of Postgres is full: nothing can be saved. {_KEPT} Free some space; work then continues.",
    "out_of_memory": f"Postgres has no memory left for this. {_KEPT} Check what else runs there; the hub retries.",
    "statement_timeout": "Postgres ended a statement that took too long (statement_timeout). Nothing of this step was "
    "saved. Check what else is running (pg_stat_activity); the hub tries again later.",
    "lock_timeout": "Postgres gave up waiting for a lock that another session holds. Nothing of this step was saved. "
    "Check who holds it (pg_locks); the hub tries again later.",
    "read_only": "Postgres accepts no writes: it is a standby, or writes are disabled, as Supabase does when the "
    "disk is full. Nothing of this step was saved. Point DATABASE_URL at the primary, or free disk space.",
    "rights": "The role in DATABASE_URL lacks a permission on one of the hub's tables. Nothing of this step was saved. "
    "Use the "
    "role that ran `bdh db upgrade`; `bdh doctor` names the tables.",
    "refused": f"Postgres rejects the connection for an unknown reason. {_KEPT} `bdh doctor` shows more.",
}
_SILENT: Final = (
    "Postgres does not answer. Nothing was lost: accepted work is kept and continues when it is back. "
    "Try again in a few seconds."
)
_BANNED_FOR: Final = frozenset[Kind]({"password", "blocked", "not_allowed", "database"})


@dataclass(frozen=True, slots=True)
class Outage:
    """Why Postgres is not available to us."""

    kind: Kind

    @property
    def code(self) -> str:
        """The stable error code; `database_unavailable` if there is no answer at all."""
        if self.kind in {"lost", "unreachable"}:
            return "database_unavailable"
        return "database_unknown" if self.kind == "database" else f"database_{self.kind}"

    @property
    def sentence(self) -> str:
        """What happened, what is safe, and what to do."""
        return _SENTENCES.get(self.kind, _SILENT)

    @property
    def connection_is_gone(self) -> bool:
        """True if a new connection may work at once: this one was lost, or its server was just demoted."""
        return self.kind in {"lost", "unreachable", "starting", "read_only", "pooler"}

    @property
    def connection_is_dead(self) -> bool:
        """True if the connection was lost. The others of the pool may be lost, too, and are only found one by one."""
        return self.kind in {"lost", "unreachable", "starting"}

    @property
    def must_not_be_hammered(self) -> bool:
        """True if the server or a pooler counts such attempts, and locks out clients after many."""
        return self.kind in _BANNED_FOR

    @property
    def retry_after(self) -> float:
        """Seconds after which a caller may retry."""
        return 5.0 if self.connection_is_gone or self.kind in {"lock_timeout", "crowded"} else 30.0


def outage_of(error: psycopg.Error) -> Outage | None:
    """The outage that a psycopg error shows. None if it is about the statement, or a conflict that is retried."""
    state = error.sqlstate
    if state is None:
        return Outage(kind_said(str(error), lost="lost")) if isinstance(error, psycopg.OperationalError) else None
    if state.startswith("08") or state == "XX000":  # poolers report their errors as these, in the message
        kind = kind_said(str(error), lost="lost")
        return Outage(kind) if isinstance(error, psycopg.OperationalError) or kind != "lost" else None
    if state in _STATES:
        return Outage(_STATES[state])
    return Outage("lost") if state.startswith("57P") else None


def kind_said(said: str, *, lost: Kind = "refused") -> Kind:
    """The kind of an outage, from the message of server, pooler or library. `lost` if the message is unknown."""
    low = said.lower()
    for kind, pattern in _WORDS.items():
        if re.search(pattern, low):
            return kind
    return lost
