"""Upgrades the schema `hub` to the newest revision while workers continue, and prints the SQL for an editor.

An upgrade waits only briefly for a lock, because a waiting lock request on a table blocks all later ones.
"""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Final

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.errors import DeadlockDetected, InsufficientPrivilege, LockNotAvailable
from sqlalchemy import Connection, create_engine, pool, text
from sqlalchemy.exc import DBAPIError

from boeing_data_hub.clock import monotonic
from boeing_data_hub.db import revision
from boeing_data_hub.db.migrations.closing import CLOSE
from boeing_data_hub.db.migrations.opening import open_to
from boeing_data_hub.db.outages import Outage, outage_of
from boeing_data_hub.db.pooler import is_transaction_pooler
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.errors import BadInput, Conflict, Refused, Unavailable
from boeing_data_hub.retry import RetryPolicy

_SQL: Final = beside(__file__)
_FOLDER: Final = Path(__file__).parent / "migrations"
VERSIONS: Final = _FOLDER / "versions"
_LOCK: Final = 7_204_001
# Shorter than Postgres' deadlock_timeout (1 s): if an upgrade and a worker wait for each other, the upgrade gives way.
_LIMITS: Final = (
    "lock_timeout = '800ms'",
    "statement_timeout = '30min'",
    "idle_in_transaction_session_timeout = '1min'",
)
_PATIENCE: Final = 120.0
_RETRY: Final = RetryPolicy(first=0.2, factor=1.0, step=0.2, longest=2.0, jitter=(0.5, 1.5))  # tables in use


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


def upgrade(
    url: str,
    *,
    to: str = "head",
    versions: Sequence[Path] = (VERSIONS,),
    patience: float = _PATIENCE,
    runner: str | None = None,
) -> str:
    """Upgrade the database to the newest revision, or to an earlier one, in one transaction.

    Safe to repeat, to run concurrently, and while workers run: if one of them holds a lock that is needed, all of it
    is rolled back and tried again a little later.

    Args:
        url: of the server itself or of a session pooler.
        to: a revision.
        versions: folders with the revisions.
        patience: seconds for which it is retried.
        runner: the address by which the hub runs, if as another role; that role is given what the hub needs only.

    Returns:
        The database's revision afterwards. This code does not know it if newer code has upgraded the database.

    Raises:
        Refused: the address is a transaction pooler, which cannot run migrations.
        Conflict: the tables belong to another role.
        Unavailable: Postgres does not answer, the tables were in use all that time, or another upgrade was running.
    """
    address = _plain(url)
    try:
        pooled = is_transaction_pooler(address)
        role = _role(_plain(runner)) if runner else None
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
                    return _upgrade(connection, to, versions, role)
            except DBAPIError as error:
                if isinstance(error.orig, InsufficientPrivilege):
                    raise _not_ours(error.orig) from error
                if not isinstance(error.orig, LockNotAvailable | DeadlockDetected):
                    if isinstance(error.orig, psycopg.OperationalError):
                        raise _no_answer(error.orig) from error
                    raise
                if monotonic() > deadline:
                    raise Unavailable(
                        f"The tables were in use, or another upgrade was running, for {patience:.0f} seconds. Nothing "
                        "was changed. Try again when the system is less busy.",
                        code="tables_in_use",
                    ) from error
                time.sleep(_RETRY.wait(tries))
    finally:
        engine.dispose()


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1).replace("postgres://", "postgresql://", 1)


def _role(url: str) -> str:
    """The role that an address signs in as, which behind a pooler is not the user in it."""
    with psycopg.connect(url, autocommit=True, prepare_threshold=None, connect_timeout=5) as connection:
        row = connection.execute(_SQL["role"]).fetchone()
    assert row is not None  # noqa: S101 - everybody is a role
    return str(row[0])


def _upgrade(connection: Connection, to: str, versions: Sequence[Path], runner: str | None) -> str:
    connection.execute(text("SET LOCAL lock_timeout = '30s'"))
    connection.exec_driver_sql(_SQL["lock"], (_LOCK,))  # another upgrade delays only this one
    for setting in _LIMITS:
        connection.execute(text(f"SET LOCAL {setting}"))
    if connection.exec_driver_sql(_SQL["lacks_schema"]).scalar():
        connection.execute(text("CREATE SCHEMA hub"))
    connection.execute(text(CLOSE))
    config = _config(versions)
    found = _revision(connection)
    if found is not None and found not in _known(config):
        return found
    config.attributes["connection"] = connection
    command.upgrade(config, to)
    if runner is not None and runner != connection.exec_driver_sql(_SQL["role"]).scalar():
        connection.exec_driver_sql(open_to(runner).replace("%", "%%"))
    return str(_revision(connection))


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table_schema": "hub"}).get_current_revision()


def _known(config: Config) -> list[str]:
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]


def _no_answer(error: psycopg.Error) -> Unavailable:
    message = str(error).strip()
    outage = outage_of(error) or Outage("refused")
    said = "Postgres does not answer." if outage.code == "database_unavailable" else outage.sentence
    code = "no_postgres" if outage.code == "database_unavailable" else outage.code
    return Unavailable(f"{said} No partial change was made. {message}", code=code)


def _not_ours(error: psycopg.Error) -> Conflict:
    message = str(error).strip().splitlines()[0]
    return Conflict(
        f"Postgres does not allow this user to change the hub's tables: {message}. Nothing was changed. Run the "
        "upgrade as the user that owns the tables (HUB_OWNER_DATABASE_URL), or change their owner "
        "(docs/database.md).",
        code="tables_not_ours",
    )


def as_sql(*, since: str | None = None) -> str:
    """The revisions as one SQL script, for a database on which only a person can run SQL. On a database at another
    revision it stops at its first statement and changes nothing.

    Args:
        since: the database's revision; None for an empty one.

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
    """Upgrade the database unless it is at the newest revision; then a pooler's address does no harm.

    Raises:
        Refused: an upgrade is needed and the address is a transaction pooler; otherwise as `upgrade`.
        Unavailable: Postgres does not answer.
    """
    database = Database(url, size=1, name="bdh-migrations")
    try:
        if database.run(revision.is_current, patience=15):
            return
    finally:
        database.close()
    upgrade(url)
