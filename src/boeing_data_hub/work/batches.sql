-- Run by batches.py; see db/statements.py for the form.

-- fragment: under_way
(SELECT unnest(part_numbers) FROM hub.leases WHERE stage = 'publishing'
UNION ALL SELECT sku FROM hub.bulk_lines WHERE NOT settled
UNION ALL SELECT sku FROM hub.products WHERE intent IS NOT NULL)

-- name: hold_ledger_alone
-- Lock the ledger of items until the commit: shared for saves, exclusive for a change of a whole batch.
SELECT pg_advisory_xact_lock(%s)

-- name: hold_ledger
SELECT pg_advisory_xact_lock_shared(%s)

-- name: insert
-- Insert a batch. No row if its owner has used its idempotency key before, even in a running transaction.
INSERT INTO hub.batches (id, batch_type, status, total_items, owner, idempotency_key, request_hash,
options, retry_of) VALUES (%(id)s, %(batch_type)s, %(status)s, %(total_items)s, %(owner)s,
%(idempotency_key)s,
%(request_hash)s, %(options)s, %(retry_of)s)
ON CONFLICT ON CONSTRAINT batches_idempotency DO NOTHING

-- name: insert_items
-- Insert the batch's items, in order, in one statement (COPY is refused to roles under row level security).
INSERT INTO hub.batch_items (batch_id, position, part_number)
SELECT %s, part.position, part.number FROM unnest(%b::text[]) WITH ORDINALITY AS part(number, position)

-- name: reuse_fresh
-- Serve items with the answer another batch got less than `younger_than` seconds ago. Returns how many.
WITH fresh AS (
  UPDATE hub.batch_items i SET raw_id = a.raw_id, skus = a.skus, updated_at = now(),
    state = CASE WHEN cardinality(a.skus) > 0 THEN 'extracted' ELSE 'failed' END,
    error_code = CASE WHEN cardinality(a.skus) = 0 THEN 'not_found' END,
    error = CASE WHEN cardinality(a.skus) = 0 THEN %(not_found)s END
  FROM hub.part_answers a JOIN hub.boeing_raw_data kept ON kept.id = a.raw_id AND kept.state <> 'unusable'
  WHERE i.batch_id = %(batch)s AND i.state = 'pending' AND a.part_number = i.part_number
    AND a.fetched_at > now() - %(age)s * interval '1 second'
  RETURNING i.raw_id, i.state),
due AS (UPDATE hub.boeing_raw_data r SET state = 'extracted'
  WHERE r.id IN (SELECT raw_id FROM fresh WHERE state = 'extracted') AND r.state <> 'unusable' RETURNING r.id)
SELECT count(*) AS reused, count(*) FILTER (WHERE state = 'failed') AS failed FROM fresh

-- name: note_reused
UPDATE hub.batches SET reused_count = %s WHERE id = %s

-- name: get
-- One batch, or None.
SELECT * FROM hub.batches WHERE id = %s

-- name: get_many
-- The batches of these ids that exist.
SELECT * FROM hub.batches WHERE id = ANY(%s)

-- name: by_key
-- The batch that this owner created with this idempotency key.
SELECT * FROM hub.batches WHERE owner = %s AND idempotency_key = %s

-- name: retry_of
-- The batch that retries the failed items of this one, or None.
SELECT id FROM hub.batches WHERE retry_of = %s ORDER BY created_at LIMIT 1

-- name: newest
-- Batches, newest first. `before` continues after the last one of a page without counting past it.
SELECT * FROM hub.batches
WHERE (%(status)s::text IS NULL OR status = %(status)s)
   AND (%(type)s::text IS NULL OR batch_type = %(type)s)
   AND (%(at)s::timestamptz IS NULL OR (created_at, id) < (%(at)s, %(id)s))
ORDER BY created_at DESC, id DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: beginning_with
-- Batches whose ids lie in a range, newest first: those that begin with the same digits.
SELECT * FROM hub.batches WHERE id BETWEEN %s AND %s AND (%s::text IS NULL OR batch_type = %s)
ORDER BY created_at DESC LIMIT %s

-- name: named
-- Batches whose list's name contains a text, among the `most` newest of all: names have no index.
SELECT * FROM (SELECT * FROM hub.batches ORDER BY created_at DESC, id DESC LIMIT %(most)s) newest
WHERE strpos(lower(options ->> 'source'), lower(%(text)s)) > 0 ORDER BY created_at DESC, id DESC LIMIT %(limit)s

-- name: running
-- Batches that have not ended, newest first.
SELECT * FROM hub.batches WHERE status IN ('pending', 'processing') ORDER BY created_at DESC LIMIT %s

