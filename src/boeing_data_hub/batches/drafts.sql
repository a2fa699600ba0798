-- Run by drafts.py; see db/statements.py for the form.

-- name: drop_old
-- Drafts older than a day.
DELETE FROM hub.search_drafts WHERE created_at < now() - %s * interval '1 hour'

-- name: keep
INSERT INTO hub.search_drafts (id, owner, source, part_numbers, duplicates, rejected, duplicate_count,
rejected_count, reading, flagged, chosen, content)
VALUES (%s, %s, %s, %b, %s, %s, %s, %s, %s, %b, %s, %b) ON CONFLICT (id) DO NOTHING

-- name: get
-- A draft of this owner, or None.
SELECT id, owner, source, part_numbers, duplicates, rejected, duplicate_count, rejected_count,
reading, flagged, chosen FROM hub.search_drafts WHERE id = %s AND owner = %s

-- name: content_of
-- The source of a draft of this owner; null if it was not kept.
SELECT content FROM hub.search_drafts WHERE id = %s AND owner = %s
