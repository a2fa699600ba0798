"""Figures and texts as people read them: the template filters. Pure; what comes from outside is made safe to show."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from boeing_data_hub.clock import now
from boeing_data_hub.model.rates import RateLimit

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_NONE = "\u2013"
_JUST_NOW = 2  # seconds
_LONG = 400  # characters of an outside text that are shown at once


def number(value: int | None) -> str:
    """12,345; a dash where there is none."""
    return _NONE if value is None else f"{value:,}"


def rate(value: float) -> str:
    """A rate: whole above ten, else with one place."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"  # noqa: PLR2004 - where a place no longer matters


def limit(allowed: RateLimit | None) -> str:
    """What a limit allows: `20 calls a minute`."""
    if allowed is None:
        return "unlimited"
    unit = {1: "a second", _MINUTE: "a minute", _HOUR: "an hour", _DAY: "a day"}
    calls = f"{allowed.calls:,} call{'' if allowed.calls == 1 else 's'}"
    return f"{calls} {unit.get(round(allowed.window), f'in {duration(allowed.window)}')}"


def percent(part: int, whole: int) -> str:
    """A share rounded down, so that 100 is said only when all is done."""
    return f"{part * 100 // whole if whole else 0} %"


def money(value: Decimal | None, currency: str | None) -> str:
    """An exact price: at least two places, more only where Boeing gave more."""
    if value is None:
        return _NONE
    places = max(2, -int(value.normalize().as_tuple().exponent))
    return f"{value:,.{places}f} {currency or ''}".rstrip()


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
    """A range of durations, said once where both ends sound the same."""
    first, last = duration(low), duration(high)
    return first if first == last else f"{first} to {last}"


def clock(moment: datetime | None) -> str:
    """`14:05:09` of today, else with its date."""
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
    """How long it took, or has taken so far."""
    return duration(((ended or now()) - began).total_seconds())


def visible(text: Any) -> str:
    """A text from outside with its invisible and direction-changing characters written out, so that nothing hides."""
    told = "" if text is None else str(text)
    if told.isprintable():
        return told
    return "".join(c if c == "\n" or not _hides(c) else f"[U+{ord(c):04X}]" for c in told)


def seen(text: Any) -> str:
    """A text to be edited, without the characters that hide or turn it round: publishing leaves them out."""
    return "".join(c for c in str(text or "") if c == "\n" or not _hides(c))


def _hides(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def brief(text: Any, most: int = _LONG) -> str:
    """The beginning of a text from outside, made visible."""
    told = visible(text)
    return told if len(told) <= most else f"{told[:most].rstrip()} …"


def is_long(text: Any, most: int = _LONG) -> bool:
    """Whether `brief` leaves something out."""
    return len(visible(text)) > most


def told(value: Any) -> str:
    """A value of a listing as text: a list, a weight, a flag, or what it says."""
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
