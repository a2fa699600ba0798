"""What people are told at once, and not only in the morning: the worst, each once. Pure but for what it is handed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from boeing_data_hub.model.rates import Line
from boeing_data_hub.reporting.digest import plain
from boeing_data_hub.reporting.stuck import Stuck

_PASSING: Final = frozenset({"upstream", "limit"})  # such pauses end by themselves
_OUTSIDE: Final = {"boeing": "Boeing", "shopify": "The store"}
STUBBORN_AFTER: Final = 8
"""Tries to delete an orphan, over some eight minutes, after which somebody is told."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something a person should know now.

    Attributes:
        id: the same for as long as it is the same trouble, so that it is told once.
    """

    id: str
    message: str
    remedy: str


def alarms(
    lines: Mapping[str, Line], stuck: Sequence[Stuck], *, stubborn_orphans: int, now: datetime, after: float
) -> Iterator[Alarm]:
    """What is bad enough.

    Args:
        lines: to the outside, by name.
        stuck: work that does not get on.
        stubborn_orphans: products that could not be taken out of the store for long.
        now: the present moment.
        after: seconds for which no worker may serve a queue that has work.
    """
    for name, line in lines.items():
        if line.pause_reason is None or line.pause_reason in _PASSING:
            continue
        since = line.paused_since or now
        who = _OUTSIDE.get(name, name)
        said = line.pause_note or f"{who} cannot be called ({line.pause_reason})."
        remedy = "Nothing is lost, and no part fails because of it. `bdh doctor` says what is wrong."
        yield Alarm(f"alarm:{name}:{line.pause_reason}:{since:%Y%m%dT%H%M%S}", f"{who}: {said}", remedy)
    for one in stuck:
        if one.kind == "no_sweep":
            continue  # whoever reads this does what the sweep does
        if one.kind == "no_worker" and (one.since is None or now - one.since < timedelta(seconds=after)):
            continue
        since = f"{one.since:%Y%m%dT%H%M%S}" if one.since else f"{now:%Y%m%d}"
        yield Alarm(f"alarm:{one.kind}:{one.stage}:{since}", one.message, one.remedy)
    if stubborn_orphans:
        many = f"{stubborn_orphans:,} product{'s' if stubborn_orphans > 1 else ''}"
        message = f"{many} that should leave the store could not be deleted again and again."
        remedy = (
            "It is tried for as long as it takes. `bdh store orphans` says why; the app's rights are the usual cause."
        )
        yield Alarm(f"alarm:orphans:{now:%Y%m%d}", message, remedy)


def document(alarm: Alarm, *, console: str) -> dict[str, Any]:
    """An alarm in the form of a digest."""
    return {
        "kind": "alarm",
        "title": plain(f"Boeing Data Hub: {alarm.message}"),
        "console": console,
        "sections": [{"title": "What to do", "lines": [{"text": plain(alarm.remedy), "link": console}]}],
    }
