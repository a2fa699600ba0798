-- Run by below_cost.py; see db/statements.py for the form.

-- fragment: cost
-- As `priceable.cost_of`. A part whose prices are in doubt has no cost.
CASE WHEN s.status_reason = ANY(%(doubts)s::text[]) THEN NULL
  ELSE coalesce(nullif(s.net_price, 0), nullif(s.list_price, 0)) END

-- fragment: still
-- What the last check found and neither a publish nor a new answer has corrected since.
FROM hub.below_cost b
JOIN hub.products p ON p.shop = b.shop AND p.sku = b.sku AND p.state = 'live'
JOIN hub.product_staging s ON s.sku = b.sku
WHERE b.shop = %(shop)s AND p.price < {cost}

-- name: forget
DELETE FROM hub.below_cost

-- name: check
INSERT INTO hub.below_cost (shop, sku)
SELECT p.shop, p.sku FROM hub.products p JOIN hub.product_staging s ON s.sku = p.sku
WHERE p.shop = %(shop)s AND p.state = 'live' AND p.price < {cost}

-- name: count
SELECT count(*) FROM (SELECT 1 {still} LIMIT %(most)s) counted

-- name: page
SELECT b.sku {still}
   AND (%(key)s::text IS NULL OR s.search_key LIKE %(key)s) AND (%(status)s::text IS NULL OR s.status = %(status)s)
   AND (%(after)s::text IS NULL OR ROW(s.search_key, s.sku) OPERATOR(pg_catalog.~>~) ROW(%(from)s::text, %(after)s))
ORDER BY s.search_key USING ~<~, s.sku USING ~<~ LIMIT %(limit)s

-- name: of_parts
SELECT b.sku, p.price, {cost} AS cost {still} AND b.sku = ANY(%(skus)s::text[])
