-- Run by sold_pieces.py; see db/statements.py for the form.

-- name: record
INSERT INTO hub.sold_pieces AS s (shop, sku, day, pieces)
SELECT %s, sku, (now() AT TIME ZONE 'UTC')::date, pieces FROM unnest(%b::text[], %b::int[]) AS sold(sku, pieces)
ON CONFLICT (sku, shop, day) DO UPDATE SET pieces = s.pieces + excluded.pieces

-- name: of_part
SELECT day, pieces FROM hub.sold_pieces WHERE shop = %s AND sku = %s ORDER BY day DESC LIMIT %s

-- name: recent
SELECT coalesce(sum(pieces), 0)::int FROM hub.sold_pieces
WHERE shop = %s AND sku = %s AND day > (now() AT TIME ZONE 'UTC')::date - %s::int

-- name: known
SELECT sku, stock, counted FROM hub.products WHERE shop = %s AND sku = ANY(%b::text[]) ORDER BY sku FOR UPDATE

-- name: go_on
UPDATE hub.products p SET counted = r.pieces FROM json_to_recordset(%s::json) AS r(sku text, pieces jsonb)
WHERE p.shop = %s AND p.sku = r.sku

-- name: forget_differences
-- Those in the stock of locations that was set.
UPDATE hub.products p SET differences = (SELECT jsonb_agg(d) FROM jsonb_array_elements(p.differences) d
  WHERE NOT (starts_with(d->>'field', 'stock.') AND r.pieces ? substr(d->>'field', 7)))
FROM json_to_recordset(%s::json) AS r(sku text, pieces jsonb)
WHERE p.shop = %s AND p.sku = r.sku AND p.differences IS NOT NULL
