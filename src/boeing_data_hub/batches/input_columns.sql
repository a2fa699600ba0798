-- Run by input_columns.py; see db/statements.py for the form.

-- name: keep_columns
INSERT INTO hub.batch_columns (batch_id, columns) VALUES (%s, %b::text[]) ON CONFLICT (batch_id) DO NOTHING

-- name: keep_lines
-- The lines of a batch, in the order of its items.
INSERT INTO hub.batch_lines (batch_id, position, cells)
SELECT %s, line.position, line.cells FROM jsonb_array_elements(%s) WITH ORDINALITY AS line(cells, position)
ON CONFLICT (batch_id, position) DO NOTHING

-- name: copy_columns
INSERT INTO hub.batch_columns (batch_id, columns)
SELECT %s, columns FROM hub.batch_columns WHERE batch_id = %s ON CONFLICT (batch_id) DO NOTHING

-- name: copy_lines
INSERT INTO hub.batch_lines (batch_id, position, cells)
SELECT new.batch_id, new.position, line.cells FROM hub.batch_items new
JOIN hub.batch_items old ON old.batch_id = %(old)s AND old.part_number = new.part_number
JOIN hub.batch_lines line ON line.batch_id = old.batch_id AND line.position = old.position
WHERE new.batch_id = %(new)s
ON CONFLICT (batch_id, position) DO NOTHING

-- name: columns
SELECT columns FROM hub.batch_columns WHERE batch_id = %s

-- name: lines
SELECT position, cells FROM hub.batch_lines WHERE batch_id = %s AND position = ANY(%s)
