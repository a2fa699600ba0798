-- Run by stage_progress.py; see db/statements.py for the form.

-- fragment: leases
-- Leases change with each claim, and a renewed lease shows a running call.
(SELECT string_agg(id || ':' || expires_at, ',' ORDER BY id) FROM hub.leases WHERE stage = %(stage)s)

-- name: mark_of_extraction
-- Every claim reserves ids for its answers, even if its calls fail.
SELECT concat_ws('|', (SELECT last_value || ':' || is_called FROM hub.boeing_raw_data_id_seq), {leases})

-- name: mark_of_normalization
SELECT concat_ws('|', (SELECT count(*) || ':' || min(id) FROM
  (SELECT id FROM hub.boeing_raw_data WHERE state = 'extracted' ORDER BY id LIMIT 200) due), {leases})

-- name: mark_of_publishing
SELECT concat_ws('|',
  (SELECT max(updated_at) FROM hub.batches WHERE completed_at IS NULL AND batch_type = 'publish'),
  (SELECT max(updated_at) FROM hub.budgets),
  (SELECT max(state_since) || ':' || sum(object_count) || ':' || sum(attempts) FROM hub.bulk_runs
   WHERE state <> 'ended' AND shop = (SELECT shop FROM hub.current_store)),
  (SELECT count(*) || ':' || sum(attempts) FROM hub.orphans
   WHERE state = 'due' AND shop = (SELECT shop FROM hub.current_store)), {leases})

-- name: held_long
-- Leases that have been renewed for at least this long: `stage`, `owner`, `taken_at`, `parts`.
SELECT stage, owner, taken_at, cardinality(part_numbers) + cardinality(raw_ids) AS parts FROM hub.leases
WHERE taken_at < now() - %s * interval '1 second' ORDER BY taken_at LIMIT 20

-- name: settle_lines_of_ended_runs
-- Settle lines that a finished bulk operation left open, which frees their SKUs. Returns the SKUs.
UPDATE hub.bulk_lines l SET settled = true FROM hub.bulk_runs r
WHERE r.id = l.run_id AND r.state = 'ended' AND NOT l.settled RETURNING l.sku

-- name: lost_answers
-- Items that wait for the normalization of an answer which is not due: `raw_id`, `state` (null: it is gone).
SELECT i.raw_id, r.state FROM (SELECT DISTINCT raw_id FROM hub.batch_items WHERE state = 'extracted'
   AND raw_id IS NOT NULL) i LEFT JOIN hub.boeing_raw_data r ON r.id = i.raw_id
WHERE r.state IS DISTINCT FROM 'extracted' ORDER BY i.raw_id LIMIT %s

-- name: make_due
-- Let these answers be normalized again.
UPDATE hub.boeing_raw_data SET state = 'extracted' WHERE id = ANY(%s) AND state = 'normalized'
