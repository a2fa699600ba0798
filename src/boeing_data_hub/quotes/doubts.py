"""Messages for part numbers in a quote request that look wrong. Pure.

The rules are those of lists. Nobody can confirm a number here, so a doubtful one is accepted, and each message
says what to send instead.
"""

from __future__ import annotations

from typing import Final

from boeing_data_hub.batches.lists.suspicion import Suspicion, broken, suspicion
from boeing_data_hub.values.part_numbers import BadPartNumber

_CHANGED: Final = "This looks like a number that a spreadsheet or form has changed. Send the part number as text."
_MISSING: Final = "This is a placeholder for a missing value, not a part number. Leave the line out."
_SENTENCES: Final = {
    "shortened_number": _CHANGED,
    "formatted_number": _CHANGED,
    "date_text": "This looks like a date that a spreadsheet or form made. Send the part number as text.",
    "error_cell": "This is a spreadsheet formula error, not a part number. Leave the line out.",
    "placeholder": _MISSING,
    "sum_or_page_line": _MISSING,
    "several_numbers": "These look like several part numbers in one entry. Separate them by commas.",
    "several_columns": "These look like several values in one entry. Send only part numbers in requested_parts.",
    "quantity_in_cell": "There is a quantity next to the part number. Send quantities in requested_qty.",
    "blank_or_quantity": "There is a quantity or a space in the part number. Send quantities in requested_qty.",
    "words_in_cell": "There are other words next to the part number. Send the part number alone.",
    "label": "There is a label before the part number. Send the part number alone.",
    "not_a_part": "This is an address, or a number of something other than a part. Leave the line out.",
}
_TAKEN: Final = frozenset({"no_digit", "placeholder", "blank_inside"})


def doubt(text: str, number: str) -> tuple[str, str] | None:
    """Code and message if a text that cleans to `number` is unlikely to be one part number; None if it looks normal."""
    found = suspicion(text, number)
    if found is None or found.code in _TAKEN or (found.code == "cut_number" and number[0] != "-"):
        return None
    return _told(found)


def refusal(text: str, bad: BadPartNumber) -> tuple[str, str]:
    """Code and message for a text that cannot be a part number."""
    return _told(broken(text, bad))


def _told(found: Suspicion) -> tuple[str, str]:
    return found.code, _SENTENCES.get(found.code, found.reason)
