-- Run by lost_calls.py; see db/statements.py for the form.

-- name: name_stock_call
UPDATE hub.products SET intent = jsonb_set(intent, ARRAY['stock_call'], %s)
WHERE shop = %s AND sku = ANY(%b::text[]) AND intent IS NOT NULL

-- name: still_intended
SELECT true FROM hub.products WHERE shop = %s AND sku = %s AND intent->>'batch_id' = %s
  AND intent->>'action' = %s AND (intent->>'stock_call') IS NOT DISTINCT FROM %s FOR UPDATE

-- name: done_by
SELECT batch_id, sku, action FROM hub.publish_changes WHERE batch_id = ANY(%s) AND sku = ANY(%b::text[])
