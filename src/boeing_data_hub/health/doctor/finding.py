"""What a checkup finds, and what is to be done about each thing it can find. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from boeing_data_hub.health.conditions import Condition, Kind

Level = Literal["ok", "skipped", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at.

    Attributes:
        name: what, e.g. `postgres`.
        level: ok, skipped (it could not be looked at), warning, or error.
        message: what was found, in a sentence or two. It holds no secret.
        remedy: what to do about it; empty when all is well.
        code: the stable word for this very finding, e.g. `postgres_password`; of what is well, the name with `_ok`.
    """

    name: str
    level: Level
    message: str
    remedy: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing that can be wrong, and its remedy.

    Attributes:
        code: see `Finding`.
        name: see `Finding`.
        level: warning or error.
        meaning: when it is found; a half sentence for the documentation.
        remedy: what to do, with `{words}` to be filled in.
    """

    code: str
    name: str
    level: Literal["warning", "error"]
    meaning: str
    remedy: str

    def found(self, message: str, **words: object) -> Finding:
        """The finding, with the remedy's words filled in."""
        return Finding(self.name, self.level, message, self.remedy.format(**words), self.code)


def advice_of(kind: Kind, code: str, name: str, more: str = "") -> Advice:
    """The doctor's entry for a condition of the registry, under the code and name that the doctor gives it.

    Args:
        kind: words it.
        code: see `Finding`.
        name: see `Finding`.
        more: what else to do, after the condition's own remedy.
    """
    remedy = f"{kind.remedy.replace('{about}', '{queue}')} {more}".strip()
    level = "error" if kind.level == "error" else "warning"
    return Advice(code, name, level, kind.meaning, remedy)


def finding_of(condition: Condition, advice: Advice) -> Finding:
    """What the doctor says of a condition that holds."""
    level = "error" if condition.level == "error" else "warning"
    return Finding(advice.name, level, condition.message, advice.remedy.format(queue=condition.about), advice.code)


def well(name: str, message: str) -> Finding:
    """All is well with something."""
    return Finding(name, "ok", message, "", f"{name.replace(' ', '_')}_ok")


def skipped(name: str, why: str, remedy: str = "") -> Finding:
    """Something could not be looked at."""
    return Finding(name, "skipped", why, remedy, f"{name.replace(' ', '_')}_skipped")


def some(names: Sequence[str], most: int = 3) -> str:
    """The first few of them, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
