"""All findings and their remedies, in the order of the checks; the documentation tables are generated from them."""

from __future__ import annotations

from typing import Final

from boeing_data_hub.health.doctor import (
    boeing_check,
    clocks,
    contradictions,
    images_check,
    interfaces,
    postgres_check,
    postgres_refusals,
    redis_check,
    running,
    settings_check,
    shopify_check,
    stalled_work,
    workers_check,
)
from boeing_data_hub.health.doctor.finding import Advice

SUBJECTS: Final = {
    "Settings": (settings_check, contradictions),
    "Postgres": (postgres_refusals, postgres_check),
    "Workers and work": (workers_check, stalled_work),
    "Redis": (redis_check,),
    "Boeing": (boeing_check,),
    "The store": (shopify_check,),
    "Images and folders": (images_check,),
    "API, keys, sign-in, clock": (interfaces, clocks),
    "Any of them": (running,),
}


def advice_by_subject() -> dict[str, list[Advice]]:
    """Every `Advice`, by heading."""
    return {
        title: [value for module in modules for value in vars(module).values() if isinstance(value, Advice)]
        for title, modules in SUBJECTS.items()
    }
