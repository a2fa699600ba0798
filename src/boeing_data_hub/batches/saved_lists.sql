-- Run by saved_lists.py; see db/statements.py for the form.

-- fragment: saved_list
id, name, author, created_at, mapping, source, address, host_key, schedule, after_refresh, version, columns, line_count,
added_count, removed_count, skipped_count, refreshed_at, last_batch, due_at, attempts, error_code, error, failing_since

-- name: add
-- No row if another list has the name.
INSERT INTO hub.part_lists (id, name, author, mapping, source, address, host_key, schedule, after_refresh, due_at)
VALUES (%(id)s, %(name)s, %(author)s, %(mapping)s, %(source)s, %(address)s, %(host_key)s, %(schedule)s, %(after_refresh)s,
CASE WHEN %(source)s = 'url' THEN now() END)
ON CONFLICT (name) DO NOTHING

-- name: all
SELECT {saved_list} FROM hub.part_lists ORDER BY lower(name), id

-- name: get
SELECT {saved_list} FROM hub.part_lists WHERE id = %s

-- name: get_locked
SELECT {saved_list} FROM hub.part_lists WHERE id = %s FOR UPDATE

-- name: has_name
SELECT id FROM hub.part_lists WHERE name = %s

-- name: change
-- A refresh under way loses its lease, because it reads what was said before.
UPDATE hub.part_lists SET name = %(name)s, mapping = %(mapping)s, address = %(address)s, host_key = %(host_key)s, schedule = %(schedule)s,
after_refresh = %(after_refresh)s, due_at = %(due_at)s, attempts = 0, lease = NULL, leased_until = NULL
WHERE id = %(id)s

-- name: remove
DELETE FROM hub.part_lists WHERE id = %s

-- name: make_due
UPDATE hub.part_lists SET due_at = now(), attempts = 0 WHERE id = %s AND source = 'url'

-- name: claim
-- The list that has been due longest, leased, so that no other worker reads its source meanwhile.
UPDATE hub.part_lists SET lease = %(lease)s, leased_until = now() + %(seconds)s * interval '1 second'
WHERE id = (SELECT id FROM hub.part_lists WHERE due_at <= now() AND (leased_until IS NULL OR leased_until < now())
  ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id

-- name: still_leased
SELECT now() AS present FROM hub.part_lists WHERE id = %s AND lease = %s FOR UPDATE

-- name: present
SELECT now() AS present

-- name: digest
SELECT digest FROM hub.part_lists WHERE id = %s

-- name: put_lines
-- The lines of a version. A part that was in the last version keeps the version in which it was added.
INSERT INTO hub.part_list_lines AS old (list_id, part_number, position, cells, added_in)
SELECT %(list)s, line.number, line.position, coalesce(other.cells, '[]'::jsonb), %(version)s
FROM unnest(%(numbers)b::text[]) WITH ORDINALITY AS line(number, position)
LEFT JOIN jsonb_array_elements(%(cells)s) WITH ORDINALITY AS other(cells, position) USING (position)
ON CONFLICT (list_id, part_number) DO UPDATE SET position = excluded.position, cells = excluded.cells,
  added_in = CASE WHEN old.removed_in IS NULL THEN old.added_in ELSE excluded.added_in END, removed_in = NULL

-- name: remove_lines
UPDATE hub.part_list_lines old SET removed_in = %(version)s WHERE list_id = %(list)s AND removed_in IS NULL
AND NOT EXISTS (SELECT 1 FROM unnest(%(numbers)b::text[]) AS line(number) WHERE line.number = old.part_number)

-- name: forget_removed
DELETE FROM hub.part_list_lines WHERE list_id = %(list)s AND removed_in < %(version)s

-- name: count_changes
SELECT count(*) FILTER (WHERE removed_in IS NULL) AS lines,
  count(*) FILTER (WHERE added_in = %(version)s AND removed_in IS NULL) AS added,
  count(*) FILTER (WHERE removed_in = %(version)s) AS removed
FROM hub.part_list_lines WHERE list_id = %(list)s

-- name: set_version
UPDATE hub.part_lists SET version = %(version)s, columns = %(columns)b, line_count = %(lines)s,
added_count = %(added)s, removed_count = %(removed)s, digest = %(digest)s WHERE id = %(id)s

-- name: refreshed
UPDATE hub.part_lists SET refreshed_at = now(), due_at = %(due_at)s, attempts = 0, error_code = NULL, error = NULL,
failing_since = NULL, lease = NULL, leased_until = NULL, skipped_count = %(skipped)s,
last_batch = coalesce(%(batch)s, last_batch) WHERE id = %(id)s

-- name: failed
UPDATE hub.part_lists SET due_at = %(due_at)s, attempts = attempts + 1, error_code = %(code)s, error = %(error)s,
failing_since = coalesce(failing_since, now()), lease = NULL, leased_until = NULL WHERE id = %(id)s

-- name: lines
-- What the list has now, or what its last refresh added or removed, in order.
SELECT part_number, position, cells, added_in = l.version AND l.version > 1 AS is_added,
  removed_in IS NOT NULL AS is_removed
FROM hub.part_list_lines JOIN hub.part_lists l ON l.id = list_id
WHERE list_id = %(list)s AND position > %(after)s AND CASE %(which)s::text
  WHEN 'added' THEN removed_in IS NULL AND added_in = l.version
  WHEN 'removed' THEN removed_in IS NOT NULL ELSE removed_in IS NULL END
ORDER BY position, part_number LIMIT %(limit)s

-- name: set_batch
UPDATE hub.part_lists SET last_batch = %s WHERE id = %s

-- name: failing
-- Lists that could not be refreshed, the longest failing first.
SELECT name, error FROM hub.part_lists WHERE failing_since IS NOT NULL ORDER BY failing_since, name LIMIT 100
