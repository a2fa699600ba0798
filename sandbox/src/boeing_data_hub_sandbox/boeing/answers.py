"""The pure heart of the stand-in: which line items answer which asked part number. Tests compute expectations here.

Nothing is random and nothing is remembered: the answer follows from the part number, the day (`drift`) and the
overrides alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from boeing_data_hub_sandbox.boeing.dice import Dice
from boeing_data_hub_sandbox.boeing.figures import IMAGE_ORIGIN, LOCATIONS, line_item
from boeing_data_hub_sandbox.boeing.samples import SAMPLE_VARIANT

_POSSIBLE = re.compile(r"[A-Z0-9][A-Z0-9 ./_-]{0,45}(=[A-Z0-9]{2})?")
_SUFFIXES: Final = ("K3",) * 11 + ("9B",) * 5 + ("E9",) * 3 + ("E4",)
"""Suffixes seen, about as often as seen."""

SPECIAL_KEYS: Final = frozenset({"unknown", "locations", "remove"})
"""Keys of an override that are instructions; every other key is a field of the line item."""


@dataclass(frozen=True, slots=True)
class World:
    """What an answer depends on besides the part number.

    Attributes:
        drift: the day; 0 is the one that the real sample rows belong to.
        overrides: part number → fields that replace the drawn ones. A bare number speaks for all its variants, a full
            one for itself, and wins. Special keys: `unknown` (True: absent from answers; False: known whatever was
            drawn), `locations` (place → quantity; the total follows), `remove` (names of fields to leave out).
        image_origin: where image addresses lead.
    """

    drift: int = 0
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    image_origin: str = IMAGE_ORIGIN


FIRST_DAY: Final = World()


def spelled(part: str) -> str:
    """A part number as the stand-in looks it up: outer spaces and case do not matter."""
    return part.strip().upper()


def variants(part: str, world: World = FIRST_DAY) -> tuple[str, ...]:
    """The full part numbers with which an asked number is answered; none when it is unknown.

    A number with a suffix is answered with itself. Of 100 bare numbers about 85 have one suffixed variant, 7 have two
    and 8 are answered bare. 1.5 % are unknown, and so is whatever does not look like a part number.
    """
    asked = spelled(part)
    if not _POSSIBLE.fullmatch(asked):
        return ()
    base = asked.partition("=")[0]
    dice = Dice(base)
    numbers = (asked,) if "=" in asked else _variants_of(base, dice)
    unknown = base not in SAMPLE_VARIANT and dice.chance("unknown", 15)
    if world.overrides:
        return tuple(number for number in numbers if not _override(number, world).get("unknown", unknown))
    return () if unknown else numbers


def is_known(part: str, world: World = FIRST_DAY) -> bool:
    """True when an answer to `part` holds at least one line item (with `showNoStock`)."""
    return bool(variants(part, world))


def line_items(
    part: str, world: World = FIRST_DAY, *, show_no_stock: bool = True, show_location: bool = True
) -> list[dict[str, Any]]:
    """The line items that answer one asked part number, as they stand in the JSON; empty for an unknown part.

    Args:
        part: the number asked.
        world: day and overrides.
        show_no_stock: as in the request; False leaves out what has no stock.
        show_location: as in the request; False leaves out where the stock lies.
    """
    items = [line_item(number, world.drift, world.image_origin) for number in variants(part, world)]
    if world.overrides:
        items = [_overridden(item, _override(item["aviallPartNumber"], world)) for item in items]
    if not show_no_stock:
        items = [item for item in items if item.get("inStock")]
    if not show_location:
        for item in items:
            item.pop("locationAvailabilities", None)
    return items


def _variants_of(base: str, dice: Dice) -> tuple[str, ...]:
    if base in SAMPLE_VARIANT:
        return (SAMPLE_VARIANT[base],)
    kind = dice.throw("variants", 100)
    if kind < 8:  # noqa: PLR2004 - see `variants`
        return (base,)
    first = _SUFFIXES[dice.throw("suffix", len(_SUFFIXES))]
    if kind >= 15:  # noqa: PLR2004 - see `variants`
        return (f"{base}={first}",)
    others = sorted({*_SUFFIXES} - {first})
    return f"{base}={first}", f"{base}={others[dice.throw('second suffix', len(others))]}"


def _override(number: str, world: World) -> Mapping[str, Any]:
    base = number.partition("=")[0]
    return {**world.overrides.get(base, {}), **world.overrides.get(number, {})}


def _overridden(item: dict[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    if "locations" in override:
        _restock(item, dict(override["locations"]))
    elif "quantity" in override:
        places = item.get("locationAvailabilities") or [{"location": LOCATIONS[0]}]
        amount = override["quantity"]
        whole = isinstance(amount, int) and amount > 0
        _restock(item, {places[0]["location"]: amount} if whole else {})
    item.update({key: value for key, value in override.items() if key not in SPECIAL_KEYS})
    for name in override.get("remove", ()):
        item.pop(name, None)
    return item


def _restock(item: dict[str, Any], stock: dict[str, int]) -> None:
    item["locationAvailabilities"] = [{"location": place, "availQuantity": count} for place, count in stock.items()]
    item["quantity"] = sum(stock.values())
    item["inStock"] = item["quantity"] > 0
