-- Run by freezing.py; see db/statements.py for the form.

-- name: moment
SELECT now()
