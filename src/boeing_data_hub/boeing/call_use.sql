-- Run by call_use.py; see db/statements.py for the form.

-- name: count
INSERT INTO hub.boeing_calls AS c (hour, people, sync) VALUES (date_trunc('hour', now(), 'UTC'), %s, %s)
ON CONFLICT (hour) DO UPDATE SET people = c.people + excluded.people, sync = c.sync + excluded.sync

-- name: count_urgent
INSERT INTO hub.boeing_calls AS c (hour, urgent) VALUES (date_trunc('hour', now(), 'UTC'), %s)
ON CONFLICT (hour) DO UPDATE SET urgent = c.urgent + excluded.urgent

-- name: urgent_this_hour
SELECT coalesce(sum(urgent), 0)::bigint FROM hub.boeing_calls WHERE hour = date_trunc('hour', now(), 'UTC')

-- name: by_hour
SELECT hour, people, sync FROM hub.boeing_calls WHERE hour > now() - %s * interval '1 hour' ORDER BY hour

-- name: used
-- `seconds`: how much of the period was counted.
SELECT coalesce(sum(people), 0)::bigint AS people, coalesce(sum(sync), 0)::bigint AS sync,
   coalesce(extract(epoch FROM now() - min(hour)), 0)::float8 AS seconds
FROM hub.boeing_calls WHERE hour > now() - %(days)s * interval '1 day'
