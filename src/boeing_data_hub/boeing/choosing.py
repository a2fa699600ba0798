"""Chooses the calls of a claim: full ones, unless Boeing rejects calls. Pure.

A part that was rejected alone is not asked for again before another call was accepted, because another rejection would
prove nothing. The same holds for the last try of a part on which Boeing has failed in any way.
If nothing else waits, the control call asks for a part that Boeing certainly accepts; its answer is not stored.
While Boeing rejects everything, each try asks for one part that was never rejected, or makes the control call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from boeing_data_hub.boeing.packing import Candidate, pack
from boeing_data_hub.work import refusals
from boeing_data_hub.work.rates import UpstreamPace

STANDARD_PART: Final = "MS20470AD4-4"
"""A rivet of a public standard, for the control call if Boeing has not answered any part yet."""


@dataclass(frozen=True, slots=True)
class Waiting(Candidate):
    """A part that waits, with the results of its calls so far.

    Attributes:
        refused_at: when Boeing last rejected it, or answered with an error instead of a result, or failed on it so
            often that the next failure would be its last.
        untried: True if no call for it has failed.
    """

    refused_at: datetime | None = None
    untried: bool = True


@dataclass(frozen=True, slots=True)
class Chosen:
    """The calls to make. `control`: the one call is the control call."""

    calls: Sequence[Sequence[str]] = ()
    control: bool = False


def choose(waiting: Sequence[Waiting], pace: UpstreamPace, *, size: int, calls: int, probe: bool) -> Chosen:
    """The calls of a claim.

    Args:
        waiting: parts that are due, in the order in which they should be asked.
        pace: the upstream's state.
        size: part numbers in a call.
        calls: maximum number of calls.
        probe: the upstream is paused, and this one call tests if it works again.
    """
    if not waiting or calls < 1:
        return Chosen()
    if probe and pace.pause_reason == refusals.REFUSED:
        untried = next((part.part_number for part in waiting if part.untried), None)
        return Chosen(control=True) if untried is None else Chosen([[untried]])
    packed = pack(waiting, size, len(waiting))
    known = {part.part_number: part for part in waiting}
    telling = [
        call
        for call in packed
        if not refusals.needs_witness(pace, refused_before([known[part] for part in call]), alone=len(call) == 1)
    ]
    return Chosen(telling[:calls]) if telling else Chosen(control=True)


def refused_before(parts: Sequence[Waiting]) -> datetime | None:
    """When the last of these parts was rejected; None if not all of them were."""
    moments = [part.refused_at for part in parts]
    known = [moment for moment in moments if moment is not None]
    return max(known) if known and len(known) == len(moments) else None
