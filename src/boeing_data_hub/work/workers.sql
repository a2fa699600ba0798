-- Run by workers.py; see db/statements.py for the form.

-- name: pulse
-- Record a worker's heartbeat.
INSERT INTO hub.workers (id, queues, host, pid, version) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (id) DO UPDATE SET seen_at = now()

-- name: leave
-- Remove a worker that is stopping.
DELETE FROM hub.workers WHERE id = %s

-- name: alive
-- Workers seen within `silent_after` seconds.
SELECT id, queues, host, pid, version, started_at, seen_at FROM hub.workers
WHERE seen_at > now() - %s * interval '1 second' ORDER BY id

-- name: forget_silent
-- Remove workers without a heartbeat for this long.
DELETE FROM hub.workers WHERE seen_at < now() - %s * interval '1 second'

-- name: last_seen
-- Seconds since the most recent heartbeat of each queue's workers.
SELECT queue, extract(epoch FROM now() - max(seen_at))::float8 AS seconds FROM hub.workers, unnest(queues) AS q(queue)
GROUP BY queue
