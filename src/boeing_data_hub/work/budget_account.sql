-- Run by budget_account.py; see db/statements.py for the form.

-- fragment: columns
as_of, free, maximum, restore_rate, known, paused_until, holdings

-- name: hold
-- The account, locked until the commit.
SELECT {columns} FROM hub.budgets WHERE line = %s FOR UPDATE

-- name: add
INSERT INTO hub.budgets (line) VALUES (%s) ON CONFLICT DO NOTHING

-- name: moment
SELECT clock_timestamp()

-- name: look
-- The account without a lock, and the database's time.
SELECT {columns}, clock_timestamp() AS moment FROM hub.budgets WHERE line = %s

-- name: save
-- Save the account's next state.
UPDATE hub.budgets SET as_of = %s, free = %s, maximum = %s, restore_rate = %s, known = %s, paused_until = %s,
holdings = %s, updated_at = now() WHERE line = %s
