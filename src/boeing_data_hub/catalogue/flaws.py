"""Problems with values that Boeing sent: normalization records them, and screening judges them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Flaw(StrEnum):
    """What is wrong with a value."""

    UNREADABLE = "unreadable"
    NEGATIVE = "negative"
    DISAGREES = "disagrees"  #: Boeing's rows for one SKU contradict each other


@dataclass(frozen=True, slots=True)
class Problem:
    """An unusable value; `field` is Boeing's name for it."""

    field: str
    flaw: Flaw
