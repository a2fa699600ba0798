-- Run by witnesses.py; see db/statements.py for the form.

-- name: find
-- A part that Boeing has answered in the latest answers, any of them but these.
SELECT m.key FROM (SELECT matches FROM hub.boeing_raw_data WHERE state <> 'unusable'
ORDER BY id DESC LIMIT 100) r, jsonb_each(r.matches) m WHERE jsonb_typeof(m.value) = 'array'
AND jsonb_array_length(m.value) > 0 AND m.key <> ALL(%b)
ORDER BY random() LIMIT 1

-- name: is_in_flight
-- Whether somebody is asking for this part right now.
SELECT %s IN ({due.in_flight})

-- name: acquit
-- Let parts that wait for this reason count as untried again: the line was at fault, and is well now.
UPDATE hub.batch_items i SET error_code = NULL, error = NULL, not_before = NULL, updated_at = now()
WHERE i.state = 'pending' AND i.error_code = %s AND {items.searched}
