-- Run by products.py; see db/statements.py for the form.

-- fragment: known
-- The columns of a StoreProduct.
sku, custom_id, state, product_id, variant_id, inventory_item_id, form, listing_hash, stock_hash, stock, kept, left_out,
  on_channel, image_sha256, image_url, image_code, extract(epoch FROM now() - image_at)::float8 AS image_age,
  image_media_id, media_state, media_error, intent, batch_id, kept_sku, differences,
  CASE WHEN looked_at >= published_at THEN extract(epoch FROM now() - looked_at)::float8 END AS looked_age, store_updated_at,
  counted

-- fragment: published
-- The columns of a PublishedProduct.
shop, sku, handle, title, price, state, product_id, variant_id, inventory_item_id, form, stock, left_out, on_channel,
image_url, image_code, media_state, media_error, differences, looked_at, batch_id, published_at, created_at, updated_at

-- fragment: listed
-- Products of the current store that are or were in it.
product_id IS NOT NULL AND shop = {current_store.shop}
  AND (%(state)s::text IS NULL OR state = %(state)s) AND (%(key)s::text IS NULL OR search_key LIKE %(key)s)

-- name: known
SELECT {known} FROM hub.products WHERE shop = %s AND sku = ANY(%b::text[])

-- name: confirm
INSERT INTO hub.products AS p (shop, sku, custom_id, search_key, handle, title, price, state, product_id, variant_id,
  inventory_item_id, form, listing_hash, stock_hash, stock, kept, left_out, on_channel, image_sha256, image_url,
  image_code, image_at, media_state, media_at, intent, batch_id, store_updated_at, published_at)
SELECT %s, r.sku, r.custom_id, r.search_key, r.handle, r.title, r.price, r.state, r.product_id, r.variant_id,
  r.inventory_item_id, r.form, r.listing_hash, r.stock_hash, r.stock, r.kept, r.left_out, r.on_channel,
  r.image->>'sha256', r.image->>'url', r.image->>'code', CASE WHEN r.image IS NOT NULL THEN now() END,
  CASE WHEN r.image IS NOT NULL THEN 'due' END, CASE WHEN r.image IS NOT NULL THEN now() END, r.intent, r.batch_id,
  r.store_updated_at, now()
FROM json_to_recordset(%s::json) AS r(sku text, custom_id text, search_key text, handle text, title text, price numeric,
  state text, product_id text, variant_id text, inventory_item_id text, form jsonb, listing_hash text, stock_hash text,
  stock jsonb, kept jsonb, left_out jsonb, on_channel boolean, image jsonb, intent jsonb, batch_id uuid,
  store_updated_at timestamptz)
ON CONFLICT (shop, sku) DO UPDATE SET state = excluded.state, handle = excluded.handle, title = excluded.title,
  price = excluded.price, product_id = excluded.product_id,
  variant_id = coalesce(excluded.variant_id, p.variant_id),
  inventory_item_id = coalesce(excluded.inventory_item_id, p.inventory_item_id), form = excluded.form,
  listing_hash = excluded.listing_hash, stock_hash = excluded.stock_hash, stock = excluded.stock,
  kept = excluded.kept, left_out = excluded.left_out, on_channel = excluded.on_channel,
  image_sha256 = CASE WHEN excluded.image_at IS NULL THEN p.image_sha256 ELSE excluded.image_sha256 END,
  image_url = CASE WHEN excluded.image_at IS NULL THEN p.image_url ELSE excluded.image_url END,
  image_code = CASE WHEN excluded.image_at IS NULL THEN p.image_code ELSE excluded.image_code END,
  image_at = coalesce(excluded.image_at, p.image_at),
  image_media_id = CASE WHEN excluded.image_at IS NULL THEN p.image_media_id END,
  media_state = CASE WHEN excluded.image_at IS NULL THEN p.media_state ELSE 'due' END,
  media_at = CASE WHEN excluded.image_at IS NULL THEN p.media_at ELSE now() END,
  media_looks = CASE WHEN excluded.image_at IS NULL THEN p.media_looks ELSE 0 END,
  media_sent = CASE WHEN excluded.image_at IS NULL THEN p.media_sent ELSE 0 END,
  media_error = CASE WHEN excluded.image_at IS NULL THEN p.media_error END,
  -- A difference that was corrected is gone; one that was left is still there.
  differences = (SELECT jsonb_agg(d) FROM jsonb_array_elements(p.differences) d
    WHERE d->>'policy' = 'left' AND excluded.product_id = p.product_id),
  -- A product keeps its SKU for as long as the hub does not send its own.
  kept_sku = CASE WHEN excluded.form->>'sku' = p.kept_sku THEN p.kept_sku END,
  intent = excluded.intent,
  intent_at = CASE WHEN excluded.intent IS NULL THEN NULL ELSE p.intent_at END,
  batch_id = excluded.batch_id,
  counted = CASE WHEN excluded.product_id = p.product_id THEN p.counted ELSE '{}' END,
  store_updated_at = coalesce(excluded.store_updated_at, p.store_updated_at), published_at = now(), updated_at = now()

