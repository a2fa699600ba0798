-- Run by store_snapshot_rows.py; see db/statements.py for the form.

-- fragment: snapshot
id, shop, state, outcome, operation_id, url, object_count, products, variants, reached, compared,
differing, cancelling, note, attempts, actor,
taken_at, created_at, ended_at, extract(epoch FROM now() - state_since)::float8 AS age

-- fragment: free
state <> 'ended' AND 'snapshot:' || id NOT IN (SELECT unnest(part_numbers) FROM hub.leases WHERE stage = 'publishing')

-- name: add
INSERT INTO hub.store_snapshots (id, shop, actor) VALUES (%s, %s, %s) ON CONFLICT (shop) WHERE state <> 'ended' DO NOTHING

-- name: get
SELECT {snapshot} FROM hub.store_snapshots WHERE id = %s

-- name: newest
SELECT {snapshot} FROM hub.store_snapshots WHERE shop = {current_store.shop} ORDER BY created_at DESC LIMIT 1

-- name: newest_ended
SELECT {snapshot} FROM hub.store_snapshots WHERE shop = {current_store.shop} AND outcome IN ('complete', 'failed')
ORDER BY created_at DESC LIMIT 1

-- name: complete_age
SELECT extract(epoch FROM now() - taken_at)::float8 FROM hub.store_snapshots
WHERE shop = {current_store.shop} AND outcome = 'complete' ORDER BY created_at DESC LIMIT 1

-- name: complete
SELECT {snapshot} FROM hub.store_snapshots WHERE shop = {current_store.shop} AND outcome = 'complete'
ORDER BY created_at DESC LIMIT 1

-- name: next_due
SELECT {snapshot} FROM hub.store_snapshots WHERE shop = %s AND not_before <= now() AND {free} ORDER BY not_before LIMIT 1

-- name: anything_due
SELECT EXISTS (SELECT 1 FROM hub.store_snapshots WHERE not_before <= now() AND shop = {current_store.shop} AND {free})

-- name: seconds_to_next
SELECT extract(epoch FROM min(not_before) - now())::float8 FROM hub.store_snapshots
WHERE shop = {current_store.shop} AND {free}

-- name: cancel
UPDATE hub.store_snapshots SET cancelling = true, not_before = now() WHERE id = %s AND state <> 'ended'

-- name: move
UPDATE hub.store_snapshots s SET state = %(state)s, not_before = now() + %(wait)s * interval '1 second',
  state_since = CASE WHEN s.state = %(state)s THEN s.state_since ELSE now() END,
  taken_at = CASE WHEN %(state)s = 'starting' AND s.state <> 'starting' THEN now() ELSE s.taken_at END,
  ended_at = CASE WHEN %(state)s = 'ended' THEN now() END,
  outcome = CASE WHEN n ? 'outcome' THEN n->>'outcome' ELSE s.outcome END,
  operation_id = CASE WHEN n ? 'operation_id' THEN n->>'operation_id' ELSE s.operation_id END,
  url = CASE WHEN n ? 'url' THEN n->>'url' ELSE s.url END,
  note = CASE WHEN n ? 'note' THEN n->>'note' ELSE s.note END,
  object_count = coalesce((n->>'object_count')::bigint, s.object_count),
  attempts = coalesce((n->>'attempts')::int, s.attempts)
FROM (SELECT %(changes)s::jsonb AS n) given WHERE s.id = %(id)s

-- name: put_off
UPDATE hub.store_snapshots SET attempts = %s, note = %s, not_before = now() + %s * interval '1 second' WHERE id = %s

-- name: advance
UPDATE hub.store_snapshots SET reached = %s, compared = compared + %s, differing = differing + %s, attempts = 0,
  not_before = now() WHERE id = %s

-- name: count
UPDATE hub.store_snapshots SET
  products = (SELECT count(*) FROM hub.store_snapshot_products WHERE snapshot_id = %(id)s),
  variants = (SELECT count(*) FROM hub.store_snapshot_variants WHERE snapshot_id = %(id)s)
WHERE id = %(id)s RETURNING {snapshot}

