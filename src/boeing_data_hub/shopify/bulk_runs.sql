-- Run by bulk_runs.py; see db/statements.py for the form.

-- fragment: run
id, shop, batch_id, state, lines, operation_id, path, url, partial, object_count, cancelling, note, attempts,
extract(epoch FROM now() - state_since)::float8 AS age, extract(epoch FROM now() - created_at)::float8 AS waited

-- fragment: free
'run:' || id NOT IN (SELECT unnest(part_numbers) FROM hub.leases WHERE stage = 'publishing')

-- name: add
INSERT INTO hub.bulk_runs (id, shop, batch_id, lines) VALUES (%s, %s, %s, %s)

-- name: add_lines
-- As columns, and not as one document: that would be parsed twice.
INSERT INTO hub.bulk_lines (run_id, number, sku, variables)
SELECT %s, t.n - 1, t.sku, t.v::jsonb FROM unnest(%b::text[], %b::text[]) WITH ORDINALITY AS t(sku, v, n)

-- name: next_due
SELECT {run} FROM hub.bulk_runs WHERE state <> 'ended' AND shop = %s AND not_before <= now() AND {free}
ORDER BY not_before LIMIT 1

-- name: get
SELECT {run} FROM hub.bulk_runs WHERE id = %s

-- name: open_runs
SELECT count(*) FROM hub.bulk_runs WHERE state <> 'ended' AND shop = %s

-- name: least_served
SELECT b.id FROM unnest(%s::uuid[]) WITH ORDINALITY AS b(id, place) ORDER BY
(SELECT count(*) FROM hub.bulk_runs r WHERE r.batch_id = b.id AND r.state <> 'ended'), b.place LIMIT 1

-- name: of_batch
SELECT {run} FROM hub.bulk_runs WHERE batch_id = %s ORDER BY created_at

-- name: variables
SELECT variables::text AS line FROM hub.bulk_lines WHERE run_id = %s ORDER BY number

-- name: intents
SELECT l.sku, p.intent::text AS intent FROM hub.bulk_lines l JOIN hub.bulk_runs r ON r.id = l.run_id
JOIN hub.products p ON p.shop = r.shop AND p.sku = l.sku
WHERE l.run_id = %s AND NOT l.settled AND p.intent IS NOT NULL

-- name: variables_of
SELECT number, variables FROM hub.bulk_lines WHERE run_id = %s AND number = ANY(%s)

-- name: open_lines
SELECT number, sku FROM hub.bulk_lines WHERE run_id = %s AND NOT settled

-- name: settle_lines
UPDATE hub.bulk_lines SET settled = true WHERE run_id = %(run)s AND NOT settled
AND (%(numbers)s::int[] IS NULL OR number = ANY(%(numbers)s))

-- name: move
UPDATE hub.bulk_runs r SET state = %(state)s, not_before = now() + %(wait)s * interval '1 second',
  state_since = CASE WHEN r.state = %(state)s THEN r.state_since ELSE now() END,
  operation_id = CASE WHEN n ? 'operation_id' THEN n->>'operation_id' ELSE r.operation_id END,
  path = CASE WHEN n ? 'path' THEN n->>'path' ELSE r.path END,
  url = CASE WHEN n ? 'url' THEN n->>'url' ELSE r.url END,
  note = CASE WHEN n ? 'note' THEN n->>'note' ELSE r.note END,
  partial = coalesce((n->>'partial')::boolean, r.partial),
  object_count = coalesce((n->>'object_count')::int, r.object_count),
  attempts = coalesce((n->>'attempts')::int, r.attempts),
  started_at = CASE WHEN %(state)s = 'running' THEN coalesce(r.started_at, now()) ELSE r.started_at END,
  finished_at = CASE WHEN %(state)s = 'finished' THEN coalesce(r.finished_at, now()) ELSE r.finished_at END
FROM (SELECT %(changes)s::jsonb AS n) given WHERE r.id = %(run)s

-- name: put_off
UPDATE hub.bulk_runs SET attempts = %s, note = %s, not_before = now() + %s * interval '1 second' WHERE id = %s

-- name: under_way
SELECT batch_id, sum(lines)::int AS lines, sum(least(object_count, lines))::int AS done,
  max(note) FILTER (WHERE state IN ('prepared', 'starting')) AS waits_for
FROM hub.bulk_runs WHERE state <> 'ended' AND (state <> 'prepared' OR note IS NOT NULL)
AND shop = {current_store.shop} GROUP BY batch_id

-- name: anything_due
SELECT count(*) FROM hub.bulk_runs WHERE state <> 'ended' AND not_before <= now() AND shop = {current_store.shop}
AND {free}

-- name: seconds_to_next
SELECT extract(epoch FROM min(not_before) - now()) FROM hub.bulk_runs
WHERE state <> 'ended' AND shop = {current_store.shop} AND {free}

-- name: pace
-- Of the current store: the store does not publish the figure.
SELECT sum(lines) / nullif(sum(extract(epoch FROM finished_at - started_at)), 0) FROM
(SELECT lines, started_at, finished_at FROM hub.bulk_runs
 WHERE shop = {current_store.shop} AND finished_at > started_at AND NOT partial ORDER BY finished_at DESC LIMIT 10) late
