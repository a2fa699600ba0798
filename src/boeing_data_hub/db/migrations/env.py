"""Alembic's entry: runs the revisions on the connection (or into the SQL text) that `db/schema.py` hands over, and
closes the schema behind them.
"""

from __future__ import annotations

from typing import Any

from alembic import context

from boeing_data_hub.db.migrations.closing import CLOSE

_options: dict[str, Any] = {"version_table": "alembic_version", "version_table_schema": "hub"}


def _at(revision: str | None) -> str:
    """SQL that aborts unless the database is where this script starts: run twice, it changes nothing."""
    wanted = "there are none of the hub''s tables" if revision is None else f"the tables are at revision {revision}"
    return f"""
DO $begins$
DECLARE
    found text;
BEGIN
    IF to_regclass('hub.alembic_version') IS NOT NULL THEN
        SELECT version_num INTO found FROM hub.alembic_version;
    END IF;
    IF found IS DISTINCT FROM {"NULL" if revision is None else f"'{revision}'"} THEN
        RAISE EXCEPTION 'This text is for a database where {wanted}; here they are at revision %. Nothing was changed.',
            coalesce(found, 'none')
            USING HINT = format('Print the text for this database: bdh db sql%s', ' --from ' || found);
    END IF;
END $begins$
"""  # noqa: S608 - a revision of ours


def _run() -> None:
    if context.is_offline_mode():
        context.configure(url="postgresql://", dialect_opts={"paramstyle": "named"}, literal_binds=True, **_options)
        with context.begin_transaction():
            for setting in context.config.attributes["limits"]:
                context.execute(f"SET LOCAL {setting}")
            since = context.get_starting_revision_argument()
            context.execute(_at(str(since) if since else None))
            if since is None:
                context.execute("CREATE SCHEMA IF NOT EXISTS hub")
            context.execute(CLOSE)
            context.run_migrations()
            context.execute(CLOSE)
    else:
        context.configure(connection=context.config.attributes["connection"], **_options)
        with context.begin_transaction():
            context.run_migrations()
            context.execute(CLOSE)


if hasattr(context, "config"):  # Alembic runs this file; an import, such as a tool's, does nothing
    _run()
