-- Run by overrides.py; see db/statements.py for the form.

-- fragment: columns
trace, expiration_date, notes, condition, cert, price_override, excluded, updated_by

-- name: get
SELECT {columns}, updated_at FROM hub.hand_data WHERE sku = %s

-- name: hold
-- The override of a part, locked until the commit, so that concurrent edits wait for each other.
INSERT INTO hub.hand_data AS h (sku, updated_by) VALUES (%(sku)s, %(actor)s)
ON CONFLICT (sku) DO UPDATE SET updated_by = h.updated_by RETURNING {columns}, updated_at

-- name: change
-- Set the columns that the JSON object names; the others keep their values.
UPDATE hub.hand_data h SET updated_at = now(),
   ({columns}) = (SELECT {columns} FROM json_populate_record(h, %(changes)s::json))
WHERE sku = %(sku)s

-- name: changed_at
SELECT updated_at FROM hub.hand_data WHERE sku = %s

-- name: excluded_at
-- Parts that one person excluded, or included, at one moment, and that nobody has edited since.
SELECT sku FROM hub.hand_data WHERE updated_at = %s AND excluded = %s AND updated_by = %s ORDER BY sku

-- name: exclude
-- Returns the parts for which this changed something. Including a part that has no override needs no row.
INSERT INTO hub.hand_data AS h (sku, excluded, updated_by)
SELECT sku, %(excluded)s, %(actor)s FROM unnest(%(skus)b::text[]) AS part(sku)
WHERE %(excluded)s OR EXISTS (SELECT 1 FROM hub.hand_data k WHERE k.sku = part.sku) ORDER BY sku
ON CONFLICT (sku) DO UPDATE SET excluded = excluded.excluded, updated_by = excluded.updated_by, updated_at = now()
WHERE h.excluded <> excluded.excluded RETURNING sku
