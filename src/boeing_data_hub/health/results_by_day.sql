-- Run by results_by_day.py; see db/statements.py for the form.

-- name: by_day
-- A run counts on the day it finished, or was last changed. An undo publishes nothing.
SELECT d.day::date AS day, coalesce(r.published, 0) AS published, coalesce(r.failed, 0) AS failed
FROM generate_series(date_trunc('day', now(), 'UTC') - (%(days)s::int - 1) * interval '1 day', now(),
   interval '1 day') AS d(day)
LEFT JOIN (SELECT date_trunc('day', coalesce(completed_at, updated_at), 'UTC') AS day,
      (sum(published_count) FILTER (WHERE options ->> 'undo_of' IS NULL))::bigint AS published,
      sum(failed_count)::bigint AS failed
   FROM hub.batches WHERE created_at > now() - (%(days)s::int + 7) * interval '1 day' GROUP BY 1) r ON r.day = d.day
ORDER BY d.day
