-- Run by manual_pauses.py; see db/statements.py for the form.

-- name: in_force
SELECT what, author, reason, since, until FROM hub.manual_pauses WHERE until IS NULL OR until > clock_timestamp()

-- name: is_paused
SELECT EXISTS (SELECT 1 FROM hub.manual_pauses WHERE what = %s AND (until IS NULL OR until > clock_timestamp()))

-- name: pause
INSERT INTO hub.manual_pauses AS p (what, author, reason, until) VALUES (%s, %s, %s, %s)
ON CONFLICT (what) DO UPDATE SET author = excluded.author, reason = excluded.reason, until = excluded.until,
  since = CASE WHEN p.until <= now() THEN now() ELSE p.since END

-- name: resume
DELETE FROM hub.manual_pauses WHERE what = %s RETURNING until IS NULL OR until > clock_timestamp() AS was_paused
