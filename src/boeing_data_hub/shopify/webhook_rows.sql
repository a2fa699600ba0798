-- Run by webhook_rows.py; see db/statements.py for the form.

-- name: add
INSERT INTO hub.store_webhooks (webhook_id, topic, product_id, inventory_item_id) VALUES (%s, %s, %s, %s)
ON CONFLICT (webhook_id) DO NOTHING

-- name: anything_due
SELECT EXISTS (SELECT 1 FROM hub.store_webhooks WHERE state = 'due' AND not_before <= now())

-- name: about_access
SELECT webhook_id, topic FROM hub.store_webhooks WHERE state = 'due' AND topic = ANY(%b::text[])

-- name: take
WITH due AS (
  UPDATE hub.store_webhooks SET not_before = now() + %(held)s * interval '1 second' WHERE webhook_id IN (
    SELECT webhook_id FROM hub.store_webhooks WHERE state = 'due' AND not_before <= now()
    AND received_at <= now() - %(waited)s * interval '1 second'
    ORDER BY not_before LIMIT %(most)s FOR UPDATE SKIP LOCKED)
  RETURNING webhook_id, product_id, inventory_item_id)
SELECT d.webhook_id, coalesce(p.sku, i.sku) AS sku FROM due d
LEFT JOIN hub.products p ON p.product_id = d.product_id AND p.shop = %(shop)s AND p.form IS NOT NULL
  AND p.state IN ('live', 'archived')
LEFT JOIN hub.products i ON i.inventory_item_id = d.inventory_item_id AND i.shop = %(shop)s AND i.form IS NOT NULL
  AND i.state IN ('live', 'archived')

-- name: finish
UPDATE hub.store_webhooks SET state = 'done' WHERE webhook_id = ANY(%b::text[])

-- name: put_off
UPDATE hub.store_webhooks SET not_before = now() + %s * interval '1 second' WHERE webhook_id = ANY(%b::text[])
AND state = 'due'
