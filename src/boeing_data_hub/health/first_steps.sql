-- Run by first_steps.py; see db/statements.py for the form.

-- name: look
-- Answers and runs are deleted after a while, staged parts stay. Entries of the audit log are kept for 30 days at least.
SELECT staged.has_parts OR EXISTS (SELECT FROM hub.boeing_raw_data) AS boeing,
   EXISTS (SELECT FROM hub.current_store) AS store,
   EXISTS (SELECT FROM hub.audit_log WHERE target = 'metafields' AND action = 'store.setup')
      OR EXISTS (SELECT FROM hub.current_store WHERE since < now() - interval '30 days') AS set_up,
   staged.has_parts AS searched,
   EXISTS (SELECT FROM hub.products p JOIN hub.current_store c ON c.shop = p.shop) AS published
FROM (SELECT EXISTS (SELECT FROM hub.product_staging)) AS staged(has_parts)
