"""The engine: batches, items, claims, leases, pacing, budgets and wake-ups. It names no supplier and no store."""
