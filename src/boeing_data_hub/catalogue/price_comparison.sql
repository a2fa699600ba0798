-- Run by price_comparison.py; see db/statements.py for the form.

-- name: page
-- A page of the catalogue in SKU order, as one JSON array of what price rules know of each part, in the order of
-- `PriceFacts`: a million parts are read, and nothing reads them faster. Columns that no rule looks at are null. Parts
-- with a manual price or doubtful data are left out, because no rule changes their price.
SELECT max(s.sku) AS last, count(*) AS parts, json_agg(json_build_array(p.price, json_build_array(
    s.sku, s.list_price, s.net_price, NULL,
    CASE WHEN %(supplier)s::boolean THEN s.supplier_name END,
    CASE WHEN %(stock)s::boolean THEN s.inventory_quantity END,
    CASE WHEN %(unit)s::boolean THEN s.base_uom END,
    CASE WHEN %(weight)s::boolean THEN s.weight END,
    CASE WHEN %(weight)s::boolean THEN s.weight_unit END,
    CASE WHEN %(hazard)s::boolean THEN s.hazmat_code END,
    coalesce(CASE WHEN %(locations)s::boolean THEN (SELECT json_agg(json_build_array(l.location, l.quantity))
      FROM hub.stock_locations l WHERE l.sku = s.sku AND l.quantity > 0) END, '[]'))) ORDER BY s.sku)
  FILTER (WHERE h.price_override IS NULL AND coalesce(s.status_reason <> ALL(%(doubts)b), true))::text AS known
FROM (SELECT * FROM hub.product_staging WHERE sku > %(after)s ORDER BY sku LIMIT %(limit)s) s
LEFT JOIN hub.hand_data h ON h.sku = s.sku
LEFT JOIN hub.products p ON p.sku = s.sku AND p.shop = %(shop)s AND p.state = 'live'
