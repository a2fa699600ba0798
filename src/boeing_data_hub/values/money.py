"""Exact numbers from the wire, and money. No binary float gets past this door, so what is stored is what Boeing said.

JSON is parsed with `parse_float=Decimal`; a float here is a mistake of the caller, not of the data.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

MAX_MONEY: Final = 1_000_000_000
"""Largest amount believed, either sign; with the largest markup allowed it still fits the price column."""

MONEY_PLACES: Final = 4
"""Decimal places kept of an amount, as many as the table keeps: what a price is computed from is what is stored."""

_CENT: Final = Decimal("0.01")
_ZERO: Final = Decimal(0)
# Our own context: the thread's might have been given fewer digits or other traps by a library.
_EXACT: Final = Context(prec=60, rounding=ROUND_HALF_UP)
_QUANTA: Final = tuple(Decimal(1).scaleb(-places) for places in range(13))

_LONGEST: Final = 40  # characters of a written number
# `1,234.50` is read, `1,5` is not: in half of the world that is one and a half.
_WRITTEN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?|\.[0-9]+)")


class BadNumber(ValueError):
    """The value is there, but is no number we can believe. The message never repeats it."""


def exact_number(value: object, *, largest: int, places: int) -> Decimal | None:
    """The number meant by a parsed JSON value; None for null and blank text.

    Args:
        value: int, Decimal or text such as `120.40`, ` .6 `, `1,234.50`. A boolean is no number.
        largest: greatest magnitude believed, either sign.
        places: decimal places kept, at most 12, rounding half up: further ones are noise of the sender's binary floats.

    Raises:
        BadNumber: not a number, not finite, or beyond `largest`.
        TypeError: a float.
    """
    if value is None:
        return None
    if isinstance(value, Decimal):
        number = value
    elif isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        if len(text) > _LONGEST or not _WRITTEN.fullmatch(text):
            raise BadNumber("not a number")
        number = Decimal(text.replace(",", ""))
    elif isinstance(value, int) and not isinstance(value, bool):
        if not -largest <= value <= largest:  # before a Decimal is made of a number with a thousand digits
            raise BadNumber("too large")
        number = Decimal(value)
    elif isinstance(value, float):
        raise TypeError("a float has lost digits already: parse JSON with parse_float=Decimal")
    else:
        raise BadNumber("not a number")
    return _bounded(number, largest, places)


def _bounded(number: Decimal, largest: int, places: int) -> Decimal:
    if not number.is_finite():
        raise BadNumber("not finite")
    if not number:
        return _ZERO
    # Neither step overflows, whatever the exponent: comparison looks at magnitudes first, and abs() would round.
    if number.copy_abs() > largest:
        raise BadNumber("too large")
    return _EXACT.quantize(number, _QUANTA[places]) or _ZERO


def parse_money(value: object) -> Decimal | None:
    """The amount meant by a parsed JSON value, to `MONEY_PLACES`; None when blank or null. It may be 0 or negative.

    Raises:
        BadNumber: not an amount, or beyond `MAX_MONEY`.
        TypeError: a float.
    """
    return exact_number(value, largest=MAX_MONEY, places=MONEY_PLACES)


def to_cents_half_up(amount: Decimal) -> Decimal:
    """The amount in whole cents; half a cent goes away from zero, as on an invoice."""
    return _EXACT.quantize(amount, _CENT)


def marked_up(base: Decimal, markup: Decimal) -> Decimal:
    """Our price, in whole cents: base x markup, rounded once, at the end."""
    return to_cents_half_up(_EXACT.multiply(base, markup))


def written(amount: Decimal) -> str:
    """An exact amount with at least two decimals, more only where they are not zero: `718.90`, `0.0125`."""
    return f"{amount:.{places_written(amount)}f}"


def places_written(amount: Decimal) -> int:
    """How many decimals `written` writes."""
    return max(2, -int(amount.normalize().as_tuple().exponent))
