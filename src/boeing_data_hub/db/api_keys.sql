-- Run by api_keys.py; see db/statements.py for the form.

-- fragment: key
id, name, scopes, created_at, expires_at, revoked_at, last_used_at

-- name: create
-- Create a key.
INSERT INTO hub.api_keys (id, name, key_hash, scopes, expires_at)
VALUES (%s, %s, %s, %s, now() + %s * interval '1 day') RETURNING {key}

-- name: find
-- The valid key with this hash; no row if it is unknown, revoked or expired.
SELECT {key} FROM hub.api_keys WHERE key_hash = %s AND revoked_at IS NULL
AND (expires_at IS NULL OR expires_at > now())

-- name: touch
-- Record the use of a key, to the minute: enough to find unused keys, without a write per request.
UPDATE hub.api_keys SET last_used_at = now() WHERE id = %s
AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')

-- name: all_keys
-- Every key, also revoked ones, newest first.
SELECT {key} FROM hub.api_keys ORDER BY created_at DESC

-- name: revoke
-- Revoke a key by id; it stops working within seconds everywhere, its sessions at once. None when there is none.
UPDATE hub.api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = %s RETURNING {key}

-- name: names
-- Key id → name, for lists that say who did something.
SELECT id, name FROM hub.api_keys

-- name: find_by_id
-- The valid key with this id; no row if it is unknown, revoked or expired.
SELECT {key} FROM hub.api_keys WHERE id = %s AND revoked_at IS NULL
AND (expires_at IS NULL OR expires_at > now())
