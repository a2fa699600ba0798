-- Run by draft_order_rows.py; see db/statements.py for the form.

-- fragment: columns
quote_id, shop, key, valid_until, state, sent_at, attempts, not_before, note, draft_order_id, name, invoice_url, author,
created_at, updated_at

-- fragment: due_here
state = 'due' AND shop = {current_store.shop} AND not_before <= now()

-- name: get
SELECT {columns} FROM hub.draft_orders WHERE quote_id = %s

-- name: add
-- One for each quote; one that the store refused is replaced. No row if there is another.
INSERT INTO hub.draft_orders AS d (quote_id, shop, key, payload, valid_until, author)
VALUES (%(quote_id)s, %(shop)s, %(key)s, %(payload)s, %(valid_until)s, %(author)s)
ON CONFLICT (quote_id) DO UPDATE SET shop = excluded.shop, key = excluded.key, payload = excluded.payload,
  valid_until = excluded.valid_until, author = excluded.author, state = 'due', sent_at = NULL, attempts = 0,
  not_before = now(), note = NULL, created_at = now(), updated_at = now()
WHERE d.state = 'refused' RETURNING quote_id

-- name: anything_due
SELECT count(*) FROM (SELECT 1 FROM hub.draft_orders WHERE {due_here} LIMIT 50) due

-- name: next_due
SELECT quote_id, key, payload, attempts, sent_at IS NOT NULL AS was_sent,
  coalesce(extract(epoch FROM now() - sent_at), 0)::float8 AS sent_ago
FROM hub.draft_orders WHERE {due_here} AND shop = %s
AND 'quote:' || quote_id NOT IN (SELECT unnest(part_numbers) FROM hub.leases WHERE stage = 'publishing')
ORDER BY not_before LIMIT 1

-- name: sending
UPDATE hub.draft_orders SET sent_at = now(), updated_at = now() WHERE quote_id = %s AND key = %s

-- name: not_sent
UPDATE hub.draft_orders SET sent_at = NULL, updated_at = now() WHERE quote_id = %s AND key = %s

-- name: created
UPDATE hub.draft_orders SET state = 'created', draft_order_id = %(id)s, name = %(name)s, invoice_url = %(invoice_url)s,
note = NULL, updated_at = now() WHERE quote_id = %(quote_id)s AND key = %(key)s

-- name: refused
UPDATE hub.draft_orders SET state = 'refused', note = %s, updated_at = now() WHERE quote_id = %s AND key = %s

-- name: put_off
UPDATE hub.draft_orders SET attempts = %s, note = %s, updated_at = now(),
  not_before = now() + %s * interval '1 second' WHERE quote_id = %s AND key = %s

-- name: variants
-- The store's variants of live products, by SKU.
SELECT sku, variant_id FROM hub.products WHERE shop = %s AND sku = ANY(%b::text[]) AND state = 'live'
AND variant_id IS NOT NULL
