-- Run by publish_items.py; see db/statements.py for the form.

-- fragment: busy
-- SKUs that a worker holds right now: those of a few claims, and the lines of bulk operations that have not ended.
busy AS MATERIALIZED (SELECT unnest(part_numbers) AS sku FROM hub.leases WHERE stage = 'publishing'
  UNION ALL SELECT sku FROM hub.bulk_lines WHERE NOT settled)

-- fragment: open
completed_at IS NULL AND batch_type = 'publish' AND status IN ('processing', 'cancelled')

-- fragment: due
-- As a value, the list of busy SKUs is hashed once; as a condition it is joined, and the cost grows with its square.
i.state = 'pending' AND (i.not_before IS NULL OR i.not_before <= now())
  AND NOT coalesce((SELECT bool_or(s.sku IN (SELECT sku FROM busy)) FROM unnest(i.skus) AS s(sku)), false)

-- fragment: item
-- The columns of a DueItem, from hub.batch_items `i` and hub.batches `b`.
i.batch_id, i.position, i.part_number, i.skus, i.attempts, i.bulk_failures, i.deaths, b.status, b.options, b.total_items

-- name: resolve
UPDATE hub.batch_items i SET skus = coalesce(
  (SELECT ARRAY[s.sku] FROM hub.product_staging s WHERE s.sku = i.part_number),
  (SELECT a.skus FROM hub.part_answers a WHERE a.part_number = i.part_number AND cardinality(a.skus) > 0),
  '{}') WHERE i.batch_id = %s

-- name: skus_of
SELECT p.number, coalesce((SELECT ARRAY[s.sku] FROM hub.product_staging s WHERE s.sku = p.number),
  (SELECT a.skus FROM hub.part_answers a WHERE a.part_number = p.number)) AS skus
FROM unnest(%b::text[]) AS p(number)

-- name: part_numbers
SELECT part_number FROM hub.batch_items WHERE batch_id = %s ORDER BY position

-- name: publishable_of
SELECT s.sku, min(i.position) AS first FROM hub.batch_items i, unnest(i.skus) AS found(sku)
JOIN hub.product_staging s ON s.sku = found.sku
WHERE i.batch_id = %s AND i.state = 'normalized' AND s.status IN ('fetched', 'published')
GROUP BY s.sku ORDER BY CASE WHEN %s AND s.status = 'published' THEN 1 ELSE 0 END, first, s.sku

-- name: count_publishable
WITH several AS MATERIALIZED (SELECT skus FROM hub.batch_items
  WHERE batch_id = %(batch)s AND state = 'normalized' LIMIT %(looked)s)
SELECT (SELECT count(*) FROM (SELECT 1 FROM several, unnest(several.skus) AS found(sku)
  JOIN hub.product_staging s ON s.sku = found.sku WHERE s.status IN ('fetched', 'published')
  LIMIT %(most)s) c) AS parts, (SELECT count(*) FROM several) AS looked

-- name: outcomes
SELECT outcome, count(*) AS parts, count(*) FILTER (WHERE state = 'published' AND reason IS NOT NULL) AS remarks
FROM (SELECT CASE WHEN state = 'published' OR outcome IS NOT NULL THEN outcome ELSE state END AS outcome, state, reason
  FROM hub.batch_items WHERE batch_id = %s) told
GROUP BY outcome ORDER BY parts DESC

-- name: take_as_skus
UPDATE hub.batch_items SET skus = ARRAY[part_number] WHERE batch_id = %s

-- name: bulk_batches
WITH {busy}
-- After deaths of workers a batch is claimed in smaller pieces, of which the last may be smaller than `least`.
SELECT b.id, due.items FROM hub.batches b CROSS JOIN LATERAL (
  SELECT count(*) AS items, coalesce(max(few.deaths), 0) >= %(suspect)s AS suspect FROM
  (SELECT i.deaths FROM hub.batch_items i WHERE i.batch_id = b.id AND i.bulk_failures < %(fallen)s AND {due}
   LIMIT %(least)s) few) due
WHERE b.completed_at IS NULL AND b.batch_type = 'publish' AND b.status = 'processing'
  AND (b.options->>'bulk')::boolean AND (due.items >= %(least)s OR due.suspect)
ORDER BY b.created_at

