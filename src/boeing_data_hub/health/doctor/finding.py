"""Findings of the doctor, and the advice for each. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from boeing_data_hub.health.conditions import Condition, Kind

Level = Literal["ok", "skipped", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check.

    Attributes:
        name: what was checked, e.g. `postgres`.
        level: ok, skipped (it could not be checked), warning, or error.
        message: the finding, in a sentence or two. It contains no secret.
        remedy: what to do; empty if there is nothing to do.
        code: stable code of the finding, e.g. `postgres_password`; for ok, the name with `_ok`.
    """

    name: str
    level: Level
    message: str
    remedy: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """Something that can be wrong, and its remedy.

    Attributes:
        code: see `Finding`.
        name: see `Finding`.
        level: warning or error.
        meaning: when it is found, as a phrase for the documentation.
        remedy: what to do, with placeholders.
    """

    code: str
    name: str
    level: Literal["warning", "error"]
    meaning: str
    remedy: str

    def found(self, message: str, **words: object) -> Finding:
        """The finding, with the remedy's placeholders filled in."""
        return Finding(self.name, self.level, message, self.remedy.format(**words), self.code)


def advice_of(kind: Kind, code: str, name: str, more: str = "") -> Advice:
    """The doctor's advice for a condition, with the doctor's code and name.

    Args:
        kind: the condition, with its texts.
        code: see `Finding`.
        name: see `Finding`.
        more: what else to do, after the condition's own remedy.
    """
    remedy = f"{kind.remedy.replace('{about}', '{queue}')} {more}".strip()
    level = "error" if kind.level == "error" else "warning"
    return Advice(code, name, level, kind.meaning, remedy)


def finding_of(condition: Condition, advice: Advice) -> Finding:
    """The finding for a condition that holds."""
    level = "error" if condition.level == "error" else "warning"
    return Finding(advice.name, level, condition.message, advice.remedy.format(queue=condition.about), advice.code)


def well(name: str, message: str) -> Finding:
    """A finding without problems."""
    return Finding(name, "ok", message, "", f"{name.replace(' ', '_')}_ok")


def skipped(name: str, why: str, remedy: str = "") -> Finding:
    """A finding for something that could not be checked."""
    return Finding(name, "skipped", why, remedy, f"{name.replace(' ', '_')}_skipped")


def some(names: Sequence[str], most: int = 3) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
