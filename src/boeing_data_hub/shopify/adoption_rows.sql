-- Run by adoption_rows.py; see db/statements.py for the form.

-- fragment: adoption
a.id, a.shop, a.job_id, j.kind AS job_kind, j.state AS job_state, a.complete_skus, a.products, a.parts, a.seen_at,
j.note, a.actor, a.created_at, a.approved_by, a.approved_at
FROM hub.adoptions a JOIN hub.store_jobs j ON j.id = a.job_id

-- fragment: row
r.position, r.product_id, r.title, r.handle, r.vendor, r.status, r.variants, r.pieces, r.part, r.candidates, r.rule,
r.confidence, r.doubt, r.keep, r.choice, r.state, r.note

-- fragment: filtered
r.adoption_id = %(id)s AND (%(confidence)s::text IS NULL OR r.confidence = %(confidence)s)
AND (%(rule)s::text IS NULL OR coalesce(r.rule, '') = %(rule)s)
AND (%(doubt)s::text IS NULL OR coalesce(r.doubt, '') = %(doubt)s)
AND (%(state)s::text IS NULL OR r.state = %(state)s)
AND (%(part)s::text IS NULL OR starts_with(r.part, %(part)s))

-- fragment: copy
-- A product that certainly is a part's, but not the one to adopt.
r.doubt IN ('duplicate', 'linked') AND NOT r.keep

-- fragment: offered
-- A product that can be adopted, while no other of its part is to be.
r.keep AND r.part IS NOT NULL AND r.confidence IN ('certain', 'doubtful')

-- fragment: free
-- No worker publishes the part now.
coalesce(r.part, '') NOT IN (SELECT unnest(part_numbers) FROM hub.leases WHERE stage = 'publishing'
  UNION ALL SELECT sku FROM hub.bulk_lines WHERE NOT settled)

-- name: add
INSERT INTO hub.adoptions (id, shop, job_id, actor) VALUES (%s, %s, %s, %s)

-- name: get
SELECT {adoption} WHERE a.id = %s AND a.shop = {current_store.shop}

-- name: of_job
SELECT {adoption} WHERE a.job_id = %s

-- name: latest
SELECT {adoption} WHERE a.shop = {current_store.shop} ORDER BY a.created_at DESC LIMIT %s

-- name: one_at_a_time
SELECT 1 FROM hub.current_store FOR UPDATE

-- name: busy
SELECT {adoption} WHERE a.shop = {current_store.shop} AND j.state = 'open' LIMIT 1

-- name: lock
-- One person's change of a plan at a time.
SELECT 1 FROM hub.adoptions WHERE id = %s FOR UPDATE

-- name: set_job
UPDATE hub.adoptions SET job_id = %s WHERE id = %s

-- name: approve
UPDATE hub.adoptions SET complete_skus = %s, approved_by = %s, approved_at = now() WHERE id = %s

-- name: seen
UPDATE hub.adoptions SET seen_at = %s, products = %s, parts = %s WHERE id = %s

-- name: forget_rows
DELETE FROM hub.adoption_rows WHERE adoption_id = %s

-- name: fill
INSERT INTO hub.adoption_rows (adoption_id, position, product_id, title, handle, vendor, status, variants, pieces, part,
  candidates, rule, confidence, doubt, keep, choice)
SELECT %s, position, product_id, title, handle, vendor, status, variants, pieces, part,
  ARRAY(SELECT jsonb_array_elements_text(candidates)), rule, confidence, doubt, keep, choice
FROM json_to_recordset(%s::json) AS r(position integer, product_id text, title text, handle text, vendor text,
  status text, variants jsonb, pieces integer, part text, candidates jsonb, rule text, confidence text, doubt text,
  keep boolean, choice text)

-- name: parts
SELECT sku, ARRAY[vendor, supplier_name, boeing_name, boeing_description] AS names FROM hub.product_staging

-- name: parts_of
-- Parts with the same numbers as these, whatever their suffix.
SELECT sku, ARRAY[vendor, supplier_name, boeing_name, boeing_description] AS names FROM hub.product_staging
WHERE search_key LIKE ANY(SELECT regexp_replace(upper(split_part(s, '=', 1)), '[^A-Z0-9]', '', 'g') || '%%'
  FROM unnest(%s::text[]) s)

-- name: known
-- Products that the hub manages already, by id.
SELECT product_id, sku FROM hub.products WHERE shop = %s AND product_id IS NOT NULL

