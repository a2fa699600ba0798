"""Postgres: the unit of work, the schema and its migrations, sign-in records and the audit log."""
