-- Run by record_retention.py; see db/statements.py for the form.

-- fragment: unneeded
-- An answer is still needed while it waits for normalization, an item waits for it, or it is the newest of a part that
-- was asked for or of a SKU that is staged: an answer names both itself, so that each is asked by its own key.
FROM hub.boeing_raw_data r WHERE r.id > %(after)s AND r.id <= %(last)s
AND r.fetched_at < now() - %(days)s * interval '1 day' AND r.state <> 'extracted'
AND NOT EXISTS (SELECT FROM hub.batch_items i WHERE i.raw_id = r.id AND i.state = 'extracted')
AND NOT EXISTS (SELECT FROM jsonb_each(r.matches) AS m(part, skus) WHERE
   EXISTS (SELECT FROM hub.part_answers p WHERE p.part_number = m.part AND p.raw_id = r.id)
   OR EXISTS (SELECT FROM jsonb_array_elements_text(m.skus) AS k(sku)
              JOIN hub.product_staging s ON s.sku = k.sku AND s.raw_id = r.id))

-- fragment: old_runs
-- Keep the runs from which the store's pace is computed.
FROM hub.bulk_runs r WHERE r.state = 'ended' AND r.created_at < now() - %(days)s * interval '1 day'
AND EXISTS (SELECT FROM hub.batches b WHERE b.id = r.batch_id AND b.completed_at IS NOT NULL)
AND NOT EXISTS (SELECT FROM hub.bulk_lines l WHERE l.run_id = r.id AND NOT l.settled)
AND r.id NOT IN (SELECT late.id FROM (SELECT DISTINCT shop FROM hub.bulk_runs) s CROSS JOIN LATERAL
   (SELECT id FROM hub.bulk_runs n WHERE n.shop = s.shop AND n.finished_at > n.started_at AND NOT n.partial
    ORDER BY n.finished_at DESC LIMIT %(pace)s) late)

-- fragment: old_calls
-- A call is needed while an intent refers to it: if its answer is lost, it is sent again with the same key.
FROM hub.stock_calls WHERE created_at < now() - %(days)s * interval '1 day' AND key::text NOT IN
(SELECT intent->>'stock_call' FROM hub.products WHERE intent IS NOT NULL AND intent->>'stock_call' IS NOT NULL)

-- name: remove_answers
-- Remove superseded answers that no item waits for.
DELETE FROM hub.boeing_raw_data WHERE id IN (SELECT r.id {unneeded} FOR UPDATE SKIP LOCKED)

-- name: count_answers
-- How many rows would be removed.
SELECT count(*) {unneeded}

-- name: next_old_run
-- A bulk operation that finished long enough ago.
SELECT r.id {old_runs} ORDER BY r.created_at LIMIT 1 FOR UPDATE SKIP LOCKED

-- name: remove_lines
DELETE FROM hub.bulk_lines WHERE run_id = %(run)s AND number IN (SELECT number FROM hub.bulk_lines
WHERE run_id = %(run)s ORDER BY number LIMIT %(fat)s)

-- name: remove_run
DELETE FROM hub.bulk_runs WHERE id = %s

-- name: remove_calls
-- Stock calls that no intent refers to.
DELETE FROM hub.stock_calls WHERE key IN (SELECT key {old_calls} LIMIT %(fat)s)

-- name: count_lines
SELECT coalesce(sum(r.lines), 0)::bigint {old_runs}

-- name: count_calls
SELECT count(*) {old_calls}

-- name: remove_audit
-- Remove old lines of the audit log, as the tables' owner: the running role cannot.
SELECT hub.remove_audit_log(%s, %s, %s)

-- name: count_audit
-- How many rows would be removed.
SELECT count(*) FROM hub.audit_log WHERE at < now() - %s * interval '1 day'

-- name: remove_quotes
-- Remove old completed quotes, with their lines and the buyer's data.
DELETE FROM hub.quotes WHERE id > %s AND id <= %s AND completed_at < now() - %s * interval '1 day'
RETURNING id

-- name: remove_quote_lines
DELETE FROM hub.quote_lines WHERE quote_id = ANY(%s)

-- name: count_quotes
-- How many rows would be removed.
SELECT count(*) FROM hub.quotes WHERE completed_at < now() - %s * interval '1 day'

-- fragment: old_price
h.fetched_at < now() - %(days)s * interval '1 day'
AND EXISTS (SELECT FROM hub.price_history n WHERE n.sku = h.sku AND n.fetched_at > h.fetched_at)

-- fragment: old_stock
h.fetched_at < now() - %(days)s * interval '1 day'
AND EXISTS (SELECT FROM hub.stock_history n WHERE n.sku = h.sku AND n.fetched_at > h.fetched_at)

-- fragment: old_sale
h.day < (now() AT TIME ZONE 'UTC')::date - %(days)s::int

