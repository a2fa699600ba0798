"""Parts that tell whether Boeing takes questions at all; and the end of a time in which it did not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)


def find(work: Work, *, but: Sequence[str] = ()) -> str | None:
    """A part that Boeing has answered in the latest answers, any of them but these; None where there is none."""
    return work.value(_SQL["find"], [list(but)])


def is_in_flight(work: Work, part_number: str) -> bool:
    """True if somebody is asking for this part right now."""
    return bool(work.value(_SQL["is_in_flight"], [part_number]))


def acquit(work: Work, *, code: str) -> int:
    """Let parts that wait for this reason count as untried again: the line was at fault, and is well now."""
    return work.do(_SQL["acquit"], [code])
