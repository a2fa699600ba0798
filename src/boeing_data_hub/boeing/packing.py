"""Fills Boeing calls completely, because calls are scarce. Suspect parts get separate calls, so that they do not spoil
others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """A part that waits. Parts of one `group` come from a split call, and are asked for together, without others."""

    part_number: str
    group: int | None = None


def pack(candidates: Sequence[Candidate], size: int, calls: int) -> list[list[str]]:
    """At most `calls` calls of at most `size` parts, in the order of the candidates, each part at most once.

    A group of more than `size` parts (the size was lowered since) makes several calls.

    Raises:
        ValueError: `size` is below 1.
    """
    if size < 1:
        raise ValueError("a call holds at least one part")
    packed: list[list[str]] = []
    filling: dict[int | None, list[str]] = {}  # the call being filled, for each group and for parts without one
    taken: set[str] = set()
    for candidate in candidates:
        if candidate.part_number in taken:
            continue
        taken.add(candidate.part_number)
        call = filling.get(candidate.group)
        if call is None or len(call) >= size:
            call = filling[candidate.group] = []
            packed.append(call)
        call.append(candidate.part_number)
    return packed[: max(0, calls)]


def split(parts: Sequence[str]) -> list[list[str]]:
    """The two halves of a call, to find the part that spoils it; the first is the smaller. One part is not split."""
    half = len(parts) // 2
    return [list(some) for some in (parts[:half], parts[half:]) if some]
