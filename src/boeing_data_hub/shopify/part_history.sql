-- Run by part_history.py; see db/statements.py for the form.

-- name: our_prices
SELECT at, (CASE WHEN after ->> 'status' IS DISTINCT FROM 'ARCHIVED' THEN after ->> 'price' END)::numeric AS price
FROM hub.publish_changes WHERE sku = %s ORDER BY at DESC LIMIT %s
