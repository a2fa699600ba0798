-- Run by access_token_rows.py; see db/statements.py for the form.

-- fragment: columns
generation, secret, facts, token_generation, obtained_at, renew_at, expires_at, on_probation,
accepted_generation, refused_generation, fetcher, fetch_until, failure, failures, failed_until

-- name: hold
-- The state, locked until the commit.
SELECT {columns} FROM hub.access_tokens WHERE name = %s AND fingerprint = %s FOR UPDATE

-- name: add
INSERT INTO hub.access_tokens (name, fingerprint) VALUES (%s, %s) ON CONFLICT DO NOTHING

-- name: moment
-- By the database's clock, after the lock was acquired.
SELECT clock_timestamp()

-- name: look
-- The state without a lock.
SELECT {columns} FROM hub.access_tokens WHERE name = %s AND fingerprint = %s

-- name: save
-- Save the next state of a locked row.
UPDATE hub.access_tokens SET generation = %s, secret = %s, facts = %s, token_generation = %s,
obtained_at = %s, renew_at = %s, expires_at = %s, on_probation = %s, accepted_generation = %s,
refused_generation = %s, fetcher = %s, fetch_until = %s, failure = %s, failures = %s, failed_until = %s,
updated_at = now() WHERE name = %s AND fingerprint = %s

-- name: drop_unused
DELETE FROM hub.access_tokens WHERE name = %s AND fingerprint <> %s
AND updated_at < now() - interval '2 days' AND (expires_at IS NULL OR expires_at < now())

-- name: may_be_saved
SELECT has_table_privilege(to_regclass('hub.access_tokens'), 'UPDATE')

-- name: awaited
-- Accounts, such as boeing:api.example.com, that have no usable token while a process fetches one.
SELECT DISTINCT name FROM hub.access_tokens WHERE fetch_until > clock_timestamp()
AND (secret IS NULL OR token_generation <= refused_generation OR expires_at <= clock_timestamp())

-- name: remove
-- Delete every token of an account. Returns the number of sets of credentials.
DELETE FROM hub.access_tokens WHERE name = %s
