-- Run by estimate_inputs.py; see db/statements.py for the form.

-- name: waiting
-- Parts that running searches still wait for.
SELECT coalesce(sum(total_items - extracted_count), 0) FROM hub.batches
WHERE status = 'processing' AND batch_type = 'search'

-- name: fresh_and_known
-- How many of the parts have an answer younger than so many seconds, and how many have one at all.
SELECT count(*) FILTER (WHERE a.fetched_at > now() - %s * interval '1 second') AS fresh, count(*) AS known
FROM hub.part_answers a JOIN hub.boeing_raw_data r ON r.id = a.raw_id AND r.state <> 'unusable'
WHERE a.part_number = ANY(%b::text[])

-- name: in_store
-- How many of the parts the store has, as far as we know: any of the SKUs that are staged under their number.
SELECT DISTINCT sku FROM hub.products WHERE state = 'live' AND sku = ANY(%b::text[])
AND shop = (SELECT shop FROM hub.current_store)
