-- Run by notices.py; see db/statements.py for the form.

-- name: add
-- Write a notification down for each of these channels.
INSERT INTO hub.notices (id, channel, kind, document, day, covers_from, covers_to)
SELECT %s, channel, %s, %s, %s, %s, %s FROM unnest(%s::text[]) AS c(channel) ON CONFLICT DO NOTHING

-- name: take
-- Claim the notice that has been due longest.
UPDATE hub.notices SET taken_by = %s, taken_until = now() + %s * interval '1 second'
WHERE (id, channel) = (SELECT id, channel FROM hub.notices WHERE state = 'due' AND not_before <= now()
   AND (taken_until IS NULL OR taken_until < now()) AND channel = ANY(%s)
   ORDER BY not_before, id, channel LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, channel, kind, document, attempts, taken_by AS token

-- name: sent
-- The receiver accepted it; no row when another worker has sent it since.
UPDATE hub.notices SET state = 'sent', sent_at = now(), attempts = attempts + 1, error = NULL,
taken_by = NULL, taken_until = NULL WHERE id = %s AND channel = %s AND taken_by = %s

-- name: postpone
-- The receiver did not accept it: retry later, or give up when it is older than `give_up_after` seconds.
UPDATE hub.notices SET attempts = attempts + 1, error = %s, not_before = now() + %s * interval '1 second',
state = CASE WHEN created_at < now() - %s * interval '1 second' THEN 'given_up' ELSE state END,
taken_by = NULL, taken_until = NULL WHERE id = %s AND channel = %s AND taken_by = %s

-- name: covered_to
-- The end of the last digest's period; None before the first.
SELECT max(covers_to) FROM hub.notices WHERE kind = 'digest'

-- name: has_digest
-- Whether the digest of a day was written.
SELECT EXISTS (SELECT 1 FROM hub.notices WHERE kind = 'digest' AND day = %s)

-- name: states
-- The state of a notice on each of its channels.
SELECT coalesce(t.name, n.channel) AS channel, n.state FROM hub.notices n
LEFT JOIN hub.notification_targets t ON n.channel = 'target:' || t.id WHERE n.id = %s ORDER BY 1

-- name: send_again
-- Send a notice that was sent or given up once more.
UPDATE hub.notices SET state = 'due', not_before = now(), created_at = now() WHERE id = %s AND state <> 'due'

-- name: listed
-- The newest notices.
SELECT n.id, coalesce(t.name, n.channel) AS channel, n.kind, n.day, n.state, n.attempts, n.not_before, n.error,
n.created_at, n.sent_at FROM hub.notices n LEFT JOIN hub.notification_targets t ON n.channel = 'target:' || t.id
ORDER BY n.created_at DESC, n.id, channel LIMIT %s

-- name: unsent
-- Notices of the last month that a receiver of the settings has refused more than twice, or that were given up.
SELECT channel, error FROM hub.notices
WHERE (state = 'given_up' OR state = 'due' AND attempts > 2) AND created_at > now() - interval '30 days'
AND channel NOT LIKE 'target:%%'
ORDER BY created_at LIMIT 100
