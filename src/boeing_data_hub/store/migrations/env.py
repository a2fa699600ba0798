"""Alembic's entry: runs the revisions on the connection (or into the SQL text) that `store/schema.py` hands over."""

from __future__ import annotations

from typing import Any

from alembic import context

_config = context.config
_options: dict[str, Any] = {"version_table": "alembic_version", "version_table_schema": "hub"}

if context.is_offline_mode():
    context.configure(url="postgresql://", dialect_opts={"paramstyle": "named"}, literal_binds=True, **_options)
    with context.begin_transaction():
        context.execute("CREATE SCHEMA IF NOT EXISTS hub")
        context.run_migrations()
else:
    context.configure(connection=_config.attributes["connection"], **_options)
    with context.begin_transaction():
        context.run_migrations()
