"""A number of things as people read it: `1 part`, `3,342 parts`. Pure."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """A number with its noun, which is singular for exactly one: `counted(2, "part")` is `2 parts`."""
    return f"{number:,} {form(number, noun)}"


def form(number: int, one: str, several: str | None = None) -> str:
    """The form of a word that goes with a number: `form(2, "is", "are")` is `are`; the plural with an s by default."""
    return one if number == 1 else several or f"{one}s"
