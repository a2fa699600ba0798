"""Units of weight as Boeing writes them."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

UNITS: Final = {
    **dict.fromkeys(("LB", "LBS", "POUND", "POUNDS"), "POUNDS"),
    **dict.fromkeys(("OZ", "OUNCE", "OUNCES"), "OUNCES"),
    **dict.fromkeys(("KG", "KGS", "KILO", "KILOS", "KILOGRAM", "KILOGRAMS"), "KILOGRAMS"),
    **dict.fromkeys(("G", "GM", "GMS", "GRAM", "GRAMS"), "GRAMS"),  # GR is left out: it may mean gram or grain
}
"""The store's name of each unit, by Boeing's in upper case."""

_KILOGRAMS: Final = {
    "POUNDS": Decimal("0.45359237"),
    "OUNCES": Decimal("0.028349523125"),
    "KILOGRAMS": Decimal(1),
    "GRAMS": Decimal("0.001"),
}


def unit_of(written: str) -> str | None:
    """The store's name of a unit; None if it is unknown."""
    return UNITS.get(written.upper().rstrip("."))


def kilograms(weight: Decimal | None, unit: str | None) -> Decimal | None:
    """A weight in kilograms; None if there is none, or its unit is unknown."""
    known = unit_of(unit.strip()) if unit else None
    return weight * _KILOGRAMS[known] if weight is not None and known else None
