-- Run by catalogue_status.py; see db/statements.py for the form.

-- fragment: chosen_staged
(%(key)s::text IS NULL OR s.search_key LIKE %(key)s) AND (%(after)s::text IS NULL OR
  ROW(s.search_key, s.sku) OPERATOR(pg_catalog.~>~) ROW(%(from)s::text, %(after)s))
  AND (%(status)s::text IS NULL OR s.status = %(status)s)

-- fragment: chosen_live
p.shop = %(shop)s AND p.state = 'live' AND (%(key)s::text IS NULL OR p.search_key LIKE %(key)s)
  AND (%(after)s::text IS NULL OR
    ROW(p.search_key, p.sku) OPERATOR(pg_catalog.~>~) ROW(%(from)s::text, %(after)s))

-- fragment: not_live
NOT EXISTS (SELECT 1 FROM hub.products p WHERE p.shop = %(shop)s AND p.sku = s.sku AND p.state = 'live')

-- fragment: staged_order
ORDER BY s.search_key USING ~<~, s.sku USING ~<~

-- fragment: live_order
ORDER BY p.search_key USING ~<~, p.sku USING ~<~

-- name: absent
-- One branch for each status, because each is read from the index of its status.
SELECT sku FROM (
  (SELECT s.sku, s.search_key FROM hub.product_staging s
    WHERE s.status = 'fetched' AND {chosen_staged} AND {not_live} {staged_order} LIMIT %(limit)s)
  UNION ALL
  (SELECT s.sku, s.search_key FROM hub.product_staging s
    WHERE s.status = 'blocked' AND {chosen_staged} AND {not_live} {staged_order} LIMIT %(limit)s)
  UNION ALL
  (SELECT s.sku, s.search_key FROM hub.product_staging s
    WHERE s.status = 'needs_review' AND {chosen_staged} AND {not_live} {staged_order} LIMIT %(limit)s)) found
ORDER BY search_key USING ~<~, sku USING ~<~ LIMIT %(limit)s

-- name: live
SELECT s.sku FROM hub.products p JOIN hub.product_staging s ON s.sku = p.sku
WHERE {chosen_live} AND (%(status)s::text IS NULL OR s.status = %(status)s) {live_order} LIMIT %(limit)s

-- name: changed
SELECT p.sku AS place, s.sku, s.list_price, s.net_price, s.status_reason, s.supplier_name, s.inventory_quantity,
  s.base_uom, s.weight, s.weight_unit, s.hazmat_code, p.price AS store_price, h.price_override,
  CASE WHEN %(with_locations)s::boolean THEN (SELECT array_agg(l.location) FROM hub.stock_locations l
    WHERE l.sku = s.sku AND l.quantity > 0) END AS locations,
  s.sku IS NOT NULL AS is_staged,
  s.sku IS NOT NULL AND (s.updated_at > p.published_at OR h.updated_at > p.published_at) AS is_renewed
FROM (SELECT p.sku, p.search_key, p.price, p.published_at FROM hub.products p
  WHERE {chosen_live} {live_order} LIMIT %(limit)s) p
LEFT JOIN hub.product_staging s ON s.sku = p.sku AND (%(status)s::text IS NULL OR s.status = %(status)s)
LEFT JOIN hub.hand_data h ON h.sku = p.sku
{live_order}
