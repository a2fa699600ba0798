-- Run by restored.py; see db/statements.py for the form.

-- name: forget_products
-- Rows that may have changed since the backup.
UPDATE hub.products SET state = 'missing', product_id = NULL, variant_id = NULL, inventory_item_id = NULL,
  form = NULL, listing_hash = NULL, stock_hash = NULL, stock = '{}', on_channel = false, intent = NULL,
  intent_at = NULL, differences = NULL, media_state = NULL, media_error = NULL, updated_at = now()
RETURNING sku

-- name: forget_sightings
DELETE FROM hub.store_sightings

-- name: end_bulk_runs
UPDATE hub.bulk_runs SET state = 'ended', state_since = now() WHERE state <> 'ended'

-- name: settle_bulk_lines
UPDATE hub.bulk_lines SET settled = true WHERE NOT settled

-- name: end_leases
DELETE FROM hub.leases

-- name: put_off_orphans
UPDATE hub.orphans SET not_before = now() + %s::interval, updated_at = now() WHERE state = 'due'

-- name: search_for_draft_orders
-- One that waited may have been created since the backup: it is searched for before it is sent.
UPDATE hub.draft_orders SET sent_at = coalesce(sent_at, created_at) WHERE state = 'due'

-- name: end_sessions
DELETE FROM hub.sessions

-- name: drop_sign_in_links
DELETE FROM hub.sign_in_links
