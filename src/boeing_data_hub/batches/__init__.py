"""Runs: incoming lists, requests, plans, progress and what failed, whatever the parts are wanted for."""