-- name: torn
-- Every product has a variant, every variant and level a parent: what lacks one was not read to the end.
SELECT EXISTS (SELECT 1 FROM hub.store_snapshot_products p WHERE p.snapshot_id = %(id)s AND NOT EXISTS (
    SELECT 1 FROM hub.store_snapshot_variants v WHERE v.snapshot_id = p.snapshot_id AND v.product_id = p.product_id))
  OR EXISTS (SELECT 1 FROM hub.store_snapshot_variants v WHERE v.snapshot_id = %(id)s AND NOT EXISTS (
    SELECT 1 FROM hub.store_snapshot_products p WHERE p.snapshot_id = v.snapshot_id AND p.product_id = v.product_id))

-- name: add_products
INSERT INTO hub.store_snapshot_products (snapshot_id, product_id, handle, title, status, vendor, tags, custom_id,
  metafields, updated_at)
SELECT %s, product_id, handle, title, status, vendor, tags, custom_id, metafields, updated_at
FROM json_to_recordset(%s::json) AS r(product_id text, handle text, title text, status text, vendor text, tags text[],
  custom_id text, metafields jsonb, updated_at timestamptz)
ON CONFLICT DO NOTHING

-- name: add_variants
INSERT INTO hub.store_snapshot_variants (snapshot_id, variant_id, product_id, sku, barcode, price, inventory_item_id,
  tracked)
SELECT %s, variant_id, product_id, sku, barcode, price, inventory_item_id, tracked
FROM json_to_recordset(%s::json) AS r(variant_id text, product_id text, sku text, barcode text, price numeric,
  inventory_item_id text, tracked boolean)
ON CONFLICT DO NOTHING

-- name: add_levels
INSERT INTO hub.store_snapshot_levels (snapshot_id, inventory_item_id, location_id, available)
SELECT %s, inventory_item_id, location_id, available
FROM json_to_recordset(%s::json) AS r(inventory_item_id text, location_id text, available integer)
ON CONFLICT DO NOTHING

-- fragment: whole
-- A product with its variants and their levels.
p.product_id, p.handle, p.title, p.status, p.vendor, p.tags, p.custom_id, p.metafields, p.updated_at,
coalesce((SELECT jsonb_agg(jsonb_build_object('variant_id', v.variant_id, 'sku', v.sku, 'barcode', v.barcode,
  'price', v.price::text, 'inventory_item_id', v.inventory_item_id, 'tracked', v.tracked,
  'levels', coalesce((SELECT jsonb_object_agg(l.location_id, l.available) FROM hub.store_snapshot_levels l
    WHERE l.snapshot_id = v.snapshot_id AND l.inventory_item_id = v.inventory_item_id), '{}')) ORDER BY v.variant_id)
  FROM hub.store_snapshot_variants v WHERE v.snapshot_id = p.snapshot_id AND v.product_id = p.product_id), '[]') AS variants

-- name: page
SELECT {whole} FROM hub.store_snapshot_products p WHERE p.snapshot_id = %s AND p.product_id > %s
ORDER BY p.product_id LIMIT %s

-- name: by_id
SELECT {whole} FROM hub.store_snapshot_products p WHERE p.snapshot_id = %s AND p.product_id = ANY(%b::text[])

-- name: forget_levels
DELETE FROM hub.store_snapshot_levels WHERE (snapshot_id, inventory_item_id, location_id) IN (
  SELECT snapshot_id, inventory_item_id, location_id FROM hub.store_snapshot_levels WHERE snapshot_id = %s LIMIT %s)

-- name: forget_variants
DELETE FROM hub.store_snapshot_variants WHERE (snapshot_id, variant_id) IN (
  SELECT snapshot_id, variant_id FROM hub.store_snapshot_variants WHERE snapshot_id = %s LIMIT %s)

-- name: forget_products
DELETE FROM hub.store_snapshot_products WHERE (snapshot_id, product_id) IN (
  SELECT snapshot_id, product_id FROM hub.store_snapshot_products WHERE snapshot_id = %s LIMIT %s)
