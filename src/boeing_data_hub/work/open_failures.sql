-- Run by open_failures.py; see db/statements.py for the form. A trigger keeps the rows (migration 0030).

-- fragment: failure
-- A failure, with the name of the list that it last failed in, and whether the part waits in a run now.
SELECT f.id, f.part_number, f.kind, f.batch_id, f.error_code, f.error, f.since, f.failed_at, f.is_ignored, f.ignored_at,
   f.ignored_by, f.ignored_reason, (SELECT b.options ->> 'source' FROM hub.batches b WHERE b.id = f.batch_id) AS list,
   {waits} AS is_waiting
FROM hub.open_failures f

-- fragment: waits
EXISTS (SELECT 1 FROM hub.batch_items i JOIN hub.batches b ON b.id = i.batch_id WHERE i.part_number = f.part_number
   AND i.state = 'pending' AND b.status IN ('pending', 'processing')
   AND b.batch_type = CASE WHEN f.kind = 'search' THEN 'search' ELSE 'publish' END)

-- fragment: matching
f.is_ignored = %(ignored)s
   AND (%(kind)s::text IS NULL OR f.kind = %(kind)s)
   AND (%(code)s::text IS NULL OR f.error_code = %(code)s)
   AND (%(batch)s::uuid IS NULL OR f.batch_id = %(batch)s)
   AND (%(until)s::timestamptz IS NULL OR f.since <= %(until)s)
   AND (%(from)s::timestamptz IS NULL OR f.since >= %(from)s)
   AND (%(parts)s::text[] IS NULL OR f.part_number = ANY(%(parts)s))
   AND (%(by)s::text IS NULL OR f.ignored_by = %(by)s)
   AND (%(ignored_at)s::timestamptz IS NULL OR f.ignored_at = %(ignored_at)s)

-- name: page
{failure} WHERE {matching} AND (%(at)s::timestamptz IS NULL OR (f.since, f.id) < (%(at)s, %(id)s))
ORDER BY f.since DESC, f.id DESC LIMIT %(limit)s

-- name: count
SELECT count(*) FROM (SELECT 1 FROM hub.open_failures f WHERE {matching} LIMIT %(limit)s) counted

-- name: causes
-- The causes one after the other, by the index: as many steps as there are causes, each counted up to a limit.
WITH RECURSIVE cause AS (
   (SELECT error_code FROM hub.open_failures WHERE is_ignored = %(ignored)s ORDER BY error_code LIMIT 1)
   UNION ALL
   SELECT (SELECT n.error_code FROM hub.open_failures n WHERE n.is_ignored = %(ignored)s AND n.error_code > c.error_code
      ORDER BY n.error_code LIMIT 1)
   FROM cause c WHERE c.error_code IS NOT NULL)
SELECT c.error_code AS code,
   (SELECT count(*) FROM (SELECT 1 FROM hub.open_failures f WHERE f.is_ignored = %(ignored)s
      AND f.error_code = c.error_code LIMIT %(most)s) counted) AS parts,
   (SELECT f.since FROM hub.open_failures f WHERE f.is_ignored = %(ignored)s AND f.error_code = c.error_code
      ORDER BY f.since LIMIT 1) AS oldest,
   (SELECT f.since FROM hub.open_failures f WHERE f.is_ignored = %(ignored)s AND f.error_code = c.error_code
      ORDER BY f.since DESC LIMIT 1) AS newest
FROM cause c WHERE c.error_code IS NOT NULL ORDER BY parts DESC, code

-- name: lists
-- The lists with the most failures, among the newest of these.
SELECT n.batch_id, coalesce(b.options ->> 'source', '') AS name, count(*) AS parts
FROM (SELECT f.batch_id FROM hub.open_failures f WHERE f.is_ignored = %(ignored)s
   ORDER BY f.since DESC, f.id DESC LIMIT %(looked_at)s) n
JOIN hub.batches b ON b.id = n.batch_id GROUP BY 1, 2 ORDER BY parts DESC, n.batch_id LIMIT %(limit)s

-- name: to_retry
-- Parts that match and wait in no run, the newest first.
SELECT f.part_number FROM hub.open_failures f WHERE {matching} AND NOT {waits}
ORDER BY f.since DESC, f.id DESC LIMIT %(limit)s

-- name: ignore
UPDATE hub.open_failures u SET is_ignored = true, ignored_at = now(), ignored_by = %(actor)s, ignored_reason = %(reason)s
WHERE u.id IN (SELECT f.id FROM hub.open_failures f WHERE {matching} ORDER BY f.since DESC, f.id DESC LIMIT %(limit)s)
RETURNING u.part_number, u.ignored_at

-- name: reopen
UPDATE hub.open_failures u SET is_ignored = false
WHERE u.id IN (SELECT f.id FROM hub.open_failures f WHERE {matching} ORDER BY f.since DESC, f.id DESC LIMIT %(limit)s)
RETURNING u.part_number
