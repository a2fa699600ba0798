"""Numbers drawn from a text: the same on every machine and in every run, and so cheap that a part can have thirty."""

from __future__ import annotations

from hashlib import shake_128
from struct import Struct
from typing import Final

_TOPICS: Final = (
    *("unknown", "variants", "suffix", "second suffix", "unasked"),
    *("name", "description", "country", "dimensions", "length", "width", "height", "weight", "heaviness"),
    *("eccn", "pma", "hazmat", "schedule", "supplier", "empty list"),
    *("price kind", "price scale", "price", "price tail", "price end"),
    *("stock", "stock in Germany", "first place", "some places", "few places", "stock scale"),
    *("Dallas Central", "Miami, FL", "Chicago, IL", "New York, NY", "Los Angeles, CA", "Goodyear AZ"),
    *("Anchorage, AK", "Germany CSC"),
    *("stock moves", "price moves", "price move"),
)
"""One throw each. New topics go to the end: then no figure drawn before changes."""

_PLACE: Final = {topic: place for place, topic in enumerate(_TOPICS)}
_THROWS: Final = Struct(f"<{len(_TOPICS)}I")


class Dice:
    """The dice of one text, usually a part number."""

    __slots__ = ("_throws",)

    def __init__(self, text: str) -> None:
        self._throws = _THROWS.unpack(shake_128(text.encode("utf-8", "surrogatepass")).digest(_THROWS.size))

    def throw(self, topic: str, below: int) -> int:
        """A number from 0 to `below` - 1 that depends on the text and the topic only."""
        return self._throws[_PLACE[topic]] % below

    def chance(self, topic: str, per_mille: int) -> bool:
        """True for `per_mille` of 1,000 texts."""
        return self._throws[_PLACE[topic]] % 1000 < per_mille
