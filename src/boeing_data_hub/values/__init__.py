"""Plain values that every room shares: money, part numbers, states. Pure."""
