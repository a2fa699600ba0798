-- Run by witnesses.py; see db/statements.py for the form.

-- name: find
-- A random part from the latest answers, except these.
SELECT m.key FROM (SELECT matches FROM hub.boeing_raw_data WHERE state <> 'unusable'
ORDER BY id DESC LIMIT 100) r, jsonb_each(r.matches) m WHERE jsonb_typeof(m.value) = 'array'
AND jsonb_array_length(m.value) > 0 AND m.key <> ALL(%b)
ORDER BY random() LIMIT 1

-- name: is_in_flight
-- True if a running call requests this part.
SELECT %s IN ({due.in_flight})

-- name: clear_error
-- Clear this error from the parts that wait because of it.
UPDATE hub.batch_items i SET error_code = NULL, error = NULL, not_before = NULL, updated_at = now()
WHERE i.state = 'pending' AND i.error_code = %s AND {items.searched}
