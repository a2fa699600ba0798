"""Metafields of Boeing's data that a store may want or not: compliance codes, dimensions, thumbnail and stock summary.
HUB_PART_METAFIELDS chooses; each is sent as Shopify's own type. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, cast
from urllib.parse import urlsplit

from boeing_data_hub.catalogue.staged_part import StagedPart
from boeing_data_hub.values.clean_text import line
from boeing_data_hub.values.money import BadNumber, exact_number

DIMENSION: Final = "dimension"

_LINE: Final = "single_line_text_field"
_LONGEST_ADDRESS: Final = 2_000
_LARGEST: Final = 1_000_000

NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "eccn": ("ECCN", _LINE),
    "hazard_code": ("Hazard code", _LINE),
    "faa_approval": ("FAA approval", _LINE),
    "pma": ("PMA", "boolean"),
    "length": ("Length", DIMENSION),
    "width": ("Width", DIMENSION),
    "height": ("Height", DIMENSION),
    "thumbnail": ("Thumbnail", "url"),
    "stock_by_location": ("Stock by location", _LINE),
}
"""Label and type by key."""

_UNITS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("IN", "INCH", "INCHES"), "in"),
    **dict.fromkeys(("FT", "FOOT", "FEET"), "ft"),
    **dict.fromkeys(("YD", "YARD", "YARDS"), "yd"),
    **dict.fromkeys(("MM", "MILLIMETER", "MILLIMETERS"), "mm"),
    **dict.fromkeys(("CM", "CENTIMETER", "CENTIMETERS"), "cm"),
    **dict.fromkeys(("M", "METER", "METERS"), "m"),
}


@dataclass(frozen=True, slots=True)
class PartField:
    """A metafield's key, type and value; with `problem`, it is left out for this reason."""

    key: str
    kind: str
    value: str
    problem: str | None = None


def part_fields(staged: StagedPart, wanted: tuple[str, ...]) -> Iterator[PartField]:
    """The metafields that are wanted and have a value, in a fixed order."""
    texts = {
        "eccn": staged.eccn,
        "hazard_code": staged.hazmat_code,
        "faa_approval": staged.faa_approval_code,
        "stock_by_location": staged.location_summary,
    }
    sizes = {"length": staged.dim_length, "width": staged.dim_width, "height": staged.dim_height}
    for key, (_, kind) in NAMES.items():
        if key not in wanted:
            continue
        if key in texts and (text := line(texts[key])):
            yield PartField(key, kind, text)
        elif key in sizes and sizes[key] is not None:
            yield _size(key, sizes[key], line(staged.dim_uom))
        elif key == "pma" and staged.pma is not None:
            yield PartField(key, kind, "true" if staged.pma else "false")
        elif key == "thumbnail" and (address := line(staged.boeing_thumbnail_url)):
            yield PartField(key, kind, address, None if _is_address(address) else "Not a web address.")


def same_value(kind: str, ours: str, there: str | None) -> bool:
    """True if two values of a metafield mean the same: Shopify writes a dimension in its own form."""
    if ours == there or kind != DIMENSION or there is None:
        return ours == there
    return _dimension(ours) == _dimension(there)


def _size(key: str, size: Decimal | None, unit: str) -> PartField:
    known = _UNITS.get(unit.upper().rstrip("."))
    try:
        value = exact_number(size, largest=_LARGEST, places=6)
    except (BadNumber, TypeError):
        value = None
    if value is None or value < 0:
        return PartField(key, DIMENSION, "", "Not a valid number.")
    if known is None:
        return PartField(key, DIMENSION, "", f"Shopify doesn't support the unit {unit[:50]!r}.")
    return PartField(key, DIMENSION, f'{{"value":{value.normalize():f},"unit":"{known}"}}')


def _dimension(text: str) -> tuple[Decimal, str] | None:
    try:
        found: Any = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    size = cast("dict[str, Any]", found)
    value, unit = size.get("value"), str(size.get("unit")).upper()
    return (value, _UNITS.get(unit, unit)) if isinstance(value, Decimal) else None


def _is_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    is_web = parts.scheme.lower() in {"http", "https"} and bool(parts.netloc)
    return is_web and len(address) <= _LONGEST_ADDRESS and address.isascii() and " " not in address