-- name: due_items
WITH {busy}, turns AS (
  SELECT {item}, b.lot + row_number() OVER (PARTITION BY i.batch_id ORDER BY i.position) AS place
  FROM (SELECT id, status, options, total_items, random() AS lot FROM hub.batches
        WHERE {open} AND (%(only)s::uuid IS NULL OR id = %(only)s)) b
  CROSS JOIN LATERAL (
    SELECT i.batch_id, i.position, i.part_number, i.skus, i.attempts, i.bulk_failures, i.deaths
    FROM hub.batch_items i
    WHERE i.batch_id = b.id AND {due}
      AND (b.id <> ALL(%(but_not)s::uuid[]) OR i.bulk_failures >= %(fallen)s)
      AND (%(only)s::uuid IS NULL OR i.bulk_failures < %(fallen)s)
    ORDER BY i.position LIMIT %(wanted)s) i)
SELECT * FROM turns ORDER BY place LIMIT %(wanted)s

-- name: items_of_run
WITH lines AS MATERIALIZED (SELECT sku FROM hub.bulk_lines WHERE run_id = %s AND NOT settled)
SELECT {item} FROM hub.batch_items i JOIN hub.batches b ON b.id = i.batch_id
WHERE i.batch_id = %s AND i.state = 'pending'
  AND (SELECT bool_or(s.sku IN (SELECT sku FROM lines)) FROM unnest(i.skus) AS s(sku))

-- name: anything_due
WITH {busy} SELECT count(*) FROM (SELECT 1 FROM hub.batches b
  CROSS JOIN LATERAL (SELECT 1 FROM hub.batch_items i WHERE i.batch_id = b.id AND {due} LIMIT 200) due
  WHERE {open} LIMIT 200) counted

-- name: ahead
SELECT DISTINCT sku FROM (SELECT unnest(i.skus) AS sku FROM hub.batches b CROSS JOIN LATERAL
  (SELECT skus FROM hub.batch_items WHERE batch_id = b.id AND state = 'pending' ORDER BY position
   LIMIT %(many)s) i WHERE {open} AND b.status = 'processing' LIMIT %(many)s) soon
WHERE NOT EXISTS (SELECT 1 FROM hub.products p WHERE p.shop = %(shop)s AND p.sku = soon.sku)
  AND NOT EXISTS (SELECT 1 FROM hub.store_sightings s WHERE s.shop = %(shop)s AND s.sku = soon.sku
    AND s.seen_at > now() - %(age)s * interval '1 second')
LIMIT %(wanted)s

-- name: cancelled_among
SELECT id FROM hub.batches WHERE id = ANY(%s) AND status = 'cancelled'

-- name: settle
-- Open items reach an end state. A cancelled one keeps the error of its last attempt.
WITH moved AS (UPDATE hub.batch_items i SET state = a.state, outcome = a.outcome, reason = a.remark,
    error_code = CASE WHEN a.state = 'cancelled' THEN i.error_code ELSE a.code END,
    error = CASE WHEN a.state = 'cancelled' THEN i.error ELSE a.sentence END, not_before = NULL, updated_at = now()
  FROM unnest(%s::uuid[], %b::int[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[])
    AS a(batch_id, position, state, outcome, remark, code, sentence)
  WHERE i.batch_id = a.batch_id AND i.position = a.position AND i.state = 'pending' RETURNING i.batch_id, i.state)
SELECT batch_id, state, count(*) AS items FROM moved GROUP BY batch_id, state

-- name: postpone
UPDATE hub.batch_items i SET attempts = i.attempts + a.tries, bulk_failures = a.bulk_failures, deaths = 0,
  error_code = a.code, error = a.sentence,
  not_before = CASE WHEN a.wait > 0 THEN now() + a.wait * interval '1 second' END, updated_at = now()
FROM unnest(%s::uuid[], %b::int[], %b::float8[], %b::int[], %b::int[], %b::text[], %b::text[])
  AS a(batch_id, position, wait, tries, bulk_failures, code, sentence)
WHERE i.batch_id = a.batch_id AND i.position = a.position AND i.state = 'pending'

-- name: lost
UPDATE hub.batch_items i SET deaths = i.deaths + 1, error_code = 'worker_lost',
  error = 'The worker that published this part stopped. The hub finds out what the store has, and continues.',
  updated_at = now()
FROM hub.batches b WHERE b.id = i.batch_id AND i.state = 'pending'
  AND i.skus && %b::text[] AND b.completed_at IS NULL AND b.batch_type = 'publish'
RETURNING {item}
