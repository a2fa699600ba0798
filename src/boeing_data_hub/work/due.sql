-- Run by due.py; see db/statements.py for the form.

-- fragment: in_flight
-- Parts of running calls: only a few.
SELECT unnest(part_numbers) FROM hub.leases WHERE stage = 'extraction'

-- fragment: refused
-- When Boeing last rejected all items of a part, or they have one attempt left; and whether no call for it has
-- failed.
CASE WHEN bool_and(coalesce(error_code = ANY(%(refusals)s::text[]), false))
  OR coalesce(max(attempts) >= %(last_try)s::int, false)
  THEN max(updated_at) FILTER (WHERE error_code IS NOT NULL) END
AS refused_at, bool_and(error_code IS NULL) AS untried

-- fragment: turn
SELECT i.part_number, i.attempts, i.call_group, i.batch_id, b.trace, i.error_code, i.updated_at, b.urgent, b.lot
    + row_number() OVER (PARTITION BY i.batch_id

-- fragment: waiting
-- Urgent searches come before all others, and are not held to a share.
FROM (SELECT id, options->>'trace' AS trace, urgent,
          CASE WHEN urgent THEN %(wanted)s::int ELSE %(share)s::int END AS most,
          CASE WHEN urgent THEN -1e9 ELSE 0 END + random() AS lot
        FROM (SELECT *, %(urgent_first)s AND coalesce((options->>'urgent')::boolean, false) AS urgent FROM hub.batches
              WHERE status = 'processing' AND batch_type = 'search') searches) b
  CROSS JOIN LATERAL (
    SELECT batch_id, position, part_number, attempts, call_group, error_code, updated_at
    FROM hub.batch_items WHERE batch_id = b.id AND state = 'pending'
      AND (not_before IS NULL OR not_before <= now())
      AND part_number NOT IN (SELECT * FROM in_flight)

-- fragment: by_part
SELECT part_number, max(attempts) AS attempts, max(call_group) AS call_group,
{refused},
   bool_or(urgent) AS urgent, array_agg(batch_id) AS batches, array_remove(array_agg(trace), NULL) AS traces FROM turns
GROUP BY part_number ORDER BY min(place) LIMIT %(wanted)s

-- name: count_open_searches
SELECT count(*) FROM hub.batches WHERE status = 'processing' AND batch_type = 'search'

-- name: rest_of_calls
SELECT part_number, max(attempts) AS attempts, max(call_group) AS call_group, {refused}
FROM hub.batch_items
WHERE state = 'pending' AND call_group = ANY(%(groups)s) AND (not_before IS NULL OR not_before <= now())
AND part_number NOT IN ({in_flight}) GROUP BY part_number

-- name: due
-- Parts to ask next, from all open searches in turn, each in its own order.
WITH in_flight AS MATERIALIZED ({in_flight}),
turns AS (
  {turn} ORDER BY position) AS place
  {waiting} ORDER BY position LIMIT b.most) i)
{by_part}

-- name: due_untried_first
-- The same; those whose calls never failed come first, then those whose last call is longest ago.
WITH in_flight AS MATERIALIZED ({in_flight}),
turns AS (
  {turn} ORDER BY (error_code IS NOT NULL), updated_at, position) AS place
  {waiting} ORDER BY (error_code IS NOT NULL), updated_at, position LIMIT b.most) i)
{by_part}
