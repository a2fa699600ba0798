-- Run by digest_rows.py; see db/statements.py for the form.

-- fragment: ended
b.completed_at >= %(since)s AND b.completed_at < %(until)s

-- fragment: changes
-- What publishings of the period changed in the store, also those that have not ended yet. `OFFSET 0` has each batch's
-- rows read by their key, whatever the planner thinks of the whole table.
FROM hub.batches b CROSS JOIN LATERAL
  (SELECT * FROM hub.publish_changes p WHERE p.batch_id = b.id OFFSET 0) c
WHERE b.batch_type = 'publish' AND b.updated_at >= %(since)s AND b.created_at < %(until)s
AND c.at >= %(since)s AND c.at < %(until)s

-- name: batches_ended
-- For each type of batch: how many finished, and the outcomes of their items.
SELECT b.batch_type, count(*) AS batches, sum(b.total_items)::bigint AS items,
sum(b.normalized_count)::bigint AS normalized, sum(b.published_count)::bigint AS published,
sum(b.failed_count)::bigint AS failed,
sum(b.not_for_sale_count)::bigint AS not_for_sale, sum(b.cancelled_count)::bigint AS cancelled,
sum(b.reused_count)::bigint AS reused
FROM hub.batches b WHERE {ended} GROUP BY b.batch_type ORDER BY b.batch_type

-- name: worst_batches
-- Batches that ended, those with the most failures first.
SELECT b.* FROM hub.batches b WHERE {ended}
ORDER BY b.failed_count DESC, b.completed_at DESC LIMIT %(most)s

-- name: outcomes
-- Parts of finished batches by outcome; for searches `found:` and the staged status.
SELECT CASE b.batch_type WHEN 'search' THEN 'found:' || i.outcome ELSE i.outcome END AS outcome,
count(*) AS parts FROM hub.batches b CROSS JOIN LATERAL
  (SELECT state, outcome FROM hub.batch_items p WHERE p.batch_id = b.id OFFSET 0) i
WHERE {ended} AND i.state IN ('normalized', 'published') AND i.outcome IS NOT NULL GROUP BY 1

-- name: failures
-- Failed parts of finished batches by cause, the most frequent first.
SELECT coalesce(i.error_code, 'unknown') AS code, count(*) AS parts, min(i.error) AS error,
(array_agg(i.part_number ORDER BY i.batch_id, i.position))[1:3] AS sample
FROM hub.batches b CROSS JOIN LATERAL
  (SELECT * FROM hub.batch_items p WHERE p.batch_id = b.id AND p.state = 'failed' OFFSET 0) i
WHERE {ended} AND b.failed_count > 0 GROUP BY 1 ORDER BY parts DESC, code LIMIT %(most)s

-- name: changed
-- How many products of the store were `created` and `updated`.
SELECT c.action, count(DISTINCT c.sku) AS products {changes} GROUP BY c.action

-- name: price_moves
-- How many prices changed in the store, and the largest changes: `sku`, `old`, `new`, `percent`.
WITH moves AS (SELECT sku, old::numeric AS old, new::numeric AS new FROM (
SELECT DISTINCT ON (c.sku) c.sku, m->>'old' AS old, m->>'new' AS new
FROM (SELECT c.* {changes} AND c.changes @> '[{"field": "price"}]') c,
   jsonb_array_elements(c.changes) AS m WHERE m->>'field' = 'price' ORDER BY c.sku, c.at DESC) told
WHERE old ~ '^[0-9]+(\.[0-9]+)?$' AND new ~ '^[0-9]+(\.[0-9]+)?$')
SELECT sku, old::text, new::text, count(*) OVER () AS moves,
   CASE WHEN old > 0 THEN round((new - old) * 100 / old, 1)::text END AS percent
FROM moves WHERE old <> new ORDER BY abs((new - old) / nullif(old, 0)) DESC NULLS LAST, sku LIMIT %(most)s

-- name: sold_out
-- How many products were set to no stock at all, and the first of them.
SELECT c.sku, count(*) OVER () AS products
FROM (SELECT c.* {changes} AND c.changes @> '[{"new": 0}]') c
WHERE EXISTS (SELECT FROM jsonb_array_elements(c.changes) AS m WHERE m->>'field' LIKE 'stock.%%'
   AND m->'new' = '0')
AND NOT EXISTS (SELECT FROM jsonb_each(c.after->'stock') AS s(place, pieces) WHERE s.pieces > '0')
GROUP BY c.sku ORDER BY c.sku LIMIT %(most)s

-- name: answer_ids
-- The range of a period's answers, by binary search: ids grow with time.
SELECT min(id) AS low, max(id) AS high FROM hub.boeing_raw_data

-- name: answer_from
SELECT id, fetched_at FROM hub.boeing_raw_data WHERE id >= %s ORDER BY id LIMIT 1

-- name: count_answers
-- How many of Boeing's answers came, readable or not.
SELECT count(*) FROM hub.boeing_raw_data WHERE id >= %s AND fetched_at >= %s AND fetched_at < %s
