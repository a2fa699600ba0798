-- Run by lost_work.py; see db/statements.py for the form.

-- name: stores_in_doubt
SELECT shop FROM hub.current_store

-- name: late_orphans
SELECT count(*) AS many, max(error) AS error FROM hub.orphans WHERE state = 'due'
AND shop = (SELECT shop FROM hub.current_store) AND created_at < now() - interval '1 hour'

-- name: paused_lines
SELECT line FROM hub.pacing WHERE pause_reason IS NOT NULL ORDER BY line

-- name: still_batches
SELECT b.id FROM hub.batches b WHERE b.status = 'processing'
AND b.updated_at < now() - %(still)s * interval '1 second'
AND NOT EXISTS (SELECT FROM hub.pacing p WHERE p.pause_reason IS NOT NULL)
AND NOT EXISTS (SELECT FROM hub.leases l WHERE l.expires_at > now())
AND NOT EXISTS (SELECT FROM hub.pacing p WHERE p.updated_at > now() - %(still)s * interval '1 second'
   AND p.line = CASE b.batch_type WHEN 'search' THEN 'boeing' ELSE 'shopify' END)
AND EXISTS (SELECT FROM hub.batch_items i WHERE i.batch_id = b.id AND i.state IN ({states.open})
   AND (i.not_before IS NULL OR i.not_before < now()))
AND NOT EXISTS (SELECT FROM hub.bulk_runs r WHERE r.batch_id = b.id AND r.state <> 'ended')
ORDER BY b.created_at LIMIT 20

-- name: old_bulk_runs
SELECT id, state, note FROM hub.bulk_runs WHERE state <> 'ended' AND state <> 'running'
AND shop = (SELECT shop FROM hub.current_store)
AND state_since < now() - interval '1 hour' ORDER BY state_since LIMIT 20

-- name: overdue_leases
SELECT count(*) FROM hub.leases WHERE expires_at < now() - %s * interval '1 second'
