-- Run by publish_changes.py; see db/statements.py for the form.

-- name: record
-- A batch that needs two steps for a part (fields, then stock) has one change: from before the first step.
INSERT INTO hub.publish_changes AS c (batch_id, sku, shop, action, changes, before, after, product_id)
SELECT r.batch_id, r.sku, %s, r.action, r.changes, r.before, r.after, r.product_id
FROM json_to_recordset(%s::json) AS r(batch_id uuid, sku text, action text, changes jsonb, before jsonb, after jsonb,
  product_id text)
ON CONFLICT (batch_id, sku) DO UPDATE SET
  changes = CASE WHEN c.changes @> excluded.changes THEN c.changes ELSE c.changes || excluded.changes END,
  after = excluded.after, product_id = excluded.product_id, at = now()

-- name: of_batch
SELECT sku, action, before, after, product_id FROM hub.publish_changes
WHERE batch_id = %(batch)s AND (%(skus)s::text[] IS NULL OR sku = ANY(%(skus)s)) ORDER BY sku

-- name: of_sku
SELECT batch_id, action, changes, product_id, at FROM hub.publish_changes WHERE sku = %s ORDER BY at DESC LIMIT %s

-- name: count
SELECT action, count(*) AS products FROM hub.publish_changes WHERE batch_id = %s GROUP BY action
