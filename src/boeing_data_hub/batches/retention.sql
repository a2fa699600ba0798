-- Run by retention.py; see db/statements.py for the form.

-- fragment: old_keys
-- Keys of retries and undos are ours, not the caller's: they stay as long as the batch.
FROM hub.batches WHERE completed_at < now() - %(days)s * interval '1 day' AND idempotency_key IS NOT NULL
AND left(idempotency_key, 1) <> ALL (%(ours)s)

-- fragment: with_items
FROM hub.batches WHERE completed_at < now() - %(days)s * interval '1 day' AND items_gone_at IS NULL

-- fragment: with_changes
-- Keep the data of a running undo until it has finished.
FROM hub.batches b WHERE completed_at < now() - %(days)s * interval '1 day' AND changes_gone_at IS NULL
AND batch_type = 'publish' AND NOT EXISTS (SELECT FROM hub.batches u WHERE u.completed_at IS NULL
   AND u.options->>'undo_of' = b.id::text)

-- fragment: old_plans
FROM hub.batches WHERE status = 'pending' AND batch_type = 'publish'
AND created_at < now() - %(days)s * interval '1 day'

-- name: release_keys
-- Release the idempotency keys of batches that finished `days` ago, so that they can be used again.
UPDATE hub.batches SET idempotency_key = NULL WHERE id IN (SELECT id {old_keys}
LIMIT %(most)s FOR UPDATE SKIP LOCKED)

-- name: count_keys
-- How many keys would be released.
SELECT count(*) {old_keys}

-- name: choose_for_items
-- Batches that finished `days` ago; records in them that their items were deleted.
UPDATE hub.batches SET items_gone_at = now() WHERE id IN
(SELECT id {with_items} ORDER BY completed_at LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING id::text, total_items

-- name: count_items
-- How many items would be removed, without parts of plans.
SELECT coalesce(sum(total_items), 0)::bigint {with_items}

-- name: remove_changes
-- Remove the undo data of publish runs that finished `days` ago, and record that.
WITH gone AS (DELETE FROM hub.publish_changes WHERE batch_id = %(batch)s AND sku IN
  (SELECT sku FROM hub.publish_changes WHERE batch_id = %(batch)s AND sku > %(last)s
   ORDER BY sku LIMIT %(room)s) RETURNING sku) SELECT count(*) AS rows, max(sku) AS last FROM gone

-- name: hold_for_changes
SELECT id::text {with_changes} ORDER BY completed_at LIMIT %(most)s FOR UPDATE SKIP LOCKED

-- name: choose_for_changes
UPDATE hub.batches SET changes_gone_at = now() WHERE id IN (SELECT id {with_changes}
AND id = ANY(%(held)s::uuid[])) RETURNING id::text

-- name: count_changes
-- How many rows would be removed.
SELECT count(*) FROM hub.publish_changes WHERE batch_id IN (SELECT id {with_changes})

-- name: next_old_plan
-- The id of a plan that has waited so long, or None.
SELECT id {old_plans} ORDER BY created_at LIMIT 1

-- name: count_plans
-- How many have.
SELECT count(*) {old_plans}

-- name: hold
-- A batch that has ended, kept as it is until the commit: nothing of it is removed between a look and what is
-- decided by it.
SELECT * FROM hub.batches WHERE id = %s FOR SHARE

-- name: remove_items
-- By a range of the key: otherwise each portion would scan all deleted rows again.
DELETE FROM hub.batch_items WHERE batch_id = %s AND position > %s AND position <= %s

-- name: remove_lines
DELETE FROM hub.batch_lines WHERE batch_id = %s AND position > %s AND position <= %s

-- name: remove_plan_items
DELETE FROM hub.plan_items WHERE batch_id = %s AND position > %s AND position <= %s
