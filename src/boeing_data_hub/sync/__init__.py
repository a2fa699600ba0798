"""Sync keeps the catalogue up to date: in idle rate-limit slots it asks Boeing for the most valuable parts."""
