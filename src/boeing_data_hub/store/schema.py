"""Brings the schema `hub` to the newest revision, beside workers that go on, and prints the SQL for an editor.

An upgrade waits for no lock longer than a moment: whoever waits for a table's lock keeps everybody else from it.
"""

from __future__ import annotations

import io
import random
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Final

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg.errors import DeadlockDetected, InsufficientPrivilege, LockNotAvailable
from sqlalchemy import Connection, create_engine, pool, text
from sqlalchemy.exc import DBAPIError

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import BadInput, Conflict, Refused, Unavailable
from boeing_data_hub.store import revision
from boeing_data_hub.store.migrations.closing import CLOSE
from boeing_data_hub.store.pooler import is_transaction_pooler
from boeing_data_hub.store.work import Database

_FOLDER: Final = Path(__file__).parent / "migrations"
VERSIONS: Final = _FOLDER / "versions"
_LOCK: Final = 7_204_001
# Shorter than Postgres' deadlock_timeout (1 s): where an upgrade and a worker wait for each other, the upgrade yields.
_LIMITS: Final = (
    "lock_timeout = '800ms'",
    "statement_timeout = '30min'",
    "idle_in_transaction_session_timeout = '1min'",
)
_PATIENCE: Final = 120.0


def _config(versions: Sequence[Path] = (VERSIONS,)) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", ":".join(str(folder) for folder in versions))
    config.attributes["limits"] = _LIMITS
    return config


def newest() -> str:
    """The revision this code was written for."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def revisions() -> list[str]:
    """Every revision, oldest first."""
    return _known(_config())


def upgrade(url: str, *, to: str = "head", versions: Sequence[Path] = (VERSIONS,), patience: float = _PATIENCE) -> str:
    """Bring the database to the newest revision, or to one before it; all of it or nothing.

    Safe to run twice, by several at once, and while workers are at work: where one of them holds a lock that is needed,
    everything is taken back and tried again a little later.

    Args:
        url: of the server itself or of a session pooler.
        to: a revision.
        versions: folders with the revisions.
        patience: seconds for which it is tried again.

    Returns:
        The revision the database is at then: one that this code does not know, where newer code was here before.

    Raises:
        Refused: the address is a transaction pooler, which cannot carry migrations.
        Conflict: the tables belong to somebody else.
        Unavailable: Postgres does not answer, the tables were in use all that time, or another upgrade was at work.
    """
    address = url.replace("postgresql+psycopg://", "postgresql://", 1).replace("postgres://", "postgresql://", 1)
    try:
        pooled = is_transaction_pooler(address)
    except psycopg.OperationalError as lost:
        raise _no_answer(lost) from lost
    if pooled:
        raise Refused(
            "This address is a transaction pooler, which cannot run migrations. Nothing was changed. Use the server's "
            "own address or that of a session pooler (Supabase: port 5432, not 6543) for `bdh db upgrade`.",
            code="transaction_pooler",
        )
    engine = create_engine(
        address.replace("postgresql://", "postgresql+psycopg://", 1),
        poolclass=pool.NullPool,
        connect_args={"prepare_threshold": None},
    )
    deadline = monotonic() + patience
    tries = 0
    try:
        while True:
            tries += 1
            try:
                with engine.connect() as connection, connection.begin():
                    return _upgrade(connection, to, versions)
            except DBAPIError as error:
                if isinstance(error.orig, InsufficientPrivilege):
                    raise _not_ours(error.orig) from error
                if not isinstance(error.orig, LockNotAvailable | DeadlockDetected):
                    if isinstance(error.orig, psycopg.OperationalError):
                        raise _no_answer(error.orig) from error
                    raise
                if monotonic() > deadline:
                    raise Unavailable(
                        f"The tables were in use, or another upgrade was at work, for {patience:.0f} seconds. Nothing "
                        "was changed. Try again when there is less to do.",
                        code="tables_in_use",
                    ) from error
                time.sleep(random.uniform(0.1, 0.3) * min(tries, 10))  # noqa: S311 - jitter, not a secret
    finally:
        engine.dispose()


def _upgrade(connection: Connection, to: str, versions: Sequence[Path]) -> str:
    connection.execute(text("SET LOCAL lock_timeout = '30s'"))
    connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))  # another upgrade holds up nobody but us
    for setting in _LIMITS:
        connection.execute(text(f"SET LOCAL {setting}"))
    if connection.execute(text("SELECT to_regnamespace('hub') IS NULL")).scalar():
        connection.execute(text("CREATE SCHEMA hub"))
    connection.execute(text(CLOSE))
    config = _config(versions)
    found = _revision(connection)
    if found is not None and found not in _known(config):
        return found
    config.attributes["connection"] = connection
    command.upgrade(config, to)
    return str(_revision(connection))


def _revision(connection: Connection) -> str | None:
    if connection.execute(text("SELECT to_regclass('hub.alembic_version') IS NULL")).scalar():
        return None
    return connection.execute(text("SELECT version_num FROM hub.alembic_version")).scalar()


def _known(config: Config) -> list[str]:
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]


def _no_answer(error: psycopg.Error) -> Unavailable:
    told = str(error).strip()
    return Unavailable(f"Postgres does not answer. Nothing was changed by halves. {told}", code="no_postgres")


def _not_ours(error: psycopg.Error) -> Conflict:
    told = str(error).strip().splitlines()[0]
    return Conflict(
        f"Postgres does not let this user change the hub's tables: {told}. Nothing was changed. Run the upgrade as the "
        "user the tables belong to, with whom the hub must work, too; or give them to this one (docs/database.md).",
        code="tables_not_ours",
    )


def as_sql(*, since: str | None = None) -> str:
    """The revisions as one SQL text, for a database that only takes SQL by hand. Run where it does not fit, it stops at
    its first statement and changes nothing.

    Args:
        since: the revision the database is at; None for an empty one.

    Raises:
        BadInput: there is no such revision.
    """
    if since is not None and since not in revisions():
        raise BadInput(
            f"There is no revision {since}. There are {', '.join(revisions())}; the table "
            "hub.alembic_version says which the database is at.",
            code="unknown_revision",
        )
    out = io.StringIO()
    config = _config()
    config.output_buffer = out
    with redirect_stdout(out):
        command.upgrade(config, "head" if since is None else f"{since}:head", sql=True)
    return out.getvalue()


def upgrade_if_needed(url: str) -> None:
    """Bring the database to the newest revision unless it is there already; then a pooler's address does no harm.

    Raises:
        Refused: an upgrade is needed and the address is a transaction pooler; else as `upgrade`.
        Unavailable: Postgres does not answer.
    """
    database = Database(url, size=1, name="bdh-migrations")
    try:
        if database.run(revision.is_current, patience=15):
            return
    finally:
        database.close()
    upgrade(url)
