-- Run by raw_answers.py; see db/statements.py for the form.

-- name: next_ids
SELECT nextval('hub.boeing_raw_data_id_seq') AS id FROM generate_series(1, %s)

-- name: insert
INSERT INTO hub.boeing_raw_data (id, search_query, raw_payload, matches, state, error, fetched_at)
SELECT a.id, a.query, a.payload::jsonb, a.matches::jsonb, a.state, a.error, a.fetched_at
FROM unnest(%(id)b::bigint[], %(query)b::text[], %(payload)b::text[], %(matches)b::text[], %(state)b::text[],
   %(error)b::text[], %(fetched_at)b::timestamptz[]) AS a(id, query, payload, matches, state, error, fetched_at)

-- name: remember_answers
INSERT INTO hub.part_answers AS p (part_number, raw_id, skus, fetched_at)
SELECT a.part, a.raw_id, string_to_array(a.skus, chr(31)), a.fetched_at
FROM unnest(%(part)b::text[], %(raw_id)b::bigint[], %(skus)b::text[], %(fetched_at)b::timestamptz[])
   AS a(part, raw_id, skus, fetched_at)
ON CONFLICT (part_number) DO UPDATE SET raw_id = excluded.raw_id, skus = excluded.skus,
   fetched_at = excluded.fetched_at WHERE p.fetched_at < excluded.fetched_at

-- name: forget
DELETE FROM hub.part_answers p USING unnest(%(raw_id)b::bigint[], %(part)b::text[]) AS f(raw_id, part)
WHERE p.part_number = f.part AND p.raw_id = f.raw_id

-- name: due
SELECT id FROM hub.boeing_raw_data WHERE state = 'extracted'
   AND id NOT IN (SELECT unnest(raw_ids) FROM hub.leases WHERE stage = 'normalization')
ORDER BY id LIMIT %s

-- name: load
-- The payload as text: its numbers are parsed exactly. `batches` wait for the answer; `traces` are theirs.
SELECT r.id, r.raw_payload::text AS payload, r.matches, r.fetched_at,
   coalesce(w.batches, '{}') AS batches, coalesce(w.traces, '{}') AS traces
FROM hub.boeing_raw_data r CROSS JOIN LATERAL (SELECT array_agg(DISTINCT b.id) AS batches,
   array_remove(array_agg(DISTINCT b.options->>'trace'), NULL) AS traces FROM hub.batch_items i
   JOIN hub.batches b ON b.id = i.batch_id WHERE i.raw_id = r.id AND i.state = 'extracted') w
WHERE r.id = ANY(%s) ORDER BY r.fetched_at, r.id

-- name: mark_normalized
UPDATE hub.boeing_raw_data SET state = 'normalized', attempts = 0 WHERE id = ANY(%s)

-- name: count_attempt
UPDATE hub.boeing_raw_data SET attempts = attempts + 1,
   state = CASE WHEN attempts + 1 >= %(most)s THEN 'unusable' ELSE state END
WHERE id = ANY(%(ids)s) AND state = 'extracted' RETURNING id, state

-- name: normalize_again
UPDATE hub.boeing_raw_data SET state = 'extracted' WHERE state = 'normalized'
   AND id IN (SELECT raw_id FROM hub.product_staging)

-- name: newest_for
SELECT r.raw_payload, r.search_query, r.fetched_at FROM hub.boeing_raw_data r WHERE r.id = coalesce(
   (SELECT raw_id FROM hub.part_answers WHERE part_number = %(part)s),
   (SELECT raw_id FROM hub.product_staging WHERE sku = %(part)s))

-- name: about_part
-- Postgres formats the JSON, so that its numbers stay exact.
SELECT id, search_query, fetched_at, jsonb_pretty(coalesce(
   (SELECT jsonb_agg(item) FROM jsonb_array_elements(CASE jsonb_typeof(raw_payload -> 'lineItems')
        WHEN 'array' THEN raw_payload -> 'lineItems' ELSE '[]' END) AS item
     WHERE upper(trim(item ->> 'aviallPartNumber')) = %(part)s), raw_payload)) AS payload
FROM hub.boeing_raw_data WHERE id = coalesce(
   (SELECT raw_id FROM hub.product_staging WHERE sku = %(part)s),
   (SELECT raw_id FROM hub.part_answers WHERE part_number = %(part)s))

-- name: recent
SELECT count(*) FILTER (WHERE fetched_at > now() - %s * interval '1 second') AS answers, max(fetched_at) AS newest
FROM (SELECT fetched_at FROM hub.boeing_raw_data ORDER BY id DESC LIMIT %s) r
