-- Run by stalls.py; see db/statements.py for the form.

-- name: moment
SELECT now()