-- name: lock
SELECT sku FROM hub.products WHERE shop = %s AND sku = ANY(%b::text[]) ORDER BY sku FOR UPDATE

-- name: lose
UPDATE hub.products SET state = 'missing', product_id = NULL, variant_id = NULL, inventory_item_id = NULL, form = NULL,
  listing_hash = NULL, stock_hash = NULL, stock = '{}', on_channel = false, intent = NULL, intent_at = NULL,
  differences = NULL, counted = '{}', image_media_id = NULL, media_state = NULL, media_error = NULL, updated_at = now()
WHERE shop = %s AND sku = ANY(%b::text[])

-- name: mark_missing
UPDATE hub.products SET state = 'missing', updated_at = now()
WHERE shop = %s AND sku = ANY(%b::text[]) AND state IN ('live', 'archived')

-- name: note_look
UPDATE hub.products p SET looked_at = now(), differences = r.differences
FROM json_to_recordset(%s::json) AS r(sku text, differences jsonb)
WHERE p.shop = %s AND p.sku = r.sku AND p.product_id IS NOT NULL

-- name: note_compared
-- What a snapshot showed of products that the hub has not changed, and nobody looked at, since it was taken.
UPDATE hub.products p SET looked_at = %(taken)s, differences = r.differences
FROM json_to_recordset(%(found)s::json) AS r(sku text, differences jsonb)
WHERE p.shop = %(shop)s AND p.sku = r.sku AND p.product_id IS NOT NULL AND {since}
RETURNING p.sku

-- fragment: since
-- The hub has not changed it, and nobody looked at it, since a snapshot was taken.
p.intent IS NULL AND p.published_at < %(taken)s AND (p.looked_at IS NULL OR p.looked_at < %(taken)s)

-- name: to_compare
SELECT p.sku FROM hub.products p WHERE p.shop = %(shop)s AND p.product_id IS NOT NULL AND p.form IS NOT NULL
AND p.state IN ('live', 'archived') AND p.sku > %(after)s AND {since} ORDER BY p.sku LIMIT %(limit)s

-- name: pictures_ready
UPDATE hub.products SET media_state = NULL, media_error = NULL, image_code = nullif(image_code, 'image_failed')
WHERE shop = %s AND sku = ANY(%b::text[])

-- name: adopt
INSERT INTO hub.products (shop, sku, custom_id, search_key, handle, title, state, product_id)
VALUES (%s, %s, %s, %s, %s, %s, 'missing', NULL)
ON CONFLICT (shop, sku) DO UPDATE SET state = 'missing', product_id = NULL, form = NULL, updated_at = now()

-- name: beginning
-- Products that are or were in the current store and whose search key matches, in its order.
SELECT sku, title, updated_at FROM hub.products WHERE search_key LIKE %s AND product_id IS NOT NULL
   AND shop = {current_store.shop} ORDER BY search_key USING ~<~ LIMIT %s

-- name: page
SELECT {published} FROM hub.products WHERE sku > %(after)s AND {listed} ORDER BY sku LIMIT %(limit)s

-- name: count
SELECT count(*) FROM hub.products WHERE {listed}

-- name: find
SELECT {published} FROM hub.products WHERE (sku = %(key)s OR product_id = ANY(%(ids)s))
AND product_id IS NOT NULL AND shop = {current_store.shop} ORDER BY updated_at DESC LIMIT 1

-- name: ids_in_store
SELECT sku, product_id FROM hub.products
WHERE shop = {current_store.shop} AND sku = ANY(%b::text[]) AND product_id IS NOT NULL

-- name: count_live
SELECT count(*) FROM
(SELECT 1 FROM hub.products WHERE shop = {current_store.shop} AND state = 'live' LIMIT %s) counted

-- name: last_published_at
SELECT updated_at FROM hub.batches WHERE batch_type = 'publish' AND published_count > 0
ORDER BY created_at DESC LIMIT 1
