-- Run by intents.py; see db/statements.py for the form.

-- name: write
INSERT INTO hub.products AS p (shop, sku, custom_id, search_key, handle, title, price, intent, intent_at, batch_id)
SELECT %s, r.sku, r.custom_id, r.search_key, r.handle, r.title, r.price, r.intent, now(), r.batch_id
FROM json_to_recordset(%s::json) AS r(sku text, custom_id text, search_key text, handle text, title text,
  price numeric, intent jsonb, batch_id uuid)
ON CONFLICT (shop, sku) DO UPDATE SET intent = excluded.intent, intent_at = now(), updated_at = now()

-- name: forget_new
DELETE FROM hub.products WHERE shop = %s AND sku = ANY(%b::text[]) AND state = 'intended' AND product_id IS NULL

-- name: forget
UPDATE hub.products SET intent = NULL, intent_at = NULL, updated_at = now()
WHERE shop = %s AND sku = ANY(%b::text[]) AND intent IS NOT NULL

-- name: never_seen
SELECT shop, sku FROM hub.products WHERE sku = ANY(%s) AND intent IS NOT NULL AND product_id IS NULL
ORDER BY shop, sku

-- name: not_doubted
-- SKUs without an intent that no worker holds.
SELECT i.sku FROM unnest(%s::text[]) AS i(sku) LEFT JOIN hub.products p ON p.shop = %s AND p.sku = i.sku
WHERE p.intent IS NULL
  AND NOT EXISTS (SELECT FROM hub.leases l WHERE l.stage = 'publishing' AND i.sku = ANY(l.part_numbers))

-- name: left_in_doubt
SELECT sku FROM hub.products WHERE shop = %s AND intent IS NOT NULL
EXCEPT SELECT unnest(part_numbers) FROM hub.leases WHERE stage = 'publishing'
EXCEPT SELECT sku FROM hub.bulk_lines WHERE NOT settled
EXCEPT SELECT unnest(skus) FROM hub.batch_items WHERE state = 'pending' ORDER BY sku

-- name: save_stock_call
INSERT INTO hub.stock_calls (key, shop, rows) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING

-- name: stock_calls
SELECT key, rows FROM hub.stock_calls WHERE key = ANY(%s)
