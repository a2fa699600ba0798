-- Run by audit.py; see db/statements.py for the form.

-- name: record
-- Write one line, e.g. actor `key:1a2b3c4d`, action `batch.cancel`, target the batch id. Never a secret.
INSERT INTO hub.audit_log (actor, action, target, details, address) VALUES (%s, %s, %s, %s, %s)

-- name: record_each
-- Write an entry for each of these, in one statement.
INSERT INTO hub.audit_log (actor, action, target, details, address)
SELECT %s, %s, target, %s, %s FROM unnest(%b::text[]) AS one(target)

-- name: page
-- Lines, newest first, behind line `before`; `action` is matched from its start, e.g. `key.`.
SELECT id, at, actor, action, target, details, address FROM hub.audit_log
WHERE (%(before)s::bigint IS NULL OR id < %(before)s)
   AND (%(action)s::text IS NULL OR starts_with(action, %(action)s))
ORDER BY id DESC LIMIT %(limit)s

-- name: of_target
-- The newest lines about one thing.
SELECT id, at, actor, action, target, details, address FROM hub.audit_log WHERE target = %s ORDER BY id DESC LIMIT %s
