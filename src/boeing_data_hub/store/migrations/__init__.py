"""Alembic's scripts: SQL as text, one revision a file."""
