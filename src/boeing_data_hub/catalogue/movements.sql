-- Run by movements.py; see db/statements.py for the form.

-- name: record
-- Compares staged values with the last rows. The same answer, read by other rules, replaces its rows.
WITH s AS MATERIALIZED (SELECT sku, fetched_at, list_price, net_price, currency, inventory_quantity
   FROM hub.product_staging WHERE sku = ANY(%b)),
prices AS (
   INSERT INTO hub.price_history (sku, fetched_at, list_price, net_price, currency)
   SELECT sku, fetched_at, list_price, net_price, currency FROM s WHERE coalesce((
      SELECT (k.list_price, k.net_price, k.currency) IS DISTINCT FROM (s.list_price, s.net_price, s.currency)
      FROM hub.price_history k WHERE k.sku = s.sku ORDER BY k.fetched_at DESC LIMIT 1), true)
   ON CONFLICT (sku, fetched_at) DO UPDATE SET list_price = excluded.list_price, net_price = excluded.net_price,
      currency = excluded.currency)
INSERT INTO hub.stock_history (sku, fetched_at, quantity, locations)
SELECT s.sku, s.fetched_at, s.inventory_quantity, l.locations FROM s
CROSS JOIN LATERAL (SELECT coalesce(jsonb_object_agg(p.location, p.quantity), '{}') AS locations
   FROM hub.stock_locations p WHERE p.sku = s.sku) l
WHERE coalesce((SELECT (k.quantity, k.locations) IS DISTINCT FROM (s.inventory_quantity, l.locations)
   FROM hub.stock_history k WHERE k.sku = s.sku ORDER BY k.fetched_at DESC LIMIT 1), true)
ON CONFLICT (sku, fetched_at) DO UPDATE SET quantity = excluded.quantity, locations = excluded.locations

-- name: prices
SELECT fetched_at, list_price, net_price, currency FROM hub.price_history WHERE sku = %s
ORDER BY fetched_at DESC LIMIT %s

-- name: stocks
SELECT fetched_at, quantity, locations FROM hub.stock_history WHERE sku = %s ORDER BY fetched_at DESC LIMIT %s
