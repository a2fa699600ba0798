"""Runs: incoming lists, requests, plans, progress and failures."""
