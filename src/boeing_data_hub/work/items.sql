-- Run by items.py; see db/statements.py for the form.

-- fragment: searched
-- Items of searches: a publish run may contain the same part number, and Boeing's answer does not concern it.
EXISTS (SELECT 1 FROM hub.batches s WHERE s.id = i.batch_id AND s.batch_type = 'search')

-- fragment: item
batch_id, position, part_number, state, coalesce(skus, '{}') AS skus, outcome, reason, error_code, error, attempts,
not_before, updated_at

-- name: anything_due
-- How many parts are due, counted to 200, which is enough to size the wake-ups.
SELECT count(*) FROM (SELECT 1 FROM hub.batches b
CROSS JOIN LATERAL (SELECT 1 FROM hub.batch_items i WHERE i.batch_id = b.id AND i.state = 'pending'
   AND (i.not_before IS NULL OR i.not_before <= now())
   AND i.part_number NOT IN ({due.in_flight}) LIMIT 200) due
WHERE b.status = 'processing' AND b.batch_type = 'search' LIMIT 200) counted

-- name: waiting
-- The parts among these that a batch still waits for.
SELECT part_number, max(attempts) AS attempts, max(call_group) AS call_group FROM hub.batch_items i
WHERE state = 'pending' AND part_number = ANY(%b) AND {searched} GROUP BY part_number

-- name: new_call_groups
-- Fresh numbers for calls made by splitting.
SELECT nextval('hub.call_groups') AS number FROM generate_series(1, %s)

-- name: apply_found
-- Move every waiting item of these parts, in whatever batch it is. Returns the moves for the batches' counts.
WITH moved AS (
  UPDATE hub.batch_items i SET state = 'extracted', raw_id = a.raw_id,
    skus = string_to_array(a.skus, chr(31)), error_code = NULL, error = NULL, not_before = NULL,
    call_group = NULL, updated_at = now()
  FROM unnest(%b::text[], %b::bigint[], %b::text[]) AS a(part_number, raw_id, skus)
  WHERE i.part_number = a.part_number AND i.state = 'pending' AND {searched} RETURNING i.batch_id)
SELECT batch_id, count(*) AS items FROM moved GROUP BY batch_id

-- name: apply_missing
WITH moved AS (
  UPDATE hub.batch_items i SET state = 'failed', raw_id = a.raw_id, error_code = 'not_found',
    skus = '{}', error = %s, not_before = NULL, call_group = NULL, updated_at = now()
  FROM unnest(%b::text[], %b::bigint[]) AS a(part_number, raw_id)
  WHERE i.part_number = a.part_number AND i.state = 'pending' AND {searched} RETURNING i.batch_id)
SELECT batch_id, count(*) AS items FROM moved GROUP BY batch_id

-- name: apply_failed
WITH moved AS (
  UPDATE hub.batch_items i SET state = 'failed', error_code = a.code, error = a.sentence,
    not_before = NULL,
    call_group = NULL, attempts = i.attempts + 1, updated_at = now()
  FROM unnest(%b::text[], %b::text[], %b::text[]) AS a(part_number, code, sentence)
  WHERE i.part_number = a.part_number AND i.state = 'pending' AND {searched} RETURNING i.batch_id)
SELECT batch_id, count(*) AS items FROM moved GROUP BY batch_id

-- name: apply_again
UPDATE hub.batch_items i SET not_before = now() + a.wait * interval '1 second',
  attempts = a.attempts,
  call_group = a.call_group, error_code = a.code, error = a.sentence,
  updated_at = now() - a.ago * interval '1 second'
FROM unnest(%b::text[], %b::float8[], %b::int[], %b::bigint[], %b::text[], %b::text[], %b::float8[])
   AS a(part_number, wait, attempts, call_group, code, sentence, ago)
WHERE i.part_number = a.part_number AND i.state = 'pending' AND {searched}

-- name: settle_normalized
-- Move extracted items on after their raw answer was normalized.
WITH moved AS (
  UPDATE hub.batch_items i SET state = 'normalized', outcome = a.outcome, reason = a.reason,
    updated_at = now()
  FROM unnest(%b::bigint[], %b::text[], %b::text[], %b::text[]) AS a(raw_id, part_number, outcome, reason)
  WHERE i.raw_id = a.raw_id AND i.part_number = a.part_number AND i.state = 'extracted'
  RETURNING i.batch_id)
SELECT batch_id, count(*) AS items FROM moved GROUP BY batch_id

-- name: settle_failed
WITH moved AS (
  UPDATE hub.batch_items i SET state = 'failed', error_code = a.code, error = a.sentence,
    updated_at = now()
  FROM unnest(%b::bigint[], %b::text[], %b::text[], %b::text[]) AS a(raw_id, part_number, code, sentence)
  WHERE i.raw_id = a.raw_id AND i.part_number = a.part_number AND i.state = 'extracted'
  RETURNING i.batch_id)
SELECT batch_id, count(*) AS items FROM moved GROUP BY batch_id

-- name: page
-- Items in their original order, from the position after `after`.
SELECT {item} FROM hub.batch_items WHERE batch_id = %(batch)s AND position > %(after)s
AND (%(state)s::text IS NULL OR state = %(state)s)
AND (%(outcome)s::text IS NULL OR outcome = %(outcome)s)
AND (%(code)s::text IS NULL OR error_code = %(code)s)
AND (%(reason)s::text IS NULL OR reason = %(reason)s)
AND (NOT %(remark)s OR state = 'published' AND reason IS NOT NULL)
AND (%(search)s::text IS NULL OR starts_with(part_number, %(search)s))
ORDER BY position LIMIT %(limit)s

-- name: first_failed
-- The first few failed items: an index look-up, whatever the size of the batch.
SELECT {item} FROM hub.batch_items WHERE batch_id = %s AND state = 'failed'
ORDER BY position LIMIT %s

-- name: failed_part_numbers
-- Every failed part of a batch, in order.
SELECT part_number FROM hub.batch_items WHERE batch_id = %s AND state = 'failed' ORDER BY position

-- name: groups
-- Failed, blocked and needs-review items of a batch, grouped by cause, the largest group first.
SELECT state, coalesce(outcome, state) AS outcome,
   coalesce(error_code, reason) AS code, count(*) AS items, min(updated_at) AS first_at,
   max(updated_at) AS last_at, (array_agg(part_number ORDER BY position))[1:5] AS sample, min(error) AS error
FROM hub.batch_items WHERE batch_id = %s
   AND (state IN ('failed', 'not_for_sale') OR (state = 'normalized' AND outcome IN ('blocked', 'needs_review')))
GROUP BY 1, 2, 3 ORDER BY items DESC, code

-- name: waiting_for_raw
-- Parts of items that wait for the normalization of a raw answer.
SELECT DISTINCT part_number FROM hub.batch_items WHERE raw_id = %s AND state = 'extracted'
