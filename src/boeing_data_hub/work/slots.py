"""Recently granted rate-limit slots, counted per short interval, to show how much of the limit is in use. Pure.

Stored as text with the upstream: `RESOLUTION INTERVAL=COUNT ...`. Pacing does not depend on it.
"""

from __future__ import annotations

from datetime import datetime

_PARTS = 60  # intervals in a window


def granted(kept: str | None, window: float, *, first: datetime, gap: float, calls: int) -> str:
    """The text after `calls` slots were granted, `gap` seconds apart, the first one at `first`.

    Args:
        kept: the text so far; None, or the text of another window, counts as empty.
        window: seconds of the limit's window.
        first: time of the first slot.
        gap: seconds between two slots.
        calls: how many; a negative number returns as many, from `first` on.
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
    """The number of slots that began within the window that ends now, exact to a sixtieth of the window."""
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