-- name: stretch_of_history
-- The SKU that the next so many rows end with. Prices, stock and sold pieces are walked together.
SELECT max(sku) FROM (SELECT sku FROM (
   (SELECT sku FROM hub.price_history WHERE sku > %(after)s ORDER BY sku LIMIT %(most)s) UNION ALL
   (SELECT sku FROM hub.stock_history WHERE sku > %(after)s ORDER BY sku LIMIT %(most)s) UNION ALL
   (SELECT sku FROM hub.sold_pieces WHERE sku > %(after)s ORDER BY sku LIMIT %(most)s)) all_
   ORDER BY sku LIMIT %(most)s) stretch

-- name: remove_prices
DELETE FROM hub.price_history h WHERE h.sku > %(after)s AND h.sku <= %(last)s AND {old_price}

-- name: remove_stocks
DELETE FROM hub.stock_history h WHERE h.sku > %(after)s AND h.sku <= %(last)s AND {old_stock}

-- name: remove_sales
DELETE FROM hub.sold_pieces h WHERE h.sku > %(after)s AND h.sku <= %(last)s AND {old_sale}

-- name: count_history
SELECT (SELECT count(*) FROM hub.price_history h WHERE {old_price})
   + (SELECT count(*) FROM hub.stock_history h WHERE {old_stock})
   + (SELECT count(*) FROM hub.sold_pieces h WHERE {old_sale})

-- name: stretch_of_answers
-- The next ids; `reached`: all later rows are younger than the retention.
SELECT max(id) AS last, count(*) < %(rows)s OR max(at) >= now() - %(days)s * interval '1 day' AS reached
FROM (SELECT id, fetched_at AS at FROM hub.boeing_raw_data WHERE id > %(after)s ORDER BY id LIMIT %(rows)s) stretch

-- name: stretch_of_audit
-- The next ids; `reached`: all later rows are younger than the retention.
SELECT max(id) AS last, count(*) < %(rows)s OR max(at) >= now() - %(days)s * interval '1 day' AS reached
FROM (SELECT id, at AS at FROM hub.audit_log WHERE id > %(after)s ORDER BY id LIMIT %(rows)s) stretch

-- name: stretch_of_quotes
-- The next ids; `reached`: all later rows are younger than the retention.
SELECT max(id) AS last, count(*) < %(rows)s OR max(at) >= now() - %(days)s * interval '1 day' AS reached
FROM (SELECT id, created_at AS at FROM hub.quotes WHERE id > %(after)s ORDER BY id LIMIT %(rows)s) stretch

-- fragment: over_sessions
expires_at < now() OR last_seen_at < now() - interval '1 day'

-- name: remove_sessions
DELETE FROM hub.sessions WHERE (id_hash) IN
  (SELECT id_hash FROM hub.sessions WHERE {over_sessions} LIMIT %(most)s FOR UPDATE SKIP LOCKED)

-- name: count_sessions
SELECT count(*) FROM hub.sessions WHERE {over_sessions}

-- fragment: over_sign_in_links
expires_at < now()

-- name: remove_sign_in_links
DELETE FROM hub.sign_in_links WHERE (token_hash) IN
  (SELECT token_hash FROM hub.sign_in_links WHERE {over_sign_in_links} LIMIT %(most)s FOR UPDATE SKIP LOCKED)

-- name: count_sign_in_links
SELECT count(*) FROM hub.sign_in_links WHERE {over_sign_in_links}

-- fragment: over_search_drafts
created_at < now() - interval '1 day'

-- name: remove_search_drafts
DELETE FROM hub.search_drafts WHERE (id) IN
  (SELECT id FROM hub.search_drafts WHERE {over_search_drafts} LIMIT %(most)s FOR UPDATE SKIP LOCKED)

-- name: count_search_drafts
SELECT count(*) FROM hub.search_drafts WHERE {over_search_drafts}

-- fragment: over_store_sightings
seen_at < now() - interval '1 day'

-- name: remove_store_sightings
DELETE FROM hub.store_sightings WHERE (shop, sku) IN
  (SELECT shop, sku FROM hub.store_sightings WHERE {over_store_sightings} LIMIT %(most)s FOR UPDATE SKIP LOCKED)

-- name: count_store_sightings
SELECT count(*) FROM hub.store_sightings WHERE {over_store_sightings}

-- fragment: over_orphans
state IN ('gone', 'kept') AND updated_at < now() - %(days)s * interval '1 day'

-- name: remove_orphans
DELETE FROM hub.orphans WHERE (id) IN
  (SELECT id FROM hub.orphans WHERE {over_orphans} LIMIT %(most)s FOR UPDATE SKIP LOCKED)

-- name: count_orphans
SELECT count(*) FROM hub.orphans WHERE {over_orphans}

-- fragment: over_conflicts
decided_at < now() - %(days)s * interval '1 day'

-- name: remove_conflicts
DELETE FROM hub.conflicts WHERE (shop, sku) IN
  (SELECT shop, sku FROM hub.conflicts WHERE {over_conflicts} LIMIT %(most)s FOR UPDATE SKIP LOCKED)

-- name: count_conflicts
SELECT count(*) FROM hub.conflicts WHERE {over_conflicts}

-- fragment: over_freshness
at < now() - interval '1 year'

