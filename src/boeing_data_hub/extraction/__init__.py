"""Stage 2: items become Boeing calls, and calls become raw answers."""
