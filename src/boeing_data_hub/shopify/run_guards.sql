-- Run by run_guards.py; see db/statements.py for the form.

-- name: known
SELECT batch_id, causes FROM hub.run_guards WHERE batch_id = ANY(%b)

-- name: published_skus
-- SKUs of a batch that are published in this store, in order, after the SKU `after`.
SELECT DISTINCT found.sku FROM hub.batch_items i, unnest(i.skus) AS found(sku)
JOIN hub.products p ON p.sku = found.sku AND p.shop = %(shop)s AND p.form IS NOT NULL
WHERE i.batch_id = %(batch)s AND found.sku > %(after)s ORDER BY found.sku LIMIT %(limit)s

-- name: earlier
-- The figures of the runs of the last day that had published parts, the newest first.
SELECT parts, moved, in_stock, sold_out FROM hub.run_guards
WHERE judged_at > now() - interval '1 day' AND parts > 0 AND causes = '{}' ORDER BY judged_at DESC LIMIT 50

-- name: save
INSERT INTO hub.run_guards (batch_id, parts, moved, in_stock, sold_out, causes) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (batch_id) DO NOTHING

-- name: drop_old
DELETE FROM hub.run_guards g WHERE g.judged_at < now() - interval '30 days'
AND NOT EXISTS (SELECT FROM hub.batches b WHERE b.id = g.batch_id AND b.completed_at IS NULL)
