-- Run by rows.py; see db/statements.py for the form.

-- fragment: in_flight
-- Parts of running calls: only a few.
SELECT unnest(part_numbers) FROM hub.leases WHERE stage = 'extraction'

-- fragment: sold
-- A product `l` that is in the store, or that the hub archived because Boeing does not sell it; an undo archives for good.
(l.state = 'live' OR (l.state = 'archived' AND l.form ->> 'status' = 'ARCHIVED' AND NOT EXISTS (SELECT 1 FROM hub.batches b
  WHERE b.id = l.batch_id AND b.options ->> 'undo_of' IS NOT NULL)))

-- fragment: candidate
sku, part_class, extract(epoch FROM now() - asked_at)::float8 / 86400 AS age

-- fragment: state
price_changes, price_days, stock_changes, stock_days, parts, next_call_at, reviewed_at, reached

-- fragment: learned
sku, weight, quoted, sold, learned_at, price_changes, stock_changes, watched_days

-- name: state
SELECT {state}, now() AS now FROM hub.sync_state

-- name: hold_state
-- The same, locked until the commit.
SELECT {state}, now() AS now FROM hub.sync_state FOR UPDATE

-- name: save_next_call
UPDATE hub.sync_state SET next_call_at = %s

-- name: one_review_at_a_time
SELECT pg_try_advisory_xact_lock(%s)

-- name: save_reached
-- How far the round through the catalogue is; None: it is over. `begins`: it has begun with this step.
UPDATE hub.sync_state SET reached = %(reached)s,
   reviewed_at = CASE WHEN %(begins)s THEN now() ELSE reviewed_at END

-- name: save_catalogue
UPDATE hub.sync_state SET price_changes = %s, price_days = %s, stock_changes = %s, stock_days = %s,
   parts = (SELECT count(*) FROM hub.sync_parts)

-- name: any_part
SELECT EXISTS (SELECT 1 FROM hub.sync_parts WHERE failures = 0)
    OR EXISTS (SELECT 1 FROM hub.sync_parts WHERE failures > 0 AND not_before <= now())

-- name: failing
-- Parts whose last call failed and whose wait is over, the first of them with all others that have failed as often.
SELECT sku, failures FROM hub.sync_parts WHERE failures > 0 AND not_before <= now()
AND sku NOT IN ({in_flight}) ORDER BY failures, not_before LIMIT %s

-- name: older_than
-- The oldest answers, where they are older than so many seconds.
SELECT {candidate} FROM hub.sync_parts WHERE failures = 0 AND asked_at <= now() - %s * interval '1 second'
AND sku NOT IN ({in_flight}) ORDER BY asked_at LIMIT %s

-- name: heads
-- The oldest part of each class: one step in the index for each class, whatever the number of parts.
WITH RECURSIVE in_flight AS MATERIALIZED ({in_flight}),
heads AS (
  (SELECT sku, part_class, asked_at FROM hub.sync_parts WHERE failures = 0
     AND sku NOT IN (SELECT * FROM in_flight) ORDER BY part_class, asked_at LIMIT 1)
  UNION ALL
  SELECT following.* FROM heads CROSS JOIN LATERAL (
    SELECT sku, part_class, asked_at FROM hub.sync_parts WHERE failures = 0 AND part_class > heads.part_class
     AND sku NOT IN (SELECT * FROM in_flight) ORDER BY part_class, asked_at LIMIT 1) following)
SELECT {candidate} FROM heads

-- name: oldest_of
-- The oldest parts of each of these classes.
SELECT {candidate} FROM unnest(%b::int[]) AS wanted(class) CROSS JOIN LATERAL (
  SELECT p.sku, p.part_class, p.asked_at FROM hub.sync_parts p WHERE p.failures = 0 AND p.part_class = wanted.class
   AND p.sku NOT IN ({in_flight}) ORDER BY p.asked_at LIMIT %s) oldest

-- name: lock
-- These parts, held in one order until the commit, so that no two wait for each other.
SELECT {learned} FROM hub.sync_parts WHERE sku = ANY(%b) ORDER BY sku FOR UPDATE

-- name: answered
-- A part that Boeing has stopped or started to know waits to be published where it is in the store.
UPDATE hub.sync_parts p SET asked_at = greatest(p.asked_at, a.at), failures = 0, not_before = NULL, absent = a.absent,
   changed_at = CASE WHEN p.absent <> a.absent AND EXISTS (SELECT 1 FROM hub.products l
       WHERE l.shop = %(shop)s AND l.sku = p.sku AND {sold}) THEN now() ELSE p.changed_at END
FROM unnest(%(skus)b::text[], %(at)b::timestamptz[], %(absent)b::boolean[]) AS a(sku, at, absent) WHERE p.sku = a.sku

-- name: overdue
-- Parts that have been gone long enough to be archived, and are not. Some stay as they are, by a setting or because guards
-- hold them, so each is tried about once a day.
UPDATE hub.sync_parts p SET changed_at = now() FROM hub.products l, hub.product_staging g
WHERE l.shop = %(shop)s AND l.sku = p.sku AND g.sku = p.sku AND p.changed_at IS NULL
AND l.state = 'live' AND l.form ->> 'status' <> 'ARCHIVED'
AND (l.looked_at IS NULL OR l.looked_at < now() - interval '20 hours') AND (
  (p.absent AND g.fetched_at < now() - %(days)s * interval '1 day')
  OR (coalesce(g.inventory_quantity, 0) = 0 AND (SELECT max(k.fetched_at) FROM hub.stock_history k
      WHERE k.sku = p.sku) < now() - %(days)s * interval '1 day'))

