-- Run by revision.py; see db/statements.py for the form.

-- name: has_tables
SELECT to_regclass('hub.alembic_version') IS NOT NULL

-- name: current
-- The revision the database is at.
SELECT version_num FROM hub.alembic_version LIMIT 1
