-- Run by targets.py; see db/statements.py for the form.

-- fragment: columns
id, name, kind, address, secret, events, is_on, author, created_at, updated_at, delivered_at, failures, failing_since,
failure_code, failure

-- name: every
SELECT {columns} FROM hub.notification_targets ORDER BY lower(name), id

-- name: switched_on
SELECT {columns} FROM hub.notification_targets WHERE is_on ORDER BY id

-- name: get
SELECT {columns} FROM hub.notification_targets WHERE id = %s

-- name: add
-- No row if the name is taken.
INSERT INTO hub.notification_targets (name, kind, address, secret, events, is_on, author)
VALUES (%(name)s, %(kind)s, %(address)s, %(secret)s, %(events)s, %(is_on)s, %(author)s)
ON CONFLICT (name) DO NOTHING RETURNING id

-- name: name_is_taken
SELECT EXISTS (SELECT 1 FROM hub.notification_targets WHERE name = %s AND id <> %s)

-- name: save
-- A change of the address forgets the failures of the earlier one.
UPDATE hub.notification_targets SET name = %(name)s, address = %(address)s, secret = %(secret)s,
events = %(events)s, is_on = %(is_on)s, updated_at = now(),
failures = CASE WHEN address = %(address)s THEN failures ELSE 0 END,
failing_since = CASE WHEN address = %(address)s THEN failing_since END,
failure_code = CASE WHEN address = %(address)s THEN failure_code END,
failure = CASE WHEN address = %(address)s THEN failure END WHERE id = %(id)s

-- name: try_now
-- What waits for a target is tried at once, for example after its address was corrected.
UPDATE hub.notices SET not_before = now() WHERE channel = %s AND state = 'due' AND taken_by IS NULL

-- name: remove
DELETE FROM hub.notification_targets WHERE id = %s

-- name: drop_waiting
DELETE FROM hub.notices WHERE channel = %s AND state = 'due'

-- name: delivered
UPDATE hub.notification_targets SET delivered_at = now(), failures = 0, failing_since = NULL, failure_code = NULL,
failure = NULL WHERE id = %s

-- name: failed
UPDATE hub.notification_targets SET failures = failures + 1, failing_since = coalesce(failing_since, now()),
failure_code = %s, failure = %s WHERE id = %s

-- name: failing
-- Targets that people should correct: their webhook was removed, or several attempts in a row failed.
SELECT name, failure FROM hub.notification_targets
WHERE is_on AND (failures > 2 OR failure_code = %s) ORDER BY failing_since

-- name: ended_runs
-- Runs that ended since a target was created, for each target that wants them and does not have them yet.
SELECT b.id AS batch_id, t.id AS target_id FROM hub.notification_targets t
JOIN hub.batches b ON b.completed_at > greatest(t.created_at, now() - interval '1 day')
WHERE t.is_on AND (('my_runs' = ANY(t.events) AND b.owner = t.author) OR
  ('runs' = ANY(t.events) AND b.owner <> %(sync)s))
AND NOT EXISTS (SELECT 1 FROM hub.notices n WHERE n.id = 'run:' || b.id AND n.channel = 'target:' || t.id)
ORDER BY b.completed_at LIMIT %(most)s
