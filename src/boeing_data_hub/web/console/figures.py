"""Template filters: numbers, times and texts for people. Pure; text from outside is made safe to show."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from boeing_data_hub.clock import now
from boeing_data_hub.values import counted as counting
from boeing_data_hub.values.money import places_written
from boeing_data_hub.work.rate_limit import RateLimit

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_NONE = "\u2013"
_JUST_NOW = 2  # seconds
_MONEY = frozenset({"price", "cost", "price_override"})
_LONG = 400  # characters of an outside text that are shown at once


def number(value: int | None) -> str:
    """12,345; a dash for None."""
    return _NONE if value is None else f"{value:,}"


def counted(value: int | None, noun: str) -> str:
    """A number with its noun, `3 days`; a dash for None."""
    return _NONE if value is None else counting.counted(value, noun)


def rate(value: float) -> str:
    """A rate: a whole number above ten, else with one decimal."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"  # noqa: PLR2004 - where a place no longer matters


def limit(allowed: RateLimit | None) -> str:
    """A rate limit in words: `20 calls a minute`."""
    if allowed is None:
        return "unlimited"
    unit = {1: "a second", _MINUTE: "a minute", _HOUR: "an hour", _DAY: "a day"}
    calls = f"{allowed.calls:,} call{'' if allowed.calls == 1 else 's'}"
    return f"{calls} {unit.get(round(allowed.window), f'in {duration(allowed.window)}')}"


def percent(part: int, whole: int) -> str:
    """A percentage, rounded down so that 100 means that all is done."""
    return f"{part * 100 // whole if whole else 0}%"


def share(value: float | None) -> str:
    """A share as a percentage with one decimal."""
    return _NONE if value is None else f"{value:.1%}"


def money(value: Decimal | None, currency: str | None) -> str:
    """An exact price: at least two decimals, more only if Boeing sent more."""
    if value is None:
        return _NONE
    return f"{value:,.{places_written(value)}f} {currency or ''}".rstrip()


def measure(value: Decimal | None) -> str:
    """An exact measure without trailing zeros."""
    return _NONE if value is None else f"{value.normalize():f}"


def duration(seconds: float | None) -> str:
    """About how long, in the two largest units: `45 s`, `3 min`, `2 h 10 min`, `3 d 4 h`."""
    if seconds is None:
        return _NONE
    whole = max(0, round(seconds))
    if not whole:
        return "less than 1 s"
    if whole < _MINUTE * 2:
        return f"{whole} s"
    if whole < _HOUR * 2 and whole != _HOUR:
        return f"{round(whole / _MINUTE)} min"
    if whole < _DAY * 2:
        hours, rest = divmod(whole, _HOUR)
        return f"{hours} h {rest // _MINUTE} min" if rest >= _MINUTE else f"{hours} h"
    days, rest = divmod(whole, _DAY)
    return f"{days} d {rest // _HOUR} h" if rest >= _HOUR else f"{days} d"


def span(low: float, high: float) -> str:
    """A range of durations, with the unit once if both ends have the same; one duration if they are equal."""
    first, last = duration(low), duration(high)
    if first == last:
        return first
    if round(low) <= 0:
        return f"under {last}"
    figure, _, unit = first.partition(" ")
    return f"{figure}\u2013{last}" if last.partition(" ")[2] == unit else f"{first} to {last}"


def clock(moment: datetime | None) -> str:
    """`14:05:09` today, else with the date."""
    if moment is None:
        return _NONE
    if moment.date() == now().date():
        return f"{moment:%H:%M:%S}"
    return f"{moment:%Y-%m-%d %H:%M}"


def ago(moment: datetime | None) -> str:
    """How long ago: `12 s ago`."""
    if moment is None:
        return "never"
    seconds = (now() - moment).total_seconds()
    return "just now" if seconds < _JUST_NOW else f"{duration(seconds)} ago"


def took(began: datetime, ended: datetime | None) -> str:
    """The duration, up to now if it has not ended."""
    return duration(((ended or now()) - began).total_seconds())


def visible(text: Any) -> str:
    """A text from outside with invisible and direction-changing characters made visible."""
    told = "" if text is None else str(text)
    if told.isprintable():
        return told
    return "".join(c if c == "\n" or not _hides(c) else f"[U+{ord(c):04X}]" for c in told)


def seen(text: Any) -> str:
    """A text to edit, without invisible and direction-changing characters, which publishing removes."""
    return "".join(c for c in str(text or "") if c == "\n" or not _hides(c))


def _hides(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def brief(text: Any, most: int = _LONG) -> str:
    """The beginning of a text from outside, made visible."""
    told = visible(text)
    return told if len(told) <= most else f"{told[:most].rstrip()} …"


def is_long(text: Any, most: int = _LONG) -> bool:
    """True if `brief` shortens the text."""
    return len(visible(text)) > most


def changed(field: str, value: Any) -> str:
    """An old or new value of a field: money to the cent, and `(empty)` for None."""
    if value is None or value in ("", []):
        return "(empty)"
    if field in _MONEY:
        try:
            return money(Decimal(str(value)), None)
        except ArithmeticError:
            return str(value)
    return told(value)


def without_state(sentence: str) -> str:
    """A run's message without the state at its beginning, which a badge shows."""
    state, colon, rest = sentence.partition(": ")
    return f"{rest[0].upper()}{rest[1:]}" if colon and rest and state.replace(" ", "").isalpha() else sentence


def told(value: Any) -> str:
    """A value of a listing as text: lists, weights and flags in words."""
    match value:
        case None | "":
            return _NONE
        case bool():
            return "yes" if value else "no"
        case {"value": amount, "unit": unit}:
            return f"{amount} {str(unit).lower()}"
        case list():
            entries = cast("list[Any]", value)
            return ", ".join(str(one) for one in entries) or _NONE
        case _:
            return str(value)
