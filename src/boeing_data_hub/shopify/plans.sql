-- Run by plans.py; see db/statements.py for the form.

-- fragment: item
p.position, i.part_number, p.sku, p.action, p.code, p.sentence, p.changes

-- name: save_forecast
UPDATE hub.batches SET options = options || jsonb_build_object('forecast', %s::jsonb) WHERE id = %s

-- name: save_items
INSERT INTO hub.plan_items (batch_id, position, sku, action, code, sentence, changes, digest)
SELECT %s, r.position, r.sku, r.action, r.code, r.sentence, r.changes, r.digest
FROM json_to_recordset(%s::json) AS r(position int, sku text, action text, code text, sentence text, changes jsonb,
  digest text)

-- name: page
WITH chosen AS (SELECT {item}
  FROM hub.plan_items p JOIN hub.batch_items i ON i.batch_id = p.batch_id AND i.position = p.position
  WHERE p.batch_id = %(batch)s AND p.position > %(after)s
    AND (%(action)s::text IS NULL OR p.action = %(action)s) AND (%(code)s::text IS NULL OR p.code = %(code)s)
    AND (%(search)s::text IS NULL OR starts_with(i.part_number, %(search)s) OR starts_with(p.sku, %(search)s)))
SELECT * FROM chosen WHERE position IN
  (SELECT DISTINCT position FROM chosen ORDER BY position LIMIT %(limit)s)
ORDER BY position, sku

-- name: reasons
SELECT action, code, min(sentence) AS sentence, count(*) AS parts FROM hub.plan_items
WHERE batch_id = %s AND action IN ('blocked', 'conflict') GROUP BY action, code ORDER BY parts DESC, code

-- name: waiting
SELECT * FROM hub.batches WHERE status = 'pending' AND batch_type = 'publish' ORDER BY created_at DESC LIMIT %s

-- name: count_waiting
SELECT count(*) FROM (SELECT 1 FROM hub.batches WHERE status = 'pending' AND batch_type = 'publish' LIMIT 1000) counted

-- name: counts
SELECT action, count(*) AS parts FROM hub.plan_items WHERE batch_id = %s GROUP BY action

-- name: digests
-- Where the list names a SKU more than once, the first mention counts: it is the one that is published.
SELECT DISTINCT ON (sku) sku, action, digest FROM hub.plan_items WHERE batch_id = %(batch)s
  AND (%(skus)s::text[] IS NULL OR sku = ANY(%(skus)s)) ORDER BY sku, position

-- name: approve
UPDATE hub.batches SET status = 'processing', updated_at = now(), started_at = NULL, rate_since = now(),
  options = options || jsonb_build_object('bulk', %s::boolean, 'approved', true) WHERE id = %s AND status = 'pending'