-- name: failed
-- Count a failed call; the waits are those of the retry policy.
UPDATE hub.sync_parts SET failures = failures + 1,
   not_before = now() + (%(waits)s::float8[])[least(failures + 1, cardinality(%(waits)s::float8[]))]
     * interval '1 second'
WHERE sku = ANY(%(skus)s)

-- name: learn
-- What an answer has taught. A part that is live in the store waits to be published when it has changed.
UPDATE hub.sync_parts p SET learned_at = a.learned_at, price_changes = a.price_changes,
   stock_changes = a.stock_changes, watched_days = a.watched_days, weight = a.weight, part_class = a.part_class,
   changed_at = CASE WHEN a.changed AND EXISTS (SELECT 1 FROM hub.products l
       WHERE l.shop = %(shop)s AND l.sku = p.sku AND {sold}) THEN now() ELSE p.changed_at END
FROM json_to_recordset(%(rows)s::json) AS a(sku text, learned_at timestamptz, price_changes float8,
   stock_changes float8, watched_days float8, weight float8, part_class int, changed boolean)
WHERE p.sku = a.sku

-- name: changed
-- Parts that wait to be published, those that changed first in front; none while sync's last publishing is open.
SELECT sku, changed_at FROM hub.sync_parts WHERE changed_at IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM hub.batches WHERE owner = %(owner)s AND batch_type = 'publish' AND completed_at IS NULL)
ORDER BY changed_at, sku LIMIT %(limit)s

-- name: take_changed
-- They are handed over; those that have changed again since keep waiting.
UPDATE hub.sync_parts p SET changed_at = NULL FROM unnest(%b::text[], %b::timestamptz[]) AS a(sku, at)
WHERE p.sku = a.sku AND p.changed_at = a.at

-- name: portion
-- The next parts that should be kept right, in SKU order, with what sync knows of them.
SELECT s.sku, s.fetched_at, coalesce(s.net_price, s.list_price) AS price,
   coalesce(s.inventory_quantity, 0) > 0 AS in_stock, p.sku IS NOT NULL AS is_known, p.part_class,
   coalesce(p.price_changes, 0)::float8 AS price_changes, coalesce(p.stock_changes, 0)::float8 AS stock_changes,
   coalesce(p.watched_days, 0)::float8 AS watched_days,
   (SELECT count(*) FROM hub.quote_lines l JOIN hub.quotes q ON q.id = l.quote_id
     WHERE l.part_number = s.sku AND q.created_at > now() - %(days)s * interval '1 day')::float8 / %(days)s AS quoted,
   (SELECT coalesce(sum(d.pieces), 0) FROM hub.sold_pieces d WHERE d.sku = s.sku AND d.shop = %(shop)s
     AND d.day > (now() AT TIME ZONE 'UTC')::date - %(days)s::int)::float8 / %(days)s AS sold
FROM hub.product_staging s LEFT JOIN hub.sync_parts p ON p.sku = s.sku
WHERE s.sku > %(after)s AND (%(staged)s OR EXISTS (SELECT 1 FROM hub.products l
   WHERE l.shop = %(shop)s AND l.sku = s.sku AND {sold}))
ORDER BY s.sku LIMIT %(limit)s

-- name: add
INSERT INTO hub.sync_parts (sku, part_class, weight, quoted, sold, asked_at, learned_at)
SELECT sku, part_class, weight, quoted, sold, at, at FROM json_to_recordset(%s::json)
   AS a(sku text, part_class int, weight float8, quoted float8, sold float8, at timestamptz) ON CONFLICT DO NOTHING

-- name: weigh
UPDATE hub.sync_parts p SET part_class = a.part_class, weight = a.weight, quoted = a.quoted, sold = a.sold
FROM json_to_recordset(%s::json) AS a(sku text, part_class int, weight float8, quoted float8, sold float8) WHERE p.sku = a.sku

-- name: drop_others
-- Parts of this stretch that are no longer to be kept right. `last` is None behind the last portion.
DELETE FROM hub.sync_parts WHERE sku > %(after)s AND (%(last)s::text IS NULL OR sku <= %(last)s)
AND sku <> ALL(%(kept)s::text[])

-- name: sums
SELECT coalesce(sum(watched_days), 0)::float8 AS d, coalesce(sum(watched_days ^ 2), 0)::float8 AS dd,
   coalesce(sum(price_changes), 0)::float8 AS price_c, coalesce(sum(price_changes ^ 2), 0)::float8 AS price_cc,
   coalesce(sum(price_changes * watched_days), 0)::float8 AS price_cd,
   coalesce(sum(stock_changes), 0)::float8 AS stock_c, coalesce(sum(stock_changes ^ 2), 0)::float8 AS stock_cc,
   coalesce(sum(stock_changes * watched_days), 0)::float8 AS stock_cd
FROM hub.sync_parts WHERE watched_days > 0