-- name: with_outcome
-- Batches newest first, after `before`, with this outcome, or `running`, or `waiting` for approval.
SELECT * FROM hub.batches WHERE CASE %(outcome)s::text
     WHEN 'running' THEN status = 'processing'
     WHEN 'waiting' THEN status = 'pending'
     WHEN 'succeeded' THEN status = 'completed' AND failed_count = 0
     WHEN 'finished_with_failures' THEN status = 'completed' AND failed_count > 0
     WHEN 'failed' THEN status = 'failed'
     WHEN 'cancelled' THEN status = 'cancelled' ELSE true END
   AND (%(type)s::text IS NULL OR batch_type = %(type)s)
   AND (%(owner)s::text IS NULL OR owner = %(owner)s)
   AND (%(at)s::timestamptz IS NULL OR (created_at, id) < (%(at)s, %(id)s))
ORDER BY created_at DESC, id DESC LIMIT %(limit)s

-- name: open_runs
-- Runs that are being worked on and match, newest first; plans that wait for approval are none.
SELECT id FROM hub.batches WHERE status = 'processing' AND batch_type = %(type)s
   AND (%(owner)s::text IS NULL OR owner = %(owner)s)
   AND (%(until)s::timestamptz IS NULL OR created_at <= %(until)s)
   AND (%(source)s::text IS NULL OR options ->> 'source' = %(source)s)
   AND (NOT %(queued)s OR started_at IS NULL)
ORDER BY created_at DESC, id DESC LIMIT %(limit)s

-- name: rename
-- Set the name of a batch's list.
UPDATE hub.batches SET options = jsonb_set(options, ARRAY['source'], to_jsonb(%s::text)) WHERE id = %s RETURNING *

-- name: count
-- How many batches there are.
SELECT count(*) FROM hub.batches WHERE (%(status)s::text IS NULL OR status = %(status)s)
AND (%(type)s::text IS NULL OR batch_type = %(type)s)

-- name: move_counts
-- Add to the counts of batches, in the transaction that moved their items: how many of a batch are in a state now.
WITH m AS (SELECT id, {states.sums},
     coalesce(sum(items) FILTER (WHERE state IN ({states.final})), 0)::int AS settled
   FROM unnest(%s::uuid[], %b::text[], %b::int[]) AS moved(id, state, items) GROUP BY id),
-- Rows are always locked in the same order, and only until the commit that follows.
held AS MATERIALIZED (SELECT b.id FROM hub.batches b WHERE b.id IN (SELECT id FROM m)
   ORDER BY b.id FOR UPDATE)
UPDATE hub.batches b SET
   {states.add_sums},
   started_at = coalesce(b.started_at, now()),
   updated_at = now(),
-- The rate is measured over windows of at least 10 s, so that it is neither jumpy nor out of date.
   rate = CASE WHEN now() - coalesce(b.rate_since, b.created_at) >= interval '10 seconds'
          THEN (b.rate_items + m.settled)
               / extract(epoch FROM now() - coalesce(b.rate_since, b.created_at)) ELSE b.rate END,
   rate_items = CASE WHEN now() - coalesce(b.rate_since, b.created_at) >= interval '10 seconds' THEN 0
                ELSE b.rate_items + m.settled END,
   rate_since = CASE WHEN now() - coalesce(b.rate_since, b.created_at) >= interval '10 seconds' THEN now()
                ELSE b.rate_since END
FROM m, held WHERE b.id = m.id AND b.id = held.id
RETURNING b.id, {states.settled_count} = total_items AS is_settled

-- name: finish_settled
-- Finish batches whose items are all settled. A final status is never overwritten.
UPDATE hub.batches SET completed_at = now(), updated_at = now(),
  status = CASE WHEN status = 'cancelled' THEN status
           WHEN failed_count = total_items THEN 'failed' ELSE 'completed' END,
  error_message = CASE WHEN status = 'cancelled' THEN error_message WHEN failed_count = total_items THEN
    'Every item failed. See the failures, grouped by cause, for what to do.' END
WHERE id = ANY(%s) AND completed_at IS NULL AND status IN ('pending', 'processing', 'cancelled')
   AND {states.settled_count} = total_items
RETURNING id

-- name: is_publishing
SELECT batch_type = 'publish' FROM hub.batches WHERE id = %s

-- name: cancel_items
-- Unsettled items, except parts of a publish run that are being sent, or may have been.
UPDATE hub.batch_items SET state = 'cancelled', updated_at = now()
WHERE batch_id = %(batch)s AND state IN ({states.open})
AND NOT (%(publishing)s AND coalesce(
   (SELECT bool_or(s.sku IN {under_way}) FROM unnest(skus) AS s(sku)), false))

-- name: cancel
UPDATE hub.batches SET status = 'cancelled', cancelled_count = cancelled_count + %s, updated_at = now(),
  completed_at = CASE WHEN {states.settled_count} + %s
    = total_items THEN now() END,
  error_message = %s
WHERE id = %s AND status IN ('pending', 'processing')
   AND {states.settled_count} < total_items RETURNING id

-- name: cancel_bulk_runs
UPDATE hub.bulk_runs SET cancelling = true, not_before = now() WHERE batch_id = %s AND state <> 'ended'

-- name: unfinished_but_settled
-- Open batches without open items: none, unless someone changed the tables by hand.
SELECT id FROM hub.batches WHERE completed_at IS NULL AND status IN ('processing', 'cancelled')
AND {states.settled_count} = total_items
