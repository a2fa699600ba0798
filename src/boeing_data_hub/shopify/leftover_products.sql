-- Run by leftover_products.py; see db/statements.py for the form.

-- fragment: orphan
id, shop, sku, product_id, reason, batch_id, state, attempts, not_before, error, created_at, updated_at

-- fragment: due_here
-- Of the current store; those of a former one stay as they are.
state = 'due' AND shop = {current_store.shop}

-- name: add
INSERT INTO hub.orphans (shop, sku, product_id, reason, batch_id, not_before)
VALUES (%s, %s, %s, %s, %s, now() + %s * interval '1 second')

-- name: next_due
SELECT {orphan} FROM hub.orphans o WHERE state = 'due' AND shop = %s AND not_before <= now()
AND sku NOT IN (SELECT unnest(part_numbers) FROM hub.leases WHERE stage = 'publishing')
AND NOT EXISTS (SELECT 1 FROM hub.bulk_lines l WHERE l.sku = o.sku AND NOT l.settled)
ORDER BY not_before LIMIT 1

-- name: gone
UPDATE hub.orphans SET state = 'gone', error = NULL, updated_at = now() WHERE id = %s

-- name: forget_product
DELETE FROM hub.products WHERE shop = %s AND sku = %s AND state IN ('intended', 'missing')

-- name: deleted
UPDATE hub.products SET state = 'missing', product_id = NULL, variant_id = NULL, inventory_item_id = NULL,
  form = NULL, listing_hash = NULL, stock_hash = NULL, stock = '{}', on_channel = false, differences = NULL,
  image_media_id = NULL, media_state = NULL, media_error = NULL, updated_at = now()
WHERE shop = %s AND product_id = ANY(%b)

-- name: put_off
UPDATE hub.orphans SET attempts = %s, error = %s, updated_at = now(),
  not_before = now() + %s * interval '1 second' WHERE id = %s

-- name: keep
UPDATE hub.orphans SET state = 'kept', updated_at = now() WHERE id = %s AND {due_here}

-- name: keep_of
UPDATE hub.orphans SET state = 'kept', updated_at = now() WHERE state = 'due' AND shop = %s AND sku = ANY(%b::text[])

-- name: due_now
UPDATE hub.orphans SET not_before = now(), updated_at = now() WHERE id = %s AND {due_here}

-- name: listed
SELECT {orphan} FROM hub.orphans WHERE state = %s AND shop = {current_store.shop} ORDER BY id LIMIT %s

-- name: due_of
SELECT {orphan} FROM hub.orphans WHERE sku = ANY(%s) AND {due_here} ORDER BY id DESC

-- name: count_due
SELECT count(*) FROM hub.orphans WHERE {due_here}

-- name: count_stubborn
SELECT count(*) FROM hub.orphans WHERE {due_here} AND attempts >= %s

-- name: anything_due
SELECT count(*) FROM (SELECT 1 FROM hub.orphans WHERE {due_here} AND not_before <= now() LIMIT 50) due
