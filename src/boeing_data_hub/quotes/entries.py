"""Parses and checks the two lists of a quote request: part numbers and quantities. Pure.

Part numbers hold no commas, semicolons, bars or line ends, so each of these separates them. Quantities may hold a comma
as thousands separator, so a list of quantities with mixed separators is rejected rather than guessed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, cast

from boeing_data_hub.errors import BadInput

MOST_PIECES: Final = 1_000_000
"""Maximum quantity of a line. More is a typing error."""

_NOTHING: Final = "Nothing was stored."
_HARD: Final = ",;|"
_SEPARATOR: Final = re.compile("([,;|\n\r\t\v\f\x1c\x1d\x1e\x85\u2028\u2029])")
_WIDE: Final = str.maketrans("，、；｜", ",,;|")  # noqa: RUF001 - the separators of Chinese and Japanese keyboards
_QUANTITY: Final = re.compile(r"[0-9]{1,12}(?:\.0{1,6})?")
_THOUSANDS: Final = re.compile(r"[1-9][0-9]{0,2}\.000")
_EXACT_DIGITS: Final = 15  # digits that spreadsheets and JavaScript keep exactly
_LONGEST_NUMBER: Final = 30  # maximum digits written without an exponent
_LONGEST_LOOKED_AT: Final = 400  # characters of an entry

# A part number that a spreadsheet or form has turned into a number: 12345.0, 3.1E+07, 7E-3.
_CHANGED_NUMBER: Final = re.compile(r"[+-]?\d+[.,]0+|[+-]?\d+(?:[.,]\d+)?E[+-]\d+|[+-]?\d+[.,]\d+E\d+")
_PLACEHOLDERS: Final = frozenset(
    {"N/A", "#N/A", "NA", "NAN", "NULL", "NONE", "NIL", "TBD", "TBA", "UNDEFINED", "UNKNOWN", "-", "--", "?"}
)
_QUANTITY_WITHIN: Final = re.compile(
    r"\b(?:QTY|QUANTITY)\b|\s\(\s*\d+\s*(?:EA|EACH|PCS?|PIECES)?\.?\s*\)\s*$|\s\d+\s*(?:EA|EACH|PCS?|PIECES)\.?\s*$"
    r"|\s[X\u00d7*]\s*\d+\s*$|^\d+\s*[X\u00d7*]\s+|:\s*\d+\s*$|\s=\s"
)
_LABEL: Final = re.compile(r"^(?:P\s?/\s?N|PN|PART(?:\s?(?:NO|NUMBER))?)\.?\s*[:#]", re.IGNORECASE)
_BETWEEN_PARTS: Final = re.compile(r"(?<!\s)\s++(?:AND|OR|&|\+|/)\s+")
_BLANKS: Final = re.compile(r"\s+")
_WHOLE_PART: Final = re.compile(r"(?=.*\d)(?=.*[A-Z-])[A-Z0-9][A-Z0-9./=-]{4,}")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a list: its text, and whether it was a JSON number."""

    text: str
    is_number: bool = False


def entries_of(name: str, value: object, *, most: int) -> list[Entry]:
    """The entries of a field that is a text, a number or a list of these. One empty entry at the end is dropped.

    Args:
        name: the field's, for messages.
        value: as received.
        most: maximum entries.

    Raises:
        BadInput: the value has another type or too many entries.
    """
    if value is None:
        return []
    if isinstance(value, str):
        return _of_text(name, value, most)
    if isinstance(value, list):
        return _of_list(name, cast("list[Any]", value), most)
    return [_of_number(name, value)]


def text_of(name: str, value: object) -> str:
    """The text of a field; a number becomes text. Raises BadInput for a list or a boolean."""
    if value is None:
        return ""
    return value if isinstance(value, str) else _of_number(name, value, whole=True).text


def wrong_with_part(entry: Entry) -> tuple[str, str] | None:
    """Code and message if an entry is not a part number as a person wrote it; None if it may be one."""
    if len(entry.text) > _LONGEST_LOOKED_AT:
        return None  # cleaning rejects it for its length
    text = _BLANKS.sub(" ", entry.text).strip().upper()
    if changed := _wrong_number(text, is_number=entry.is_number):
        return "formatted_number", f"{changed} Send the part number as text."
    if text in _PLACEHOLDERS:
        return "placeholder", "This is a placeholder, not a part number. Remove the line."
    if several := _wrong_phrase(entry.text.strip(), text):
        return "several_in_one", several
    return None


def _wrong_number(text: str, *, is_number: bool) -> str | None:
    if is_number and not text.isdecimal():
        return "This is a number with decimals, a sign or an exponent."
    if is_number and len(text) > _EXACT_DIGITS:
        return f"A number of more than {_EXACT_DIGITS} digits may have lost its last ones on the way."
    if _CHANGED_NUMBER.fullmatch(text):
        return "This looks like a number that a spreadsheet or form has changed."
    return None


def _wrong_phrase(raw: str, text: str) -> str | None:
    if text.startswith("{{"):
        return "This is a Zapier field that was not filled in. Choose the field again under Data."
    if text.startswith(("[", "{")):
        return "This is a list written as text. Separate the part numbers by commas."
    if _LABEL.search(text):
        return "There is a label before the part number. Send the part number alone."
    if _SEPARATOR.search(raw) or _is_several(text):
        return "These look like several part numbers in one entry. Separate them by commas."
    if _QUANTITY_WITHIN.search(text):
        return "There is a quantity next to the part number. Send quantities in requested_qty."
    return None


