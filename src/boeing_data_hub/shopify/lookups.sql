-- Run by lookups.py; see db/statements.py for the form.

-- name: save
INSERT INTO hub.store_sightings AS s (shop, sku, ours, others, resembling)
SELECT %s, r.sku, r.ours, r.others, r.resembling FROM json_to_recordset(%s::json) AS r(sku text,
  ours jsonb, others jsonb, resembling jsonb)
ON CONFLICT (shop, sku) DO UPDATE SET ours = excluded.ours, others = excluded.others,
  resembling = excluded.resembling, seen_at = now()

-- name: known
SELECT sku, ours, others, resembling FROM hub.store_sightings WHERE shop = %s AND sku = ANY(%b)
AND seen_at > now() - %s * interval '1 second'

-- name: forget
DELETE FROM hub.store_sightings WHERE shop = %s AND sku = ANY(%s)
