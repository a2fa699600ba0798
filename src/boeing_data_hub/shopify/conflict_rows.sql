-- Run by conflict_rows.py; see db/statements.py for the form.

-- fragment: conflict
shop, sku, kind, product_id, title, sentence, batch_id, found_at, decision, decided_by, decided_at, cause, vendor,
others, job_error

-- fragment: fits
-- Open conflicts of the current store that a filter fits.
decided_at IS NULL AND shop = {current_store.shop} AND (%(kind)s::text IS NULL OR kind = %(kind)s)
AND (%(cause)s::text IS NULL OR cause = %(cause)s)
AND (%(vendor)s::text IS NULL OR lower(coalesce(vendor, '')) = lower(%(vendor)s))
AND (%(prefix)s::text IS NULL OR starts_with(upper(sku), upper(%(prefix)s)))
AND (%(skus)s::text[] IS NULL OR sku = ANY(%(skus)s))

-- name: note
-- A decision to leave a product alone holds for as long as it is the same product; others are asked for again.
INSERT INTO hub.conflicts AS c (shop, sku, kind, product_id, title, sentence, batch_id, cause, vendor, others)
SELECT %s, r.sku, r.kind, r.product_id, r.title, r.sentence, r.batch_id, r.cause, r.vendor, r.others
FROM json_to_recordset(%s::json) AS r(sku text, kind text, product_id text, title text, sentence text,
  batch_id uuid, cause text, vendor text, others jsonb)
ON CONFLICT (shop, sku) DO UPDATE SET kind = excluded.kind, product_id = excluded.product_id,
  title = excluded.title, sentence = excluded.sentence, batch_id = excluded.batch_id,
  cause = excluded.cause, vendor = excluded.vendor, others = excluded.others, job_error = NULL,
  found_at = CASE WHEN c.decided_at IS NULL THEN c.found_at ELSE now() END,
  decision = NULL, decided_by = NULL, decided_at = NULL
WHERE c.decision IS DISTINCT FROM 'leave' OR c.kind <> excluded.kind
  OR c.product_id IS DISTINCT FROM excluded.product_id

-- name: listed
SELECT {conflict} FROM hub.conflicts
WHERE (decided_at IS NULL) = %s AND shop = {current_store.shop} AND sku > %s ORDER BY sku LIMIT %s

-- name: to_decide
-- The conflict of a SKU that can be decided: it is open, or its product was left alone.
SELECT {conflict} FROM hub.conflicts WHERE sku = %s AND shop = {current_store.shop}
AND (decided_at IS NULL OR decision = 'leave')

-- name: open_of
SELECT {conflict} FROM hub.conflicts WHERE sku = %s AND shop = {current_store.shop} AND decided_at IS NULL

-- name: decide
-- Only as it was when the decision was prepared.
UPDATE hub.conflicts SET decision = %s, decided_by = %s, decided_at = now() WHERE shop = %s AND sku = %s
AND product_id IS NOT DISTINCT FROM %s AND decided_at IS NOT DISTINCT FROM %s

-- name: is_decided_so
SELECT true FROM hub.conflicts WHERE decision = %s AND decided_by = %s AND shop = %s AND sku = %s
AND product_id IS NOT DISTINCT FROM %s AND decided_at IS DISTINCT FROM %s

-- name: end
DELETE FROM hub.conflicts WHERE shop = %s AND sku = ANY(%b) AND decided_at IS NULL

-- name: count_open
SELECT count(*) FROM hub.conflicts WHERE decided_at IS NULL AND shop = {current_store.shop}

-- name: groups
SELECT kind, cause, vendor, count(*) AS conflicts FROM hub.conflicts WHERE {fits}
GROUP BY kind, cause, vendor ORDER BY conflicts DESC, kind, cause, vendor

-- name: sample
SELECT sku, kind, cause, product_id, title, vendor, sentence FROM hub.conflicts WHERE {fits} ORDER BY sku LIMIT 10

-- name: set_aside
UPDATE hub.conflicts SET job_id = %(job)s, job_error = NULL WHERE {fits}

-- name: next_of
SELECT sku FROM hub.conflicts WHERE job_id = %s AND decided_at IS NULL AND job_error IS NULL ORDER BY sku LIMIT %s

-- name: refused
UPDATE hub.conflicts SET job_error = %s WHERE job_id = %s AND sku = %s

-- name: refused_of
SELECT sku, kind, job_error AS error FROM hub.conflicts WHERE job_id = %s AND job_error IS NOT NULL
ORDER BY sku LIMIT %s

-- name: accepted
SELECT sku, product_id, others FROM hub.conflicts WHERE shop = %s AND sku = ANY(%b) AND decision = 'publish_new'
