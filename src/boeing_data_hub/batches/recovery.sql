-- Run by recovery.py; see db/statements.py for the form.

-- name: try_to_sweep
SELECT pg_try_advisory_xact_lock(%s)
