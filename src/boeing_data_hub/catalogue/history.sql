-- Run by history.py; see db/statements.py for the form.

-- name: last_answer
SELECT coalesce(skus, '{}') AS skus, fetched_at FROM hub.part_answers WHERE part_number = %s

-- name: moment
SELECT now()

-- name: search_under_way
SELECT b.* FROM hub.batches b JOIN hub.batch_items i ON i.batch_id = b.id AND i.part_number = %s
WHERE b.status = 'processing' AND b.batch_type = 'search' AND b.total_items = 1 AND b.owner = %s
ORDER BY b.created_at DESC LIMIT 1

-- name: of_part
-- A variant (`WF338109=K3`) is also in batches that requested its base number.
SELECT i.batch_id, i.part_number, i.state, i.outcome, i.reason, i.error_code, i.error, i.attempts, i.updated_at,
   b.created_at, b.owner, b.retry_of IS NOT NULL AS is_retry, b.batch_type, b.status, b.started_at, r.fetched_at,
   b.options ->> 'undo_of' IS NOT NULL AS is_undo, coalesce((b.options ->> 'planned')::boolean, false) AS is_planned
FROM hub.batch_items i JOIN hub.batches b ON b.id = i.batch_id LEFT JOIN hub.boeing_raw_data r ON r.id = i.raw_id
WHERE i.part_number = %(part)s OR (i.part_number = %(base)s AND %(part)s = ANY(i.skus))
ORDER BY b.created_at DESC LIMIT %(limit)s
