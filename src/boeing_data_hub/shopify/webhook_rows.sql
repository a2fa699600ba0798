-- Run by webhook_rows.py; see db/statements.py for the form.

-- name: add
INSERT INTO hub.store_webhooks (webhook_id, topic, product_id, inventory_item_id, location_id, available, changed_at)
SELECT * FROM unnest(%(webhook_id)s::text[], %(topic)s::text[], %(product_id)s::text[], %(inventory_item_id)s::text[],
  %(location_id)s::text[], %(available)s::integer[], %(changed_at)s::timestamptz[])
ON CONFLICT (webhook_id) DO NOTHING RETURNING webhook_id

-- name: anything_due
SELECT EXISTS (SELECT 1 FROM hub.store_webhooks WHERE state = 'due' AND not_before <= now())

-- name: about_store
SELECT webhook_id, topic FROM hub.store_webhooks WHERE state = 'due' AND topic = ANY(%b::text[])

-- name: take
WITH due AS (
  UPDATE hub.store_webhooks SET not_before = now() + %(held)s * interval '1 second' WHERE webhook_id IN (
    SELECT webhook_id FROM hub.store_webhooks WHERE state = 'due' AND not_before <= now()
    AND received_at <= now() - %(waited)s * interval '1 second'
    ORDER BY not_before LIMIT %(most)s FOR UPDATE SKIP LOCKED)
  RETURNING webhook_id, topic, product_id, inventory_item_id, location_id, available, changed_at,
    extract(epoch FROM now() - received_at)::float8 AS age)
SELECT d.webhook_id, d.topic, coalesce(p.sku, i.sku) AS sku, d.location_id, d.available, d.changed_at, d.age
FROM due d
LEFT JOIN hub.products p ON p.product_id = d.product_id AND p.shop = %(shop)s AND p.form IS NOT NULL
  AND p.state IN ('live', 'archived')
LEFT JOIN hub.products i ON i.inventory_item_id = d.inventory_item_id AND i.shop = %(shop)s AND i.form IS NOT NULL
  AND i.state IN ('live', 'archived')

-- name: finish
UPDATE hub.store_webhooks SET state = 'done' WHERE webhook_id = ANY(%b::text[])

-- name: put_off
UPDATE hub.store_webhooks SET not_before = now() + %s * interval '1 second' WHERE webhook_id = ANY(%b::text[])
AND state = 'due'
