"""Slots of a line that were granted of late, counted by small intervals, so that people see what the limit has left.

Pure. Kept as a short text beside the line: `RESOLUTION INTERVAL=COUNT ...`; the pace itself does not depend on it.
"""

from __future__ import annotations

from datetime import datetime

_PARTS = 60  # of a window


def granted(kept: str | None, window: float, *, first: datetime, gap: float, calls: int) -> str:
    """The text after a grant of `calls` slots, `gap` seconds apart, the first of them at `first`.

    Args:
        kept: the text before; None, or one that was kept for another window, counts as empty.
        window: seconds of the limit's window.
        first: moment of the first slot.
        gap: seconds between two slots.
        calls: how many; below 0: that many were given back, from `first` on.
    """
    size = window / _PARTS
    counts = _read(kept, size)
    start = first.timestamp()
    for number in range(abs(calls)):
        interval = int((start + number * gap) / size)
        counts[interval] = counts.get(interval, 0) + (1 if calls > 0 else -1)
    oldest = int(start / size) - _PARTS - 1
    held = sorted((at, count) for at, count in counts.items() if at > oldest and count > 0)
    return " ".join([f"{size:g}", *(f"{at}={count}" for at, count in held)])


def used(kept: str | None, window: float, now: datetime) -> int:
    """How many slots began within the window that ends now; exact to a sixtieth of the window."""
    size = window / _PARTS
    last = int(now.timestamp() / size)
    return sum(count for at, count in _read(kept, size).items() if last - _PARTS < at <= last)


def _read(kept: str | None, size: float) -> dict[int, int]:
    words = (kept or "").split()
    if not words or words[0] != f"{size:g}":
        return {}
    try:
        return {int(at): int(count) for at, _, count in (word.partition("=") for word in words[1:])}
    except ValueError:
        return {}
