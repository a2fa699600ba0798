-- Run by leases.py; see db/statements.py for the form.

-- name: one_claim_at_a_time
-- Let claims of one stage follow each other, so that no two pick the same part, and free what this one took before.
WITH before AS (DELETE FROM hub.leases WHERE id = %s) SELECT pg_advisory_xact_lock(%s)

-- name: take
-- Insert a lease of `seconds` on parts or raw answers.
INSERT INTO hub.leases (id, stage, owner, part_numbers, raw_ids, expires_at)
VALUES (%s, %s, %s, %s, %s, now() + %s * interval '1 second')

-- name: release
-- Delete a lease, and verify that it was still held.
DELETE FROM hub.leases WHERE id = %s

-- name: prove
-- Verify during work that a lease is still held, and lock it until the commit.
SELECT 1 AS held FROM hub.leases WHERE id = %s FOR KEY SHARE

-- name: renew
-- Renew leases for `seconds` from now. Returns those that still existed.
UPDATE hub.leases SET expires_at = now() + %s * interval '1 second' WHERE id = ANY(%s) RETURNING id

-- name: expired
-- The lease that expired first, and that no other sweep is freeing.
SELECT id FROM hub.leases WHERE expires_at < now() ORDER BY expires_at LIMIT 1 FOR UPDATE SKIP LOCKED

-- name: take_expired
-- Delete an expired lease, and return it.
DELETE FROM hub.leases WHERE id = %s AND expires_at < now() RETURNING id, stage, owner, part_numbers, raw_ids

-- name: put_off
-- Extend an expired lease, because its work could not be freed.
UPDATE hub.leases SET expires_at = now() + %s * interval '1 second' WHERE id = %s
