-- Run by price_lists.py; see db/statements.py for the form.

-- fragment: list
-- A price list with its rules in order. What was ever in force can no longer be edited.
SELECT l.version, l.name, l.author, l.created_at, l.updated_at,
  (SELECT count(*) FROM hub.price_rules r WHERE r.version = l.version) AS rule_count,
  (SELECT min(a.at) FROM hub.price_activations a WHERE a.version = l.version) AS first_active_at,
  coalesce(l.version = {in_force}, false) AS is_active
FROM hub.price_lists l

-- fragment: in_force
-- The version in force; null: the settings alone.
(SELECT a.version FROM hub.price_activations a ORDER BY a.id DESC LIMIT 1)

-- name: in_force
SELECT {in_force}

-- name: listed
{list} WHERE %(before)s::int IS NULL OR l.version < %(before)s ORDER BY l.version DESC LIMIT %(limit)s

-- name: get
{list} WHERE l.version = %s

-- name: rules
SELECT definition::text FROM hub.price_rules WHERE version = %s ORDER BY place

-- name: create
INSERT INTO hub.price_lists (name, author) VALUES (%s, %s) RETURNING version

-- name: hold
-- Locked until the commit, so that a list is not edited while it is activated.
SELECT version FROM hub.price_lists WHERE version = %s FOR UPDATE

-- name: rename
UPDATE hub.price_lists SET name = %s, author = %s, updated_at = now() WHERE version = %s

-- name: drop_rules
DELETE FROM hub.price_rules WHERE version = %s

-- name: save_rules
INSERT INTO hub.price_rules (version, place, definition)
SELECT %s, place, definition::jsonb FROM unnest(%b::text[]) WITH ORDINALITY AS rule(definition, place)

-- name: remove
DELETE FROM hub.price_lists WHERE version = %s

-- name: activate
INSERT INTO hub.price_activations (version, actor) VALUES (%s, %s)

-- name: activations
SELECT a.version, l.name, a.actor, a.at FROM hub.price_activations a LEFT JOIN hub.price_lists l USING (version)
ORDER BY a.id DESC LIMIT %s
