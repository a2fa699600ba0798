"""Alembic's scripts: SQL as text, one revision per file."""
