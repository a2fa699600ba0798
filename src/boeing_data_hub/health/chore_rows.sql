-- Run by chore_rows.py; see db/statements.py for the form.

-- name: listed_due
-- The chores among these that are due, the longest due first. A new chore is due at once.
SELECT name, due_at <= now() AS is_due FROM hub.chores ORDER BY due_at, name

-- name: add
INSERT INTO hub.chores (name) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING

-- name: hold
-- The chore, locked until the commit; no row if it is not due, or another worker runs it.
SELECT name, cursor, removed, failures FROM hub.chores WHERE name = %s AND due_at <= now()
FOR UPDATE SKIP LOCKED

-- name: go_on
-- A portion is done, and the round goes on from `cursor`.
UPDATE hub.chores SET began_at = coalesce(began_at, now()), removed = removed + %s, cursor = %s,
failures = 0, note = NULL, updated_at = now() WHERE name = %s

-- name: end
-- The round is done; the next is due in `wait` seconds from its beginning, but not before now. `cursor` is kept
-- for it.
UPDATE hub.chores SET last_round = removed + %s, removed = 0, cursor = %s, done_at = now(),
due_at = greatest(now(), coalesce(began_at, now()) + %s * interval '1 second'), began_at = NULL,
failures = 0, note = NULL, updated_at = now() WHERE name = %s

-- name: failed
-- A portion failed; it is tried again after the waits of `retry`.
UPDATE hub.chores SET failures = failures + 1, note = %(note)s, updated_at = now(),
due_at = now() + interval '1 second'
   * (%(waits)s::float8[])[least(failures + 1, cardinality(%(waits)s::float8[]))] WHERE name = %(name)s

-- name: make_due
-- Let these be done now.
INSERT INTO hub.chores (name) SELECT unnest(%s::text[])
ON CONFLICT (name) DO UPDATE SET due_at = least(hub.chores.due_at, now()), updated_at = now()

-- name: cursor
-- The chore's cursor: its progress, or what it keeps between rounds.
SELECT cursor FROM hub.chores WHERE name = %s

-- name: listed
-- Every chore's row, by name.
SELECT name, due_at, began_at, done_at, removed, last_round, failures, note,
due_at <= now() AS is_due FROM hub.chores ORDER BY name
