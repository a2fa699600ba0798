-- Run by staging.py; see db/statements.py for the form.

-- fragment: columns
-- All columns but the key, the status, and the two times that Postgres sets. Those of `StagedPart` stand in its order;
-- `price` and `cost_per_item` are read only by the previous release, while both are running.
title, body_html, vendor, list_price, net_price, currency, inventory_quantity, inventory_status, location_summary,
weight, weight_unit, country_of_origin, dim_length, dim_width, dim_height, dim_uom, base_uom, hazmat_code,
faa_approval_code, eccn, schedule_b_code, supplier_name, boeing_name, boeing_description, boeing_image_url,
boeing_thumbnail_url, condition, cert, pma, estimated_lead_time_days, status_reason, status_detail, raw_id, fetched_at,
search_key, price, cost_per_item

-- fragment: part
-- A staged part with its stock and its override. Prices in the override stay exact: JSON text is parsed by the reader.
SELECT s.*, coalesce((SELECT jsonb_agg(jsonb_build_object('location', l.location, 'quantity', l.quantity)
     ORDER BY l.location) FROM hub.stock_locations l WHERE l.sku = s.sku), '[]') AS locations,
   (SELECT row_to_json(h)::text FROM hub.hand_data h WHERE h.sku = s.sku) AS override,
   (SELECT floor(extract(epoch FROM now() - s.fetched_at) / 86400)::int FROM hub.part_answers a
     WHERE a.part_number = s.sku AND a.fetched_at > s.fetched_at AND cardinality(a.skus) = 0) AS absent_days,
   (SELECT floor(extract(epoch FROM now() - max(p.fetched_at)) / 86400)::int FROM hub.price_history p
     WHERE p.sku = s.sku) AS price_days,
   (SELECT floor(extract(epoch FROM now() - max(k.fetched_at)) / 86400)::int FROM hub.stock_history k
     WHERE k.sku = s.sku) AS stock_days
FROM hub.product_staging s

-- fragment: filtered
-- The filter of lists. Every row that passes is in one index, in the order of the console's list.
FROM hub.product_staging WHERE (%(status)s::text IS NULL OR status = %(status)s)
   AND (%(key)s::text IS NULL OR search_key LIKE %(key)s)

-- name: upsert
-- A live product stays `published`; the comparison finds its changes, not the status.
INSERT INTO hub.product_staging AS s (sku, status, {columns})
SELECT sku, status, {columns} FROM json_populate_recordset(NULL::hub.product_staging, %s::json)
ON CONFLICT (sku) DO UPDATE SET ({columns}) = (SELECT {columns} FROM (SELECT excluded.*) AS new), updated_at = now(),
   status = CASE WHEN s.status = 'published' AND excluded.status = 'fetched' THEN s.status ELSE excluded.status END
WHERE s.fetched_at <= excluded.fetched_at RETURNING s.sku, s.created_at < now() AS was_known

-- name: remove_stock
-- A location that Boeing stopped reporting must not keep its old stock.
DELETE FROM hub.stock_locations WHERE sku = ANY(%b)
   AND (sku, location) NOT IN (SELECT * FROM unnest(%b::text[], %b::text[]))

-- name: upsert_stock
INSERT INTO hub.stock_locations AS l (sku, location, quantity)
SELECT * FROM unnest(%b::text[], %b::text[], %b::int[])
ON CONFLICT (sku, location) DO UPDATE SET quantity = excluded.quantity WHERE l.quantity <> excluded.quantity

-- name: get_many
{part} WHERE s.sku = ANY(%b) ORDER BY s.sku

-- name: page
{part} WHERE s.sku > %(after)s AND (%(status)s::text IS NULL OR s.status = %(status)s)
   AND (%(key)s::text IS NULL OR s.search_key LIKE %(key)s)
ORDER BY s.sku LIMIT %(limit)s OFFSET %(offset)s

-- name: browse
SELECT sku {filtered}
   AND (%(after)s::text IS NULL OR ROW(search_key, sku) OPERATOR(pg_catalog.~>~) ROW(%(from)s::text, %(after)s))
ORDER BY search_key USING ~<~, sku USING ~<~ LIMIT %(limit)s

-- name: beginning
-- Parts whose search key matches, in its order: their keys and names alone.
SELECT sku, coalesce(boeing_name, title) AS name, status, fetched_at FROM hub.product_staging
WHERE search_key LIKE %s ORDER BY search_key USING ~<~, sku USING ~<~ LIMIT %s

-- name: count
SELECT count(*) {filtered}

-- name: count_up_to
SELECT count(*) FROM (SELECT 1 {filtered} LIMIT %(most)s) counted

-- name: about_how_many
SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'hub.product_staging'::regclass

-- name: skus_of_batch
SELECT sku, min(position) AS first FROM hub.batch_items, unnest(skus) AS sku
WHERE batch_id = %s AND state = 'normalized' GROUP BY sku ORDER BY first, sku LIMIT %s OFFSET %s

-- name: count_of_batch
SELECT count(DISTINCT sku) FROM hub.batch_items, unnest(skus) AS sku WHERE batch_id = %s AND state = 'normalized'

-- name: freshness
SELECT (SELECT min(fetched_at) FROM hub.product_staging) AS oldest,
   (SELECT max(fetched_at) FROM hub.product_staging) AS newest,
   (SELECT count(*) FROM (SELECT 1 FROM hub.product_staging
      WHERE fetched_at < now() - interval '1 day' LIMIT %s) c) AS older_than_a_day

-- name: judged_by_rules
-- Parts whose status depends on our rules, locked in the order in which normalization writes them.
{part} WHERE s.sku > %s AND s.status <> 'needs_review' ORDER BY s.sku LIMIT %s FOR UPDATE OF s

-- name: screen
UPDATE hub.product_staging s SET updated_at = now(), status_reason = v.reason, status_detail = v.detail,
   status = CASE WHEN s.status = 'published' AND v.status = 'fetched' THEN s.status ELSE v.status END
FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[]) AS v(sku, status, reason, detail) WHERE s.sku = v.sku

-- name: mark_published
UPDATE hub.product_staging SET status = 'published', updated_at = now()
WHERE sku = ANY(%b::text[]) AND status = 'fetched'

-- name: mark_fetched
UPDATE hub.product_staging SET status = 'fetched', updated_at = now()
WHERE sku = ANY(%b::text[]) AND status = 'published'
