"""What the stand-in knows of one full part number: drawn from the number, so that it is the same forever.

Types and spellings are the real
service's, its oddities included: weights are strings without a leading zero, absent list prices are 0.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Any, Final, get_args

from boeing_data_hub_sandbox.boeing.dice import Dice, Location, Side
from boeing_data_hub_sandbox.boeing.samples import SAMPLES, Sample

LOCATIONS: Final[tuple[Location, ...]] = get_args(Location)
"""Every location seen."""

_NOUNS = (
    "GASKET, O-RING",
    "VENT,",
    "SEAL, LIP",
    "VALVE, CHECK",
    "FILTER ELEMENT, FLUID",
    "BRACKET,",
    "LAMP, INCANDESCENT",
    "HOSE ASSY,",
    "BEARING, BALL, ANNULAR",
    "SWITCH, PUSH",
)
_SUPPLIERS = ("Monogram Systems", "Donaldson Company", "Parker Hannifin", "Eaton", "Champion Aerospace", "Pall", "")
_COUNTRIES = ("United States",) * 7 + ("France", "United Kingdom", "Mexico")
_ECCN = ("EAR99", "EAR99", "9A991.d", "9A991.d", "9A610.x", "")
_HAZMAT = ("ZND", "N", "")
_PRICE_MOVES = (5, 50, 66, 94, 108, 130, 200)
"""Per cent of the former price: the jumps seen, down to a twentieth."""
_ANY_PLACES: Final = 1 << len(LOCATIONS)
IMAGE_ORIGIN: Final = "https://www.aviall.com"
_IMAGE: Final = "{}/content-images/{}_280.JPG"


def line_item(number: str, drift: int, image_origin: str = IMAGE_ORIGIN) -> dict[str, Any]:
    """The full line item of a part number, stock and locations included.

    Args:
        number: full part number, suffix and all, as Boeing spells it.
        drift: 0 for the figures every run starts with; each other value is another day, on which about 40 % of the
            quantities and 5 % of the prices are different ones.
        image_origin: where the image addresses lead.
    """
    sample = SAMPLES.get(number, _NOTHING_KNOWN)
    dice = Dice(number)
    day = Dice(f"{drift}|{number}") if drift else None
    list_cents, net_cents = _prices(number, dice, sample, day)
    stock, quantity = _stock(dice, sample, day)
    image = _IMAGE.format(image_origin, number.replace("/", "%2F").replace(" ", "%20"))
    item: dict[str, Any] = {
        "aviallPartNumber": number,
        "name": _descriptions().get(number.partition("=")[0]) or _NOUNS[dice.throw("name", len(_NOUNS))],
        "description": "" if dice.chance("description", 800) else "AIRCRAFT PART, NEW",
        "baseUOM": "EA",
        "countryOfOrigin": _COUNTRIES[dice.throw("country", len(_COUNTRIES))],
        "dim": "" if dice.chance("dimensions", 200) else _dimensions(dice),
        "dimUOM": "IN",
        "weight": _decimal(1 + dice.throw("weight", 10 ** (1 + dice.throw("heaviness", 4)))),
        "weightUOM": "LB",
        "eccn": _ECCN[dice.throw("eccn", len(_ECCN))],
        "faaApprovalCode": "PMA" if dice.chance("pma", 300) else "",
        "hazmatCode": _HAZMAT[dice.throw("hazmat", len(_HAZMAT))],
        "scheduleBCode": f"84{dice.throw('schedule', 10**8):08d}",
        "inStock": quantity > 0,
        "listPrice": _amount(list_cents),
        "netPrice": _amount(net_cents),
        "quantity": quantity,
        "supplierName": _SUPPLIERS[dice.throw("supplier", len(_SUPPLIERS))],
        "productImage": image,
        "thumbnailImage": image,
    }
    # Out of stock, the real service gives an empty list for some parts and no list for others.
    if stock or dice.chance("empty list", 500):
        item["locationAvailabilities"] = [{"location": place, "availQuantity": count} for place, count in stock.items()]
    if sample.fields:
        item.update(sample.fields)
    return item


_NOTHING_KNOWN = Sample()


def _prices(number: str, dice: Dice, sample: Sample, day: Dice | None) -> tuple[int, int]:
    """List and net price in cents."""
    if sample.list_cents is not None and sample.net_cents is not None:
        listed, net = sample.list_cents, sample.net_cents
    else:
        listed = net = _fresh_price(dice)
        kind = dice.throw("price kind", 1000)
        if kind < 150:  # noqa: PLR2004 - 12 of 79 real parts have a net price only
            listed = 0
        elif kind < 540 and number.endswith("=K3"):  # noqa: PLR2004 - a fifth of all, for only K3 is ever cheaper
            net = (listed * 886 + 500) // 1000
    if day and day.chance("price moves", 50):
        move = _PRICE_MOVES[day.throw("price move", len(_PRICE_MOVES))]
        listed, net = listed * move // 100, max(1, net * move // 100)
    return listed, net


def _fresh_price(dice: Dice) -> int:
    scale = 10 ** dice.throw("price scale", 4)
    cents = (100 + dice.throw("price", 900)) * scale + dice.throw("price tail", scale)
    # A good part of real prices are whole, some have one decimal: both reach the wire without trailing zeros.
    match dice.throw("price end", 10):
        case 0 | 1:
            return max(100, cents // 100 * 100)
        case 2:
            return cents // 10 * 10
        case _:
            return cents


def _stock(dice: Dice, sample: Sample, day: Dice | None) -> tuple[dict[str, int], int]:
    """Stock per location, and the total."""
    if day and day.chance("stock moves", 400):
        dice = day
    elif sample.stock is not None:
        stock = dict(sample.stock)
        return stock, sum(stock.values()) if sample.quantity is None else sample.quantity
    kind = dice.throw("stock", 1000)
    if kind < 63:  # noqa: PLR2004 - 5 of 79 real parts are out of stock
        return {}, 0
    if kind < 83:  # noqa: PLR2004 - 2 of 79 lie in Germany only
        stock = {"Germany CSC": 1 + dice.throw("stock in Germany", 60)}
    else:
        # One place that is not Germany, for that is the case above, and each other place with one chance in four.
        places = 1 << dice.throw("first place", len(LOCATIONS) - 1)
        places |= dice.throw("some places", _ANY_PLACES) & dice.throw("few places", _ANY_PLACES)
        most = (5, 50, 500)[dice.throw("stock scale", 3)]
        stock = {place: 1 + dice.throw(place, most) for bit, place in enumerate(LOCATIONS) if places >> bit & 1}
    return stock, sum(stock.values())


@cache
def _descriptions() -> dict[str, str]:
    """Names of the standard parts of the sample list, so that a demo shows bolts as bolts."""
    text = files("boeing_data_hub_sandbox").joinpath("part-numbers.csv").read_text("utf-8")
    return {row["part_number"]: row["description"] for row in csv.DictReader(text.splitlines())}


def _dimensions(dice: Dice) -> str:
    return f"{_length(dice, 'length')} x {_length(dice, 'width')} x {_length(dice, 'height')}"


def _length(dice: Dice, side: Side) -> str:
    return _decimal(50 * (1 + dice.throw(side, 40)))


def _decimal(hundredths: int) -> str:
    """As the real service writes decimals: `.6`, `1.25`, `12`."""
    whole, rest = divmod(hundredths, 100)
    if not rest:
        return str(whole)
    return f"{whole or ''}.{rest:02d}".rstrip("0")


def _amount(cents: int) -> int | float:
    """A price as JSON carries it. Two decimals survive a float's repr exactly, so no Decimal is lost on the wire."""
    return cents // 100 if cents % 100 == 0 else cents / 100
