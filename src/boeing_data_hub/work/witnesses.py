"""Witnesses: parts that show if Boeing accepts requests at all; and what happens when it accepts them again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)


def find(work: Work, *, but: Sequence[str] = ()) -> str | None:
    """A random part from the latest answers, except these; None if there is none."""
    return work.value(_SQL["find"], [list(but)])


def is_in_flight(work: Work, part_number: str) -> bool:
    """True if a running call requests this part."""
    return bool(work.value(_SQL["is_in_flight"], [part_number]))


def clear_error(work: Work, *, code: str) -> int:
    """Clear this error from the parts that wait because of it: Boeing was the cause, and accepts requests again."""
    return work.do(_SQL["clear_error"], [code])
