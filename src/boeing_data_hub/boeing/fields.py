"""Reads each field of a Boeing line item.

Every function is total: it returns a value, None if the field is missing, or a `Problem` if the value is not credible.
Numbers may be JSON numbers or text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, cast

from boeing_data_hub.catalogue.flaws import Flaw, Problem
from boeing_data_hub.catalogue.staged_part import StockLocation
from boeing_data_hub.values.money import BadNumber, exact_number, parse_money
from boeing_data_hub.values.part_numbers import BadPartNumber, clean

Item = Mapping[str, Any]

PROSE: Final = 2_000  # characters kept of a name, a description, an address
CODE: Final = 200  # characters kept of a code, a unit, a country

MAX_QUANTITY: Final = 1_000_000_000  # pieces; the store accepts no more at one location, and the column twice as many
_LONGEST_LOCATION: Final = 200  # characters; a name is part of a key, and Postgres refuses keys above 2.7 kB
_LOCATIONS: Final = "locationAvailabilities"
_LARGEST_WEIGHT: Final = 10_000_000
_LARGEST_LENGTH: Final = 1_000_000
_SIDES: Final = 3

_ADDRESS = re.compile(r"https?://[^/?#@\\]+(?:[/?#].*)?", re.IGNORECASE)
_NOT_IN_ADDRESS = re.compile(r'[^!-~]|["<>\\]')
_TIMES = re.compile(r"[xX\u00d7]")  # includes the multiplication sign
_YES: Final = frozenset({"true", "yes", "y", "1"})
_NO: Final = frozenset({"false", "no", "n", "0"})


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Marks a field of a merged line item in which Boeing's rows disagree. Never a JSON value."""


def sku(item: Item) -> str | Problem:
    """The full part number in the normal form, with its suffix."""
    number = item.get("aviallPartNumber")
    if not isinstance(number, str):
        return Problem("aviallPartNumber", Flaw.UNREADABLE)
    try:
        return clean(number)
    except BadPartNumber:
        return Problem("aviallPartNumber", Flaw.UNREADABLE)


def text(item: Item, field: str, limit: int = CODE) -> str | Problem | None:
    """Trimmed text of at most `limit` characters, on one line and without invisible characters; None if blank."""
    value = item.get(field)
    if value is None:
        return None
    if isinstance(value, str):
        return _one_line(value, limit) or None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return str(value)  # a code of digits that lost its quotes
    return Problem(field, Flaw.UNREADABLE)


def _one_line(value: str, limit: int) -> str:
    value = value.strip()
    if not value.isprintable():
        # Shortened first, because the rest examines every character.
        value = "".join(map(_printable, value[: 4 * limit])).strip()
    return value if len(value) <= limit else value[:limit].rstrip()


def _printable(character: str) -> str:
    if character.isspace():
        return " "
    # Control and format characters, and lone surrogates, which neither UTF-8 nor Postgres can represent.
    return "" if unicodedata.category(character) in {"Cc", "Cf", "Cs"} else character


def link(item: Item, field: str) -> str | Problem | None:
    """An http or https address. The code that fetches it checks whether that is allowed."""
    value = item.get(field)
    if value is None:
        return None
    address = value.strip() if isinstance(value, str) else None
    if address == "":
        return None
    if address is None or len(address) > PROSE or _NOT_IN_ADDRESS.search(address) or not _ADDRESS.fullmatch(address):
        return Problem(field, Flaw.UNREADABLE)
    return address


def money(item: Item, field: str) -> Decimal | Problem | None:
    """A price above 0. Boeing writes 0 for a missing price."""
    value = item.get(field)
    if isinstance(value, Disagreement):
        return Problem(field, Flaw.DISAGREES)
    try:
        amount = parse_money(value)
    except (BadNumber, TypeError):
        return Problem(field, Flaw.UNREADABLE)
    return _above_zero(field, amount)


