-- Run by current_store.py; see db/statements.py for the form.

-- fragment: shop
-- The id of the current store; null before one was connected, so that no row fits.
(SELECT shop FROM hub.current_store)

-- name: read
SELECT shop FROM hub.current_store

-- name: note
-- Nothing is written while the store is the same: every process notes it again and again.
INSERT INTO hub.current_store AS c (shop) VALUES (%s) ON CONFLICT (only_row)
DO UPDATE SET shop = excluded.shop, since = now() WHERE c.shop <> excluded.shop
