"""Incoming lists: pasted text, CSV and XLSX files become clean part numbers, or a question."""