def weight(item: Item) -> Decimal | Problem | None:
    """The weight, in the unit of `weightUOM`; 0 means that it was never entered."""
    return _measure("weight", item.get("weight"), _LARGEST_WEIGHT, 6)


def dimensions(item: Item) -> tuple[Decimal | None, Decimal | None, Decimal | None] | Problem | None:
    """Length, width and height of `2.5 x 4 x 2`, in the unit of `dimUOM`; all three, or none is used.

    A side of 0 was never measured, and becomes None.
    """
    value = item.get("dim")
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if not isinstance(value, str) or len(value) > CODE:
        return Problem("dim", Flaw.UNREADABLE)
    written = _TIMES.split(value)
    if len(written) != _SIDES:
        return Problem("dim", Flaw.UNREADABLE)
    sides: list[Decimal | None] = []
    for side in written:
        measured = _measure("dim", side, _LARGEST_LENGTH, 4)
        if isinstance(measured, Problem):
            return measured
        sides.append(measured)
    return sides[0], sides[1], sides[2]


def _measure(field: str, value: object, largest: int, places: int) -> Decimal | Problem | None:
    try:
        number = exact_number(value, largest=largest, places=places)
    except (BadNumber, TypeError):
        return Problem(field, Flaw.UNREADABLE)
    return _above_zero(field, number)


def _above_zero(field: str, number: Decimal | None) -> Decimal | Problem | None:
    if not number:
        return None
    return number if number > 0 else Problem(field, Flaw.NEGATIVE)


def stated_quantity(item: Item) -> int | Problem | None:
    """The total number of pieces that Boeing states, which may be 0."""
    return _pieces("quantity", item.get("quantity"))


def _pieces(field: str, value: object) -> int | Problem | None:
    if type(value) is int and 0 <= value <= MAX_QUANTITY:  # nearly always
        return value
    try:
        number = exact_number(value, largest=MAX_QUANTITY, places=6)
    except (BadNumber, TypeError):
        return Problem(field, Flaw.UNREADABLE)
    if number is None:
        return None
    if number < 0:
        return Problem(field, Flaw.NEGATIVE)
    return int(number) if number == int(number) else Problem(field, Flaw.UNREADABLE)


def locations(item: Item) -> tuple[StockLocation, ...] | Problem:
    """Stock by location, in Boeing's order; entries for the same location are added. One bad entry invalidates the
    list.

    Names are only trimmed, because they are looked up in the location map.
    """
    entries = item.get(_LOCATIONS)
    if entries is None or entries == "":
        return ()
    if not isinstance(entries, list):
        return Problem(_LOCATIONS, Flaw.UNREADABLE)
    pieces: dict[str, int] = {}
    for entry in cast("list[object]", entries):
        place = _location(entry)
        if isinstance(place, Problem):
            return place
        name, quantity = place
        pieces[name] = pieces.get(name, 0) + quantity
    if sum(pieces.values()) > MAX_QUANTITY:
        return Problem(_LOCATIONS, Flaw.UNREADABLE)
    return tuple(StockLocation(name, quantity) for name, quantity in pieces.items())


def _location(entry: object) -> tuple[str, int] | Problem:
    if not isinstance(entry, dict):
        return Problem(_LOCATIONS, Flaw.UNREADABLE)
    place = cast("Item", entry)
    name = text(place, "location", PROSE)
    if not isinstance(name, str) or len(name) > _LONGEST_LOCATION:
        return Problem(_LOCATIONS, Flaw.UNREADABLE)
    quantity = _pieces(_LOCATIONS, place.get("availQuantity"))
    return quantity if isinstance(quantity, Problem) else (name, quantity or 0)


def in_stock(item: Item) -> bool | Problem | None:
    """True if Boeing says that the part is in stock."""
    value = item.get("inStock")
    if value is None or isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int | Decimal) else None
    if word == "":
        return None
    if word in _YES:
        return True
    return False if word in _NO else Problem("inStock", Flaw.UNREADABLE)
