-- Run by schema.py; see db/statements.py for the form.

-- name: lock
SELECT pg_advisory_xact_lock(%s)

-- name: lacks_schema
SELECT to_regnamespace('hub') IS NULL

-- name: role
SELECT current_user
