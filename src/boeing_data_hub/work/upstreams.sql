-- Run by upstreams.py; see db/statements.py for the form.

-- fragment: pace
next_slot, stretch, slowed_at, paused_until, pause_reason, paused_since, failures, pause_note, note AS slots,
fruitless, accepted_at, back_at, words

-- name: hold
-- The state, locked until the commit.
SELECT {pace} FROM hub.pacing WHERE line = %s FOR UPDATE

-- name: add
INSERT INTO hub.pacing (line) VALUES (%s) ON CONFLICT DO NOTHING

-- name: moment
SELECT clock_timestamp()

-- name: look
-- The state without a lock.
SELECT {pace} FROM hub.pacing WHERE line = %s

-- name: save
-- Save the next state.
UPDATE hub.pacing SET next_slot = %s, stretch = %s, slowed_at = %s, paused_until = %s, pause_reason = %s,
paused_since = %s, failures = %s, pause_note = %s, note = %s,
fruitless = %s, accepted_at = %s, back_at = %s, words = %s, updated_at = now() WHERE line = %s
