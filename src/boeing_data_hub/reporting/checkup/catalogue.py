"""Everything a checkup can find, with its remedy, in the order of the checks; documentation tables are made of it."""

from __future__ import annotations

from typing import Final

from boeing_data_hub.reporting.checkup import (
    boeing,
    broker,
    clocks,
    contradictions,
    given,
    images,
    interfaces,
    left_lying,
    postgres,
    running,
    staff,
    store,
)
from boeing_data_hub.reporting.checkup.finding import Advice

SUBJECTS: Final = {
    "Settings": (given, contradictions),
    "Postgres": (postgres,),
    "Workers and work": (staff, left_lying),
    "Redis": (broker,),
    "Boeing": (boeing,),
    "The store": (store,),
    "Images and folders": (images,),
    "API, keys, sign-in, clock": (interfaces, clocks),
    "Any of them": (running,),
}


def advice_by_subject() -> dict[str, list[Advice]]:
    """Every piece of advice, under the heading it belongs to."""
    return {
        title: [value for module in modules for value in vars(module).values() if isinstance(value, Advice)]
        for title, modules in SUBJECTS.items()
    }
