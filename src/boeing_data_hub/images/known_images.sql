-- Run by known_images.py; see db/statements.py for the form.

-- name: known
-- What is known about these addresses, without unknown ones.
SELECT source, url, sha256, filename, is_placeholder, code, sentence, passing, fetched_at,
  extract(epoch FROM now() - fetched_at)::float8 AS age FROM hub.images
WHERE source = ANY(%b)

-- name: remember
-- Save images by their address. A placeholder never replaces a real image.
INSERT INTO hub.images AS i (source, url, sha256, filename, is_placeholder, code, sentence, passing)
SELECT * FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[], %b::boolean[], %b::text[], %b::text[],
                      %b::boolean[])
ON CONFLICT (source) DO UPDATE SET url = excluded.url, sha256 = excluded.sha256,
   filename = excluded.filename, is_placeholder = excluded.is_placeholder, code = excluded.code,
   sentence = excluded.sentence, passing = excluded.passing, fetched_at = now()
WHERE i.is_placeholder OR NOT excluded.is_placeholder
