"""The faults switched on now, and the decision which of them strike a call. Dice are seeded: a run can be repeated."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from boeing_data_hub.errors import BadInput, NotFound
from boeing_data_hub_sandbox.boeing.answers import spelled
from boeing_data_hub_sandbox.boeing.fault_kinds import ANY, FAULTS, KINDS, Kind

_OWN_FIELDS: Final = ("kind", "call", "times", "probability", "seed", "parts", "after_calls", "options")


@dataclass(slots=True, kw_only=True)
class Fault:
    """One fault.

    Attributes:
        number: by which it is removed.
        kind: a name of `FAULTS`.
        call: oauth, part_token, price or any.
        times: how often it strikes; None: until it is removed.
        probability: with which it strikes a call that is eligible.
        seed: of its dice.
        parts: strikes only price calls that ask one of these; empty: any call.
        after_calls: so many eligible calls pass first.
        options: of the kind, defaults filled in.
        seen: eligible calls so far.
        fired: how often it struck.
    """

    number: int
    kind: str
    call: str
    times: int | None
    probability: float
    seed: int
    parts: frozenset[str]
    after_calls: int
    options: Mapping[str, Any]
    seen: int = 0
    fired: int = 0
    dice: random.Random = field(repr=False)

    def touches(self, part: str) -> bool:
        """True when a fault in the items of an answer concerns this asked part."""
        return not self.parts or spelled(part) in self.parts

    def strikes(self, call: str, parts: Sequence[str]) -> bool:
        """Decide about one call, and count."""
        if self.call not in {ANY, call} or (self.times is not None and self.fired >= self.times):
            return False
        if self.parts and not any(spelled(part) in self.parts for part in parts):
            return False
        self.seen += 1
        if self.seen <= self.after_calls or self.dice.random() >= self.probability:
            return False
        self.fired += 1
        return True

    def describe(self) -> dict[str, Any]:
        """The fault as JSON."""
        return {
            "id": self.number,
            "kind": self.kind,
            "call": self.call,
            "times": self.times,
            "probability": self.probability,
            "seed": self.seed,
            "parts": sorted(self.parts),
            "after_calls": self.after_calls,
            "options": dict(self.options),
            "seen": self.seen,
            "fired": self.fired,
        }


class FaultBook:
    """The faults in force, in the order in which they were added."""

    def __init__(self) -> None:
        self._faults: dict[int, Fault] = {}
        self._added = 0

    def __bool__(self) -> bool:
        return bool(self._faults)

    def add(self, wanted: Mapping[str, Any]) -> Fault:
        """Switch a fault on.

        Raises:
            BadInput: unknown kind, field or option, or a value out of range; the details list the kinds.
        """
        fault = _read(wanted, number=self._added + 1)
        self._added += 1
        self._faults[fault.number] = fault
        return fault

    def remove(self, number: int) -> None:
        """Switch one fault off.

        Raises:
            NotFound: there is none with this number.
        """
        if self._faults.pop(number, None) is None:
            raise NotFound(f"There is no fault {number}.")

    def clear(self) -> int:
        """Switch all faults off; how many there were."""
        count = len(self._faults)
        self._faults.clear()
        return count

    def describe(self) -> list[dict[str, Any]]:
        """All faults as JSON."""
        return [fault.describe() for fault in self._faults.values()]

    def draw(self, call: str, parts: Sequence[str] = (), *, down: bool = False) -> list[Fault]:
        """The faults that strike this call. `down` asks for outages only, which come before anything is looked at."""
        return [
            fault for fault in self._faults.values() if (fault.kind == "down") == down and fault.strikes(call, parts)
        ]


def _read(wanted: Mapping[str, Any], *, number: int) -> Fault:
    name = wanted.get("kind")
    if not isinstance(name, str) or name not in KINDS:
        raise _bad(f"There is no fault of kind {name!r}.")
    kind = KINDS[name]
    if unknown := sorted(set(wanted) - set(_OWN_FIELDS)):
        raise _bad(f"A fault has no field {', '.join(unknown)}; its fields are {', '.join(_OWN_FIELDS)}.")
    call = wanted.get("call") or kind.calls[0]
    if call not in kind.calls:
        raise _bad(f"A fault of kind {name} applies to {' or '.join(kind.calls)}, not to {call!r}.")
    times = wanted.get("times")
    if times is not None and not (_whole(times) and times >= 1):
        raise _bad("`times` is a whole number from 1 up, or null: until the fault is removed.")
    probability = wanted.get("probability", 1.0)
    if isinstance(probability, bool) or not isinstance(probability, int | float) or not 0 <= probability <= 1:
        raise _bad("`probability` is a number from 0 to 1.")
    seed, after_calls = wanted.get("seed", 0), wanted.get("after_calls", 0)
    if not _whole(seed) or not _whole(after_calls) or after_calls < 0:
        raise _bad("`seed` and `after_calls` are whole numbers.")
    return Fault(
        number=number,
        kind=name,
        call=call,
        times=times,
        probability=float(probability),
        seed=seed,
        parts=_parts(wanted.get("parts")),
        after_calls=after_calls,
        options=_options(name, kind, wanted.get("options")),
        dice=random.Random(seed),  # noqa: S311 - meant to be repeatable
    )


def _parts(wanted: Any) -> frozenset[str]:
    if wanted is None:
        return frozenset()
    parts: list[Any] = cast("list[Any]", wanted) if isinstance(wanted, list) else [None]
    if not all(isinstance(part, str) for part in parts):
        raise _bad("`parts` is a list of part numbers.")
    return frozenset(spelled(part) for part in parts)


def _options(name: str, kind: Kind, wanted: Any) -> dict[str, Any]:
    options: dict[str, Any] = {key: option.default for key, option in kind.options.items()}
    if wanted is None:
        return options
    if not isinstance(wanted, dict):
        raise _bad("`options` is an object.")
    for key, value in cast("dict[str, Any]", wanted).items():
        if key not in kind.options:
            raise _bad(f"A fault of kind {name} has no option {key!r}; it has {', '.join(kind.options) or 'none'}.")
        if not kind.options[key].accepts(value):
            raise _bad(f"The option {key!r} of {name} must be {kind.options[key].words}.")
        options[key] = value
    return options


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _bad(sentence: str) -> BadInput:
    return BadInput(sentence, code="bad_fault", details={"kinds": sorted(FAULTS)})
