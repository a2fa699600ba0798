-- Run by store_job_rows.py; see db/statements.py for the form.

-- fragment: job
id, shop, kind, request, state, total, done, told, failed, reached, note, attempts, actor, created_at, ended_at

-- fragment: free
state = 'open' AND not_before <= now()
AND 'job:' || id NOT IN (SELECT unnest(part_numbers) FROM hub.leases WHERE stage = 'publishing')

-- name: add
INSERT INTO hub.store_jobs (id, shop, kind, request, total, actor) VALUES (%s, %s, %s, %s, %s, %s)

-- name: get
SELECT {job} FROM hub.store_jobs WHERE id = %s

-- name: latest
SELECT {job} FROM hub.store_jobs WHERE kind = %s AND shop = {current_store.shop} ORDER BY created_at DESC LIMIT %s

-- name: next_due
SELECT {job} FROM hub.store_jobs WHERE shop = %s AND {free} ORDER BY not_before LIMIT 1

-- name: anything_due
SELECT EXISTS (SELECT 1 FROM hub.store_jobs WHERE {free} AND shop = {current_store.shop})

-- name: advance
UPDATE hub.store_jobs SET reached = %s, done = done + %s, failed = failed + %s,
  attempts = 0, note = NULL, state = CASE WHEN %s AND state = 'open' THEN 'ended' ELSE state END,
  ended_at = CASE WHEN %s THEN now() END, not_before = now(), updated_at = now() WHERE id = %s

-- name: decided
UPDATE hub.store_jobs SET reached = greatest(reached, %s), done = done + 1, attempts = 0, note = NULL,
  updated_at = now() WHERE id = %s

-- name: put_off
UPDATE hub.store_jobs SET attempts = %s, note = %s, updated_at = now(),
  not_before = now() + %s * interval '1 second' WHERE id = %s

-- name: fail
UPDATE hub.store_jobs SET state = 'ended', note = %s, ended_at = now(), updated_at = now() WHERE id = %s
AND state = 'open'

-- name: cancel
UPDATE hub.store_jobs SET state = 'cancelled', ended_at = now(), updated_at = now() WHERE id = %s AND state = 'open'

-- fragment: differs
differences IS NOT NULL AND shop = {current_store.shop}
AND (%(prefix)s::text IS NULL OR starts_with(upper(sku), upper(%(prefix)s)))

-- name: differing
SELECT sku, product_id, title, state, differences, looked_at FROM hub.products
WHERE {differs} AND sku > %(after)s
AND (%(field)s::text IS NULL OR EXISTS (SELECT 1 FROM
  jsonb_array_elements(differences) d WHERE split_part(d->>'field', '.', 1) = %(field)s))
ORDER BY sku LIMIT %(limit)s

-- name: count_differing
SELECT field, count(*) AS products FROM (SELECT DISTINCT sku, split_part(d->>'field', '.', 1) AS field FROM
hub.products, jsonb_array_elements(differences) d
WHERE {differs}) told GROUP BY field
ORDER BY products DESC, field