-- name: remove_freshness
DELETE FROM hub.freshness WHERE (at) IN
  (SELECT at FROM hub.freshness WHERE {over_freshness} LIMIT %(most)s FOR UPDATE SKIP LOCKED)

-- name: count_freshness
SELECT count(*) FROM hub.freshness WHERE {over_freshness}

-- fragment: over_boeing_calls
hour < now() - interval '1 year'

-- name: remove_boeing_calls
DELETE FROM hub.boeing_calls WHERE (hour) IN
  (SELECT hour FROM hub.boeing_calls WHERE {over_boeing_calls} LIMIT %(most)s FOR UPDATE SKIP LOCKED)

-- name: count_boeing_calls
SELECT count(*) FROM hub.boeing_calls WHERE {over_boeing_calls}

-- fragment: over_notices
state <> 'due' AND created_at < now() - interval '90 days'

-- name: remove_notices
DELETE FROM hub.notices WHERE (id, channel) IN
  (SELECT id, channel FROM hub.notices WHERE {over_notices} LIMIT %(most)s FOR UPDATE SKIP LOCKED)

-- name: count_notices
SELECT count(*) FROM hub.notices WHERE {over_notices}

-- fragment: over_store_webhooks
received_at < now() - interval '7 days'

-- name: remove_store_webhooks
DELETE FROM hub.store_webhooks WHERE (webhook_id) IN
  (SELECT webhook_id FROM hub.store_webhooks WHERE {over_store_webhooks} LIMIT %(most)s FOR UPDATE SKIP LOCKED)

-- name: count_store_webhooks
SELECT count(*) FROM hub.store_webhooks WHERE {over_store_webhooks}

-- fragment: over_snapshots
-- Only the newest complete snapshot of a store is read; what the others hold goes at once, their rows later.
SELECT s.id FROM hub.store_snapshots s WHERE s.state = 'ended' AND (s.outcome <> 'complete' OR EXISTS (
  SELECT 1 FROM hub.store_snapshots n WHERE n.shop = s.shop AND n.outcome = 'complete' AND n.created_at > s.created_at))

-- name: remove_snapshot_products
DELETE FROM hub.store_snapshot_products WHERE (snapshot_id, product_id) IN (SELECT snapshot_id, product_id
  FROM hub.store_snapshot_products WHERE snapshot_id IN ({over_snapshots}) LIMIT %(most)s FOR UPDATE SKIP LOCKED)

-- name: count_snapshot_products
SELECT count(*) FROM hub.store_snapshot_products WHERE snapshot_id IN ({over_snapshots})

-- name: remove_snapshot_variants
DELETE FROM hub.store_snapshot_variants WHERE (snapshot_id, variant_id) IN (SELECT snapshot_id, variant_id
  FROM hub.store_snapshot_variants WHERE snapshot_id IN ({over_snapshots}) LIMIT %(most)s FOR UPDATE SKIP LOCKED)

-- name: count_snapshot_variants
SELECT count(*) FROM hub.store_snapshot_variants WHERE snapshot_id IN ({over_snapshots})

-- name: remove_snapshot_levels
DELETE FROM hub.store_snapshot_levels WHERE (snapshot_id, inventory_item_id, location_id) IN (
  SELECT snapshot_id, inventory_item_id, location_id FROM hub.store_snapshot_levels
  WHERE snapshot_id IN ({over_snapshots}) LIMIT %(most)s FOR UPDATE SKIP LOCKED)

-- name: count_snapshot_levels
SELECT count(*) FROM hub.store_snapshot_levels WHERE snapshot_id IN ({over_snapshots})

-- name: remove_snapshots
DELETE FROM hub.store_snapshots WHERE id IN (SELECT id FROM hub.store_snapshots
  WHERE id IN ({over_snapshots}) AND ended_at < now() - interval '90 days' LIMIT %(most)s FOR UPDATE SKIP LOCKED)

-- name: count_snapshots
SELECT count(*) FROM hub.store_snapshots WHERE id IN ({over_snapshots}) AND ended_at < now() - interval '90 days'

-- fragment: old_adoptions
-- Plans to adopt a store whose job ended so long ago; they can be undone until then.
FROM hub.adoptions a JOIN hub.store_jobs j ON j.id = a.job_id
WHERE j.state <> 'open' AND j.updated_at < now() - %(days)s * interval '1 day'

-- name: remove_adoption_rows
DELETE FROM hub.adoption_rows WHERE (adoption_id, position) IN (SELECT r.adoption_id, r.position
FROM hub.adoption_rows r WHERE r.adoption_id IN (SELECT a.id {old_adoptions}) LIMIT %(most)s)

-- name: count_adoption_rows
SELECT count(*) FROM hub.adoption_rows WHERE adoption_id IN (SELECT a.id {old_adoptions})

-- name: remove_adoptions
DELETE FROM hub.adoptions WHERE id IN (SELECT a.id {old_adoptions} AND NOT EXISTS (SELECT FROM hub.adoption_rows r
WHERE r.adoption_id = a.id) LIMIT %(most)s)

-- name: count_adoptions
SELECT count(*) {old_adoptions}