-- name: groups
SELECT r.confidence, r.rule, r.doubt, count(*) AS products, count(*) FILTER (WHERE {offered}) AS offered,
  count(*) FILTER (WHERE {copy}) AS copies, count(*) FILTER (WHERE r.choice = 'adopt') AS adopt,
  count(*) FILTER (WHERE r.choice = 'archive') AS archive
FROM hub.adoption_rows r WHERE r.adoption_id = %s GROUP BY 1, 2, 3 ORDER BY 1, 4 DESC, 2, 3

-- name: states
SELECT state, choice, count(*) AS products FROM hub.adoption_rows WHERE adoption_id = %s AND choice IS NOT NULL
GROUP BY 1, 2

-- name: page
SELECT {row} FROM hub.adoption_rows r WHERE {filtered} AND r.position > %(after)s ORDER BY r.position LIMIT %(limit)s

-- name: by_products
SELECT {row} FROM hub.adoption_rows r WHERE r.adoption_id = %s AND r.product_id = ANY(%s) ORDER BY r.position

-- name: of_parts
SELECT {row} FROM hub.adoption_rows r WHERE r.adoption_id = %s AND r.part = ANY(%s) ORDER BY r.position

-- name: choose_adopt
UPDATE hub.adoption_rows r SET choice = 'adopt' WHERE {filtered} AND {offered} AND r.state = 'planned'
AND NOT EXISTS (SELECT FROM hub.adoption_rows o WHERE o.adoption_id = r.adoption_id AND o.part = r.part
  AND o.position <> r.position AND (o.choice = 'adopt' OR o.confidence = 'linked'))

-- name: choose_archive
UPDATE hub.adoption_rows r SET choice = 'archive' WHERE {filtered} AND {copy} AND r.state = 'planned'
AND r.choice IS DISTINCT FROM 'adopt'

-- name: choose_leave
UPDATE hub.adoption_rows r SET choice = 'leave' WHERE {filtered} AND r.state = 'planned'
AND r.confidence <> 'linked'

-- name: choose_one
UPDATE hub.adoption_rows SET choice = %s, part = coalesce(%s, part) WHERE adoption_id = %s AND product_id = %s
AND state = 'planned'

-- name: leave_rivals
-- The product of the part that was to be adopted until now.
UPDATE hub.adoption_rows SET choice = 'leave' WHERE adoption_id = %s AND part = %s AND product_id <> %s
AND choice = 'adopt' AND state = 'planned'

-- name: open_rows
SELECT count(*) FROM hub.adoption_rows WHERE adoption_id = %(id)s AND choice = ANY(%(choices)s)
AND state = ANY(%(states)s)

-- name: next_rows
SELECT {row} FROM hub.adoption_rows r WHERE r.adoption_id = %(id)s AND r.choice = %(choice)s
AND r.state = ANY(%(states)s) AND {free} ORDER BY r.position LIMIT %(limit)s

-- name: mark
UPDATE hub.adoption_rows r SET state = n.state, note = n.note, changed_at = now()
FROM json_to_recordset(%s::json) AS n(position integer, state text, note text)
WHERE r.adoption_id = %s AND r.position = n.position

-- name: published_meanwhile
-- Parts that the hub publishes as another product.
SELECT p.sku FROM hub.products p WHERE p.shop = %s AND p.sku = ANY(%b) AND (p.product_id IS NOT NULL
OR p.intent IS NOT NULL)

-- name: take_over
-- The listing is unknown, so the next publish finds the product by its custom id, and sends it whole.
INSERT INTO hub.products AS p (shop, sku, custom_id, search_key, handle, title, state, kept_sku)
SELECT %s, n.sku, n.sku, n.search_key, n.handle, n.title, 'missing', n.kept_sku
FROM json_to_recordset(%s::json) AS n(sku text, search_key text, handle text, title text, kept_sku text)
ON CONFLICT (shop, sku) DO UPDATE SET state = 'missing', product_id = NULL, form = NULL, kept_sku = excluded.kept_sku,
  updated_at = now() WHERE p.product_id IS NULL AND p.intent IS NULL

-- name: untouched
-- Adopted parts that were not published since, and that no worker publishes now.
SELECT p.sku FROM hub.products p WHERE p.shop = %s AND p.sku = ANY(%b) AND p.state = 'missing' AND p.product_id IS NULL
AND p.form IS NULL AND p.intent IS NULL

-- name: forget_products
-- A row that was there before the adoption stays: it knows when the part was published.
DELETE FROM hub.products WHERE shop = %s AND sku = ANY(%b) AND state = 'missing' AND product_id IS NULL AND form IS NULL
AND intent IS NULL AND published_at IS NULL
