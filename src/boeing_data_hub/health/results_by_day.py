"""How many parts were published and how many failed on each day, for the overview."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True)
class DayOfResults:
    """One day (UTC): parts that runs published, and parts that failed in runs of any kind."""

    day: date
    published: int
    failed: int


def by_day(work: Work, *, days: int) -> list[DayOfResults]:
    """The last `days` days, today included and last, each with its figures or zeros."""
    return work.records(DayOfResults, _SQL["by_day"], {"days": days})
