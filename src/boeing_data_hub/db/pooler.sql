-- Run by pooler.py; see db/statements.py for the form.

-- name: server
-- The id of the server process that answers.
SELECT pg_backend_pid()
