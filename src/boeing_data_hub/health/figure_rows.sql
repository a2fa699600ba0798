-- Run by figure_rows.py; see db/statements.py for the form.

-- fragment: counted
-- As a value, the list of busy parts is hashed once; as a condition it would be joined, with quadratic cost.
SELECT count(*) FILTER (WHERE is_due) AS due, count(*) FILTER (WHERE NOT is_due) AS later,
extract(epoch FROM now() - min(since) FILTER (WHERE is_due))::float8 AS oldest

-- fragment: batch
id, batch_type, status, {states.counts} AS settled, completed_at IS NULL AS is_open,
extract(epoch FROM now() - greatest(updated_at, created_at))::float8 AS quiet

-- fragment: doubt_after
interval '10 minutes'

-- name: leased
-- By stage: `leases`, and the `parts` (of normalization: answers) under them.
SELECT stage, count(*) AS leases, sum(CASE WHEN stage = 'normalization' THEN cardinality(raw_ids)
  ELSE cardinality(part_numbers) END)::int AS parts FROM hub.leases GROUP BY stage

-- name: failure_codes
-- Failed items of these batches: `batch_id`, `code`, `items`.
SELECT batch_id, coalesce(error_code, 'unknown') AS code, count(*) AS items FROM hub.batch_items
WHERE batch_id = ANY(%s) AND state = 'failed' GROUP BY batch_id, 2

-- name: workers
-- Running workers by queue, and seconds since the last heartbeat of each.
SELECT queue, count(*) FILTER (WHERE seen_at > now() - %s * interval '1 second') AS alive,
extract(epoch FROM now() - max(seen_at))::float8 AS quiet FROM hub.workers, unnest(queues) AS q(queue)
GROUP BY queue

-- name: bulk_runs
-- Open bulk operations by `state`: `runs`, `lines`, and seconds the `oldest` has been in it.
SELECT state, count(*) AS runs, sum(lines)::int AS lines,
extract(epoch FROM now() - min(state_since))::float8 AS oldest
FROM hub.bulk_runs WHERE state <> 'ended' AND shop = (SELECT shop FROM hub.current_store) GROUP BY state

-- name: products_in_doubt
-- Products for which the outcome of a call has been unknown for ten minutes, with no check scheduled.
SELECT sku FROM hub.products WHERE intent IS NOT NULL AND intent_at < now() - {doubt_after}
AND shop = (SELECT shop FROM hub.current_store)
EXCEPT SELECT unnest(part_numbers) FROM hub.leases WHERE stage = 'publishing'
EXCEPT SELECT sku FROM hub.bulk_lines WHERE NOT settled

-- name: count_not_waited_for
SELECT count(*) FROM (SELECT unnest(%s::text[]) EXCEPT SELECT unnest(i.skus) FROM hub.batches b
JOIN hub.batch_items i ON i.batch_id = b.id AND i.state = 'pending' WHERE b.completed_at IS NULL) doubtful

-- name: waiting_for_boeing
-- Items of searches: `due` now, `later` (retrying, or in a call), seconds since the `oldest` was due.
WITH busy AS MATERIALIZED (SELECT unnest(part_numbers) FROM hub.leases WHERE stage = 'extraction')
{counted} FROM (
SELECT coalesce(i.not_before, b.created_at) AS since,
  (i.not_before IS NULL OR i.not_before <= now()) AND i.part_number NOT IN (SELECT * FROM busy) AS is_due
FROM hub.batches b JOIN hub.batch_items i ON i.batch_id = b.id AND i.state = 'pending'
WHERE b.status = 'processing' AND b.batch_type = 'search') told

-- name: waiting_for_the_store
-- The same for publish runs; parts in a running bulk operation are `later`.
WITH busy AS MATERIALIZED (SELECT unnest(part_numbers) AS sku FROM hub.leases WHERE stage = 'publishing'
UNION ALL SELECT sku FROM hub.bulk_lines WHERE NOT settled)
{counted} FROM (
SELECT coalesce(i.not_before, CASE WHEN (b.options->>'planned')::boolean THEN
    coalesce(b.started_at, b.updated_at) ELSE b.created_at END) AS since,
  (i.not_before IS NULL OR i.not_before <= now()) AND NOT coalesce(
    (SELECT bool_or(s.sku IN (SELECT sku FROM busy)) FROM unnest(i.skus) AS s(sku)), false) AS is_due
FROM hub.batches b JOIN hub.batch_items i ON i.batch_id = b.id AND i.state = 'pending'
WHERE b.completed_at IS NULL AND b.batch_type = 'publish' AND b.status IN ('processing', 'cancelled')) told

-- name: waiting_for_normalization
-- Answers that are `due`; the age of the `oldest` only where an item waits for it.
SELECT (SELECT count(*) FROM hub.boeing_raw_data WHERE state = 'extracted'
   AND id NOT IN (SELECT unnest(raw_ids) FROM hub.leases WHERE stage = 'normalization')) AS due,
(SELECT extract(epoch FROM now() - min(updated_at))::float8 FROM
   (SELECT updated_at FROM hub.batch_items WHERE state = 'extracted' ORDER BY raw_id LIMIT 1000) w) AS oldest

-- name: counts
-- Metrics that are one number each: a column is called as its metric, whose meaning is in metrics.py.
SELECT leftover.products AS hub_orphans, leftover.oldest AS hub_oldest_orphan_seconds
FROM (SELECT count(*) AS products, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS oldest
   FROM hub.orphans WHERE state = 'due' AND shop = (SELECT shop FROM hub.current_store)) AS leftover

-- name: batches_of_late
-- Batches that were created within the last day or are still running.
SELECT {batch} FROM hub.batches WHERE created_at > now() - interval '1 day'
UNION SELECT {batch} FROM hub.batches WHERE completed_at IS NULL
