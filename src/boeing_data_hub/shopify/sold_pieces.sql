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
