"""Numbers drawn from a text: the same on every machine and in every run, and so cheap that a part can have thirty."""

from __future__ import annotations

from hashlib import shake_128
from struct import Struct
from typing import Final, Literal, get_args

Location = Literal[
    "Dallas Central",
    "Miami, FL",
    "Chicago, IL",
    "New York, NY",
    "Los Angeles, CA",
    "Goodyear AZ",
    "Anchorage, AK",
    "Germany CSC",
]
"""Every location seen, in its exact spelling: commas belong to the names, and one has none."""

Side = Literal["length", "width", "height"]

# fmt: off
Topic = Literal[
    "unknown", "variants", "suffix", "second suffix", "unasked",
    "name", "description", "country", "dimensions", Side, "weight", "heaviness",
    "eccn", "pma", "hazmat", "schedule", "supplier", "empty list",
    "price kind", "price scale", "price", "price tail", "price end",
    "stock", "stock in Germany", "first place", "some places", "few places", "stock scale",
    Location,
    "stock moves", "price moves", "price move",
    "no picture", "picture",
]
# fmt: on
"""What may be asked of the dice; the type checker refuses everything else.

One throw each. New topics go to the end: then no figure drawn before changes.
"""

TOPICS: Final[tuple[Topic, ...]] = get_args(Topic)

_PLACE: Final = {topic: place for place, topic in enumerate(TOPICS)}
_THROWS: Final = Struct(f"<{len(TOPICS)}I")


class Dice:
    """The dice of one text, usually a part number."""

    __slots__ = ("_throws",)

    def __init__(self, text: str) -> None:
        self._throws = _THROWS.unpack(shake_128(text.encode("utf-8", "surrogatepass")).digest(_THROWS.size))

    def throw(self, topic: Topic, below: int) -> int:
        """A number from 0 to `below` - 1 that depends on the text and the topic only."""
        return self._throws[_PLACE[topic]] % below

    def chance(self, topic: Topic, per_mille: int) -> bool:
        """True for `per_mille` of 1,000 texts."""
        return self._throws[_PLACE[topic]] % 1000 < per_mille
