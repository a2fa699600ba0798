"""Starts checks of all published products at intervals; workers carry them out like those that people start."""

from __future__ import annotations

from typing import Final

from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify import current_store, store_job_rows

ACTOR: Final = "housekeeping"


def start(work: Work) -> bool:
    """Start a check of the current store. False if one is still running, or nothing was published."""
    shop = current_store.read(work)
    if shop is None or any(job.state == "open" for job in store_job_rows.latest(work, "check")):
        return False
    total = store_job_rows.count_to_look_at(work, shop, {})
    if not total:
        return False
    store_job_rows.add(work, shop=shop, kind="check", request={"skus": None, "prefix": None}, total=total, actor=ACTOR)
    return True
