"""Brings the schema `hub` to the newest revision, and prints the SQL for the Supabase editor."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path
from urllib.parse import urlsplit

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, pool, text

from boeing_data_hub.errors import Refused
from boeing_data_hub.store import revision
from boeing_data_hub.store.work import Database

TRANSACTION_POOLER_PORT = 6543  # Supabase's pooler in transaction mode: no session state, so no migrations
_LOCK = 7_204_001


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def newest() -> str:
    """The revision this code was written for."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def upgrade(url: str) -> None:
    """Bring the database to the newest revision; safe to run twice and by several at once (advisory lock).

    Raises:
        Refused: the address is a transaction pooler, which cannot carry migrations.
    """
    if urlsplit(url).port == TRANSACTION_POOLER_PORT:
        raise Refused(
            "This address is a transaction pooler (port 6543), which cannot run migrations. Nothing was changed. "
            "Use the direct or the session address (port 5432) for `bdh db upgrade`.",
            code="transaction_pooler",
        )
    address = url.replace("postgres://", "postgresql://", 1).replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(address, poolclass=pool.NullPool, connect_args={"prepare_threshold": None})
    try:
        with engine.connect() as connection, connection.begin():
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            connection.execute(text("CREATE SCHEMA IF NOT EXISTS hub"))
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def as_sql() -> str:
    """All revisions as one SQL text, for a database that only takes SQL by hand."""
    out = io.StringIO()
    config = _config()
    config.output_buffer = out
    with redirect_stdout(out):
        command.upgrade(config, "head", sql=True)
    return out.getvalue()


def upgrade_if_needed(url: str) -> None:
    """Bring the database to the newest revision unless it is there already; then a pooler's address does no harm.

    Raises:
        Refused: an upgrade is needed and the address is a transaction pooler.
        Unavailable: Postgres does not answer.
    """
    database = Database(url, size=1, name="bdh-migrations")
    try:
        if database.run(revision.is_current, patience=15):
            return
    finally:
        database.close()
    upgrade(url)
