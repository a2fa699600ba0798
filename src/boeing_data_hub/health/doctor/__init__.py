"""The doctor's checks: each judges facts, and says what to do."""
