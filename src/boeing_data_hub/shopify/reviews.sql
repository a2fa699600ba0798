-- Run by reviews.py; see db/statements.py for the form.

-- fragment: review
id, sku, field, cause, old, new, state, batch_id, found_at, decided_at, decided_by

-- fragment: fits
-- Reviews of the current store in this state that a filter fits.
state = %(state)s AND shop = {current_store.shop} AND (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s))
AND (%(cause)s::text IS NULL OR cause = %(cause)s) AND (%(field)s::text IS NULL OR field = %(field)s)
AND (%(batch)s::uuid IS NULL OR batch_id = %(batch)s)
AND (%(prefix)s::text IS NULL OR starts_with(upper(sku), upper(%(prefix)s)))

-- name: note
-- A value that a person has refused last is not asked about again.
INSERT INTO hub.reviews AS r (shop, sku, field, cause, old, new, batch_id, judged_at)
SELECT %(shop)s, a.sku, a.field, a.cause, a.old, a.new, a.batch_id, a.judged_at
FROM json_to_recordset(%(rows)s::json) AS a(sku text, field text, cause text, old text, new text, batch_id uuid,
  judged_at timestamptz)
WHERE NOT EXISTS (SELECT FROM (SELECT d.state, d.new FROM hub.reviews d WHERE d.shop = %(shop)s AND d.sku = a.sku
    AND d.field = a.field AND d.state IN ('approved', 'refused') ORDER BY d.decided_at DESC LIMIT 1) last
  WHERE last.state = 'refused' AND last.new = a.new)
ON CONFLICT (shop, sku, field) WHERE state = 'open' DO UPDATE SET cause = excluded.cause, old = excluded.old,
  new = excluded.new, batch_id = excluded.batch_id, judged_at = excluded.judged_at

-- name: close
-- Open reviews of these parts, except those of fields that are still held back.
UPDATE hub.reviews SET state = 'closed' WHERE state = 'open' AND shop = %(shop)s
AND sku = ANY(%(skus)s) AND sku || chr(31) || field <> ALL(%(held)s)

-- name: decided
-- The last decision on each field of these parts.
SELECT DISTINCT ON (sku, field) sku, field, state = 'approved' AS approved, new AS value FROM hub.reviews
WHERE shop = %s AND sku = ANY(%b) AND state IN ('approved', 'refused') ORDER BY sku, field, decided_at DESC

-- name: listed
SELECT {review} FROM hub.reviews WHERE {fits} AND (%(before)s::bigint IS NULL OR id < %(before)s)
ORDER BY id DESC LIMIT %(limit)s

-- name: causes
SELECT cause, field, count(*) AS reviews FROM hub.reviews WHERE {fits} GROUP BY 1, 2 ORDER BY reviews DESC, 1, 2

-- name: count_open
SELECT count(*) FROM (SELECT 1 FROM hub.reviews WHERE state = 'open' AND shop = {current_store.shop} LIMIT %s) few

-- name: to_approve
-- The open reviews that a filter fits, of the first parts; a change of currency cannot be approved.
SELECT id, sku FROM (SELECT id, sku, dense_rank() OVER (ORDER BY sku) AS part FROM hub.reviews
  WHERE {fits} AND field <> 'currency') fitting WHERE part <= %(limit)s ORDER BY sku, id

-- name: approve
UPDATE hub.reviews SET state = 'approved', decided_at = clock_timestamp(), decided_by = %s
WHERE id = ANY(%s) AND state = 'open'

-- name: approved
SELECT count(*) FROM hub.reviews WHERE id = ANY(%s) AND state = 'approved' AND decided_by = %s

-- name: refuse
UPDATE hub.reviews SET state = 'refused', decided_at = clock_timestamp(), decided_by = %(actor)s
WHERE id IN (SELECT id FROM hub.reviews WHERE {fits} ORDER BY id LIMIT %(limit)s)

-- name: overtaken
-- Open reviews of parts that Boeing has answered for since they were judged, the oldest first.
SELECT r.sku, r.field, r.cause, r.new FROM hub.reviews r JOIN hub.product_staging s ON s.sku = r.sku
WHERE r.state = 'open' AND r.shop = %s AND s.fetched_at > r.judged_at ORDER BY r.judged_at LIMIT %s

-- name: judged
-- `judged_at` is the moment of the answer that was judged, so that one which arrives meanwhile is not overlooked.
UPDATE hub.reviews r SET judged_at = a.judged_at FROM unnest(%b::text[], %b::timestamptz[]) AS a(sku, judged_at)
WHERE r.state = 'open' AND r.shop = %s AND r.sku = a.sku