def quantity_of(text: str, *, is_number: bool = False) -> int | None:
    """The quantity, from 1 to `MOST_PIECES`; None if invalid. `2.0`, as spreadsheets write it, is 2.

    As text, `2.000` may mean two or two thousand, so it is invalid; `is_number`: it was a JSON number.
    """
    trimmed = text.strip()
    if not _QUANTITY.fullmatch(trimmed) or (not is_number and _THOUSANDS.fullmatch(trimmed)):
        return None
    count = int(trimmed.partition(".")[0])
    return count if 1 <= count <= MOST_PIECES else None


def wrong_with_quantity(text: str) -> str:
    """The message for an invalid quantity."""
    trimmed = text.strip()
    sentence = f"The quantity must be a whole number from 1 to {MOST_PIECES:,}"
    plain = re.sub(r"(?<=\d)[,. '\u00a0\u202f](?=\d{3}(?:\D|$))", "", trimmed)
    if plain != trimmed and quantity_of(plain):
        return f"{sentence}, without thousands separators: {plain}."
    number = re.fullmatch(r"(?:QTY[:.]?\s*)?([0-9]{1,7})\s*[A-Za-z][A-Za-z.]{0,11}", trimmed, re.IGNORECASE)
    if number and quantity_of(number.group(1)):
        return f"{sentence}, without its unit: {number.group(1)}."
    return f"{sentence}."


def _of_text(name: str, text: str, most: int) -> list[Entry]:
    text = text.translate(_WIDE).strip()
    if text.startswith("[") and text.endswith("]"):
        listed = _json_list(text)
        if listed is None:
            raise BadInput(
                f"{name} holds a list written as text that cannot be read. {_NOTHING} Send its entries separated by "
                "commas: A,B.",
                code="bad_list",
            )
        return _of_list(name, listed, most)
    if sum(map(text.count, _HARD)) > most:  # before a megabyte of commas becomes a list
        raise too_many(most)
    found, separators = _split(text)
    if name == "requested_qty" and "," in separators and len(separators) > 1:
        raise BadInput(
            f"requested_qty separates its entries in different ways. {_NOTHING} Use the same separator throughout, "
            "and no comma within a number: 1000, not 1,000.",
            code="mixed_separators",
        )
    if len(found) > most + 1:
        raise too_many(most)
    return [Entry(piece) for piece in (found[:-1] if not found[-1] else found)]


def _split(text: str) -> tuple[list[str], set[str]]:
    """The pieces between separators, and the separators found. A line end next to a separator is part of it."""
    pieces = _SEPARATOR.split(text)
    signs = [sign if sign in _HARD else "\n" for sign in pieces[1::2]]
    found: list[str] = []
    used: set[str] = set()
    between: set[str] = set()
    for place, piece in enumerate(pieces[::2]):
        before = signs[place - 1] if place else None
        after = signs[place] if place < len(signs) else None
        between |= {before} if before else set()
        if not piece.strip() and "\n" in (before, after):
            continue
        if found:
            used |= (between - {"\n"}) or between
        between = set()
        found.append(piece.strip())
    return found or [""], used


def _of_list(name: str, values: list[Any], most: int) -> list[Entry]:
    if len(values) > most + 1:
        raise too_many(most)
    if len(values) == 1 and isinstance(values[0], str) and not values[0].lstrip().startswith("["):
        return _of_text(name, values[0], most)
    found = [
        Entry("") if one is None else Entry(one.strip()) if isinstance(one, str) else _of_number(name, one)
        for one in values
    ]
    return found[:-1] if found and not found[-1].text else found


def _of_number(name: str, value: object, *, whole: bool = False) -> Entry:
    """A number as text; with `whole`, 3.0 becomes 3."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise BadInput(
            f"{name} holds {_kind_of(value)} where text is needed. {_NOTHING} Send one text; several part numbers or "
            "quantities are separated by commas: A,B.",
        )
    number = Decimal(str(value))
    if not number.is_finite() or abs(number.adjusted()) > _LONGEST_NUMBER:
        return Entry(str(number), is_number=True)
    if whole and number == number.to_integral_value():
        return Entry(f"{number.to_integral_value():f}", is_number=True)
    return Entry(f"{number:f}" if number.as_tuple().exponent == 0 else str(number), is_number=True)


def _kind_of(value: object) -> str:
    if isinstance(value, bool):
        return "yes or no"
    if isinstance(value, list):
        return "a list"
    return "an object" if isinstance(value, dict) else "a value of another kind"


def _json_list(text: str) -> list[Any] | None:
    try:
        found: object = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list):
        return None
    listed = cast("list[Any]", found)
    return None if any(isinstance(one, list | dict) for one in listed) else listed


def _is_several(text: str) -> bool:
    with_words = _BETWEEN_PARTS.split(text)
    if len(with_words) > 1 and all(_has_digit(piece) for piece in with_words):
        return True
    tokens = text.split(" ")
    return len(tokens) > 1 and all(_WHOLE_PART.fullmatch(token) for token in tokens)


def _has_digit(text: Iterable[str]) -> bool:
    return any(character.isdigit() for character in text)


def too_many(most: int) -> BadInput:
    """The error for a list with more than `most` entries."""
    return BadInput(
        f"At most {most:,} parts are quoted at once (HUB_QUOTE_MAX_PARTS). {_NOTHING} Send several requests, each "
        "with its own RFQ number.",
        code="too_many_parts",
    )
