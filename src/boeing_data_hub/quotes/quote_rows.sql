-- Run by quote_rows.py; see db/statements.py for the form.

-- fragment: at_its_end
-- An item that has reached an end state, or was deleted.
(i.state IS NULL OR i.state IN ({states.final}))

-- fragment: due
q.state = 'pending' AND EXISTS (SELECT 1 FROM hub.quote_lines l LEFT JOIN hub.batch_items i
   ON i.part_number = l.part_number AND i.batch_id = q.batch_id
  WHERE l.quote_id = q.id AND l.state = 'pending' AND {at_its_end})

-- name: insert
-- Insert a quote without lines. Returns its id; no row if its number is taken, even by a running transaction.
INSERT INTO hub.quotes (rfq_number, request_hash, rfq_sub_url, buyer_company_name, buyer_name, buyer_address,
   buyer_phone, buyer_email, deliver_to_address, terms, owner)
VALUES (%(rfq_number)s, %(hash)s, %(url)s, %(buyer_company_name)s, %(buyer_name)s, %(buyer_address)s,
   %(buyer_phone)s, %(buyer_email)s, %(deliver_to_address)s, %(terms)s, %(owner)s)
ON CONFLICT ON CONSTRAINT quotes_rfq_number DO NOTHING RETURNING id

-- name: insert_lines
-- Insert the lines, all of them pending: (part number, quantity), in order.
INSERT INTO hub.quote_lines (quote_id, position, part_number, quantity)
SELECT %s, l.position, l.part, l.quantity
FROM unnest(%b::text[], %b::int[]) WITH ORDINALITY AS l(part, quantity, position)

-- name: answer_lines
-- Save answers, by the position of their lines.
UPDATE hub.quote_lines l SET state = a.state, source = a.source, price = a.price, currency = a.currency,
   qty_available = a.qty_available, uom = a.uom, condition = a.condition, code = a.code, note = a.note,
   offered = a.offered, known_at = a.known_at, settled_at = CASE WHEN a.state <> 'pending' THEN now() END
FROM json_to_recordset(%s::json) AS a(position int, state text, source text, price numeric, currency text,
   qty_available int, uom text, condition text, code text, note text, known_at timestamptz, offered text)
WHERE l.quote_id = %s AND l.position = a.position

-- name: move
-- Save a quote's state, and the search it waits for or was completed by.
UPDATE hub.quotes SET state = %(state)s, batch_id = %(batch)s, updated_at = now(),
   completed_at = CASE WHEN %(state)s <> 'pending' THEN now() END WHERE id = %(id)s

-- name: by_number
-- The quote with this number.
SELECT * FROM hub.quotes WHERE rfq_number = %s

-- name: get
-- The quote with this id.
SELECT * FROM hub.quotes WHERE id = %s

-- name: hold
-- The same, locked until the commit.
SELECT * FROM hub.quotes WHERE id = %s FOR UPDATE

-- name: with_lines
SELECT * FROM hub.quote_lines WHERE quote_id = ANY(%s) ORDER BY quote_id, position

-- name: page
-- Quotes, newest first, after the one with id `before`; `search` is the beginning of the RFQ number.
SELECT * FROM hub.quotes WHERE (%(before)s::bigint IS NULL OR id < %(before)s)
   AND (%(state)s::text IS NULL OR state = %(state)s)
   AND (%(search)s::text IS NULL OR starts_with(rfq_number, %(search)s))
ORDER BY id DESC LIMIT %(limit)s

-- name: numbered
-- Quotes whose RFQ number begins like one of two patterns, newest first.
SELECT id, rfq_number, state, buyer_company_name, buyer_name, created_at FROM hub.quotes
WHERE rfq_number LIKE %(typed)s OR rfq_number LIKE %(upper)s ORDER BY id DESC LIMIT %(limit)s

-- name: due
-- Quotes that wait for a part whose search has finished, oldest first.
SELECT q.id FROM hub.quotes q WHERE {due} ORDER BY q.id LIMIT %s

-- name: is_due
-- True if this quote waits for a part whose search has finished.
SELECT EXISTS (SELECT 1 FROM hub.quotes q WHERE q.id = %s AND {due})

-- name: is_pending
-- True if a line of the quote is still pending.
SELECT state = 'pending' FROM hub.quotes WHERE id = %s

-- name: settled
-- The parts among these whose search has finished, or whose item was deleted.
SELECT a.part, i.state, i.skus, i.error_code, i.error FROM unnest(%b::text[]) AS a(part)
LEFT JOIN hub.batch_items i ON i.part_number = a.part AND i.batch_id = %s
WHERE {at_its_end}

-- name: known
-- What is known about parts: the store's offer, the staged part, its override, and Boeing's last answer.
SELECT a.part, p.price, p.stock, p.published_at, p.state = 'live' AND p.product_id IS NOT NULL AS is_live,
   coalesce(h.excluded, false) AS excluded, h.price_override, n.skus, n.fetched_at
FROM unnest(%b::text[]) AS a(part)
LEFT JOIN hub.products p ON p.sku = a.part AND p.shop = %s
LEFT JOIN hub.hand_data h ON h.sku = a.part
LEFT JOIN hub.part_answers n ON n.part_number = a.part

-- name: variants
-- Staged SKUs with the same base number, by the catalogue's search index, which contains the SKU.
SELECT a.part, s.sku FROM unnest(%b::text[], %b::text[], %b::text[]) AS a(part, base, key)
CROSS JOIN LATERAL (SELECT sku FROM hub.product_staging s WHERE s.search_key ~>=~ a.key
-- Keys are capital letters and digits, so nothing that begins with this one is behind it with a tilde.
   AND s.search_key ~<~ (a.key || '~') AND split_part(s.sku, '=', 1) = a.base AND s.sku <> a.part
   LIMIT %s) s
