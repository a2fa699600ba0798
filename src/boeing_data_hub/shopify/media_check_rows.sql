-- Run by media_check_rows.py; see db/statements.py for the form.

-- fragment: due
-- A picture is checked some seconds after it was sent; later checks are due when the row says.
media_state = 'due' AND media_at <= now() - CASE WHEN media_looks = 0 THEN %(first)s ELSE 0 END * interval '1 second'

-- fragment: free
media_state = 'resend' AND media_at <= now()
AND sku NOT IN (SELECT unnest(part_numbers) FROM hub.leases WHERE stage = 'publishing')
AND NOT EXISTS (SELECT 1 FROM hub.bulk_lines l WHERE l.sku = p.sku AND NOT l.settled)

-- name: anything_due
SELECT EXISTS (SELECT 1 FROM hub.products p WHERE ({due} OR {free}) AND media_state IN ('due', 'resend')
AND shop = {current_store.shop})

-- name: take_due
-- The next check is put off in the same step: a worker that is killed loses nothing.
WITH due AS MATERIALIZED (SELECT sku, media_looks FROM hub.products p
  WHERE shop = %(shop)s AND {due} ORDER BY media_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
UPDATE hub.products p SET media_looks = p.media_looks + 1, media_at = now() + interval '1 second'
  * (%(waits)s::float8[])[least(p.media_looks + 1, cardinality(%(waits)s::float8[]))]
FROM due WHERE p.shop = %(shop)s AND p.sku = due.sku RETURNING p.sku, due.media_looks

-- name: failed
UPDATE hub.products p SET media_error = r.said, image_code = coalesce(p.image_code, 'image_failed'),
  media_state = CASE WHEN p.media_sent < %(most)s THEN 'resend' ELSE 'failed' END,
  media_at = now() + interval '1 second'
    * (%(waits)s::float8[])[least(p.media_sent + 1, cardinality(%(waits)s::float8[]))], updated_at = now()
FROM json_to_recordset(%(told)s::json) AS r(sku text, said text)
WHERE p.shop = %(shop)s AND p.sku = r.sku AND p.media_state IS NOT NULL RETURNING p.sku, p.media_sent

-- name: end
UPDATE hub.products SET media_state = %s, media_error = coalesce(%s, media_error), updated_at = now()
WHERE shop = %s AND sku = ANY(%b)

-- name: next_resend
SELECT sku FROM hub.products p WHERE shop = %s AND {free} ORDER BY media_at LIMIT 1

-- name: learn
UPDATE hub.products p SET image_media_id = r.said FROM json_to_recordset(%s::json) AS r(sku text, said text)
WHERE p.shop = %s AND p.sku = r.sku AND p.image_media_id IS NULL

-- name: sent_again
UPDATE hub.products SET media_state = 'due', media_at = now(), media_looks = 0, media_sent = media_sent + 1,
  image_media_id = NULL, kept = kept || jsonb_build_object('media_ids', %s::text[]), updated_at = now() WHERE shop = %s AND sku = %s

-- name: put_off
UPDATE hub.products SET media_at = now() + %s * interval '1 second' WHERE shop = %s AND sku = %s

-- name: tell_items
UPDATE hub.batch_items i SET error_code = %(code)s, reason = nullif(left(concat_ws(' ',
  nullif(regexp_replace(coalesce(i.reason, ''), '( |^)(Picture|Image): .*$', ''), ''), nullif(r.said, '')), 1000), '')
FROM json_to_recordset(%(told)s::json) AS r(sku text, said text)
JOIN hub.products p ON p.shop = %(shop)s AND p.sku = r.sku
WHERE i.batch_id = p.batch_id AND i.state = 'published' AND r.sku = ANY(i.skus)

-- name: count_given_up
SELECT count(*) FROM (SELECT 1 FROM hub.products WHERE media_state = 'failed' AND shop = {current_store.shop}
LIMIT 1000) few

-- name: listed
SELECT sku, product_id, title, image_url, media_state AS state, media_error AS said, media_sent AS sent_again,
  media_at AS at, batch_id
FROM hub.products WHERE media_state IN ('resend', 'failed') AND shop = {current_store.shop} AND sku > %s
ORDER BY sku LIMIT %s
