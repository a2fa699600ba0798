-- Run by sessions.py; see db/statements.py for the form.

-- name: sweep_out
DELETE FROM hub.sessions WHERE expires_at < now() OR last_seen_at < now() - %s * interval '1 minute'

-- name: begin
-- Begin a session for a key or a person.
INSERT INTO hub.sessions (id_hash, key_id, person, name, scopes, csrf, expires_at)
VALUES (%s, %s, %s, %s, %s, %s, now() + %s * interval '1 minute')

-- name: renew
-- Extend a session, because the provider has identified the person again, with their current name and scopes.
UPDATE hub.sessions SET name = %(name)s, scopes = %(scopes)s, last_seen_at = now(),
   expires_at = now() + %(minutes)s * interval '1 minute'
WHERE id_hash = %(hash)s AND person = %(person)s AND expires_at > now()
   AND created_at > now() - %(hours)s * interval '1 hour'

-- name: find
-- The valid session of a cookie: not ended, not idle, and its key neither revoked nor expired.
SELECT coalesce('key:' || s.key_id, 'person:' || s.person) AS owner, s.name, coalesce(k.scopes, s.scopes)
   AS scopes, s.csrf, s.created_at, s.expires_at, s.person IS NOT NULL AND s.expires_at < now() + %s * interval '1 minute'
   AS is_due
FROM hub.sessions s LEFT JOIN hub.api_keys k ON k.id = s.key_id
WHERE s.id_hash = %s AND s.expires_at > now() AND s.last_seen_at > now() - %s * interval '1 minute'
   AND (s.key_id IS NULL OR (k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
        AND k.id IS NOT NULL))

-- name: touch
-- Record activity, to the minute, so that not every request writes.
UPDATE hub.sessions SET last_seen_at = now() WHERE id_hash = %s
AND last_seen_at < now() - interval '1 minute'

-- name: end
-- End a session; False when there was none.
DELETE FROM hub.sessions WHERE id_hash = %s

-- name: living
-- Sessions that can still be used, the last active first. An id is the start of the hash: it opens nothing.
SELECT encode(substring(s.id_hash FOR 8), 'hex') AS id, coalesce('key:' || s.key_id, 'person:' || s.person) AS owner,
   s.name, coalesce(k.scopes, s.scopes) AS scopes, s.created_at, s.last_seen_at, s.expires_at
FROM hub.sessions s LEFT JOIN hub.api_keys k ON k.id = s.key_id
WHERE s.expires_at > now() AND s.last_seen_at > now() - %s * interval '1 minute'
   AND (s.key_id IS NULL OR (k.id IS NOT NULL AND k.revoked_at IS NULL
        AND (k.expires_at IS NULL OR k.expires_at > now())))
ORDER BY s.last_seen_at DESC, s.id_hash

-- name: end_by_id
-- End the session with this id, as listed by `living`. Returns its owner.
DELETE FROM hub.sessions WHERE encode(substring(id_hash FOR 8), 'hex') = %s
RETURNING coalesce('key:' || key_id, 'person:' || person)

-- name: end_of_key
-- End all sessions of a key. Returns how many.
DELETE FROM hub.sessions WHERE key_id = %s

-- name: sweep_out_links
DELETE FROM hub.sign_in_links WHERE expires_at < now()

-- name: make_link
-- A token that signs one browser in with this key, once.
INSERT INTO hub.sign_in_links (token_hash, key_id, expires_at)
VALUES (%s, %s, now() + %s * interval '1 minute')

-- name: link_is_good
-- True if the link can still be used. This does not use it.
SELECT 1 FROM hub.sign_in_links WHERE token_hash = %s AND expires_at > now()

-- name: use_link
-- Use a link. Returns the id of its key; no row if it was already used or has expired.
DELETE FROM hub.sign_in_links WHERE token_hash = %s AND expires_at > now() RETURNING key_id
