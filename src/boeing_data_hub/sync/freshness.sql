-- Run by freshness.py; see db/statements.py for the form.

-- name: now
SELECT now()

-- name: measure
-- Where sync has learned no rates of the catalogue, the usual ones count.
INSERT INTO hub.freshness (at, parts, likely_right, oldest)
SELECT now(), count(*), avg(power(price_days / (price_days + age), price_changes)
   * power(stock_days / (stock_days + age), stock_changes)), min(fetched_at)
FROM (SELECT s.fetched_at, greatest(0, extract(epoch FROM now() - s.fetched_at)::float8 / 86400) AS age,
      coalesce(k.price_changes, %(price_changes)s::float8) + coalesce(p.price_changes, 0) AS price_changes,
      coalesce(k.price_days, %(price_days)s::float8) + coalesce(p.watched_days, 0) AS price_days,
      coalesce(k.stock_changes, %(stock_changes)s::float8) + coalesce(p.stock_changes, 0) AS stock_changes,
      coalesce(k.stock_days, %(stock_days)s::float8) + coalesce(p.watched_days, 0) AS stock_days
   FROM hub.product_staging s LEFT JOIN hub.sync_parts p ON p.sku = s.sku LEFT JOIN hub.sync_state k ON true) parts
HAVING count(*) > 0 ON CONFLICT DO NOTHING

-- name: since
SELECT at, parts, likely_right, oldest FROM hub.freshness WHERE at > now() - %s * interval '1 day' ORDER BY at
