"""Checks of stalled work and of paused upstreams. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from boeing_data_hub.health import conditions
from boeing_data_hub.health.doctor.finding import Advice, Finding, advice_of, finding_of, some, well
from boeing_data_hub.health.lost_work import LostWork

LEASES = Advice(
    "leases_expired",
    "lost work",
    "error",
    "work of stopped workers that no sweep has freed",
    "Start the scheduler (`bdh beat`) and a worker for the queue default; then it is freed within seconds.",
)
STILL = Advice(
    "batches_still",
    "lost work",
    "error",
    "open runs without progress, although nothing is paused",
    "Check that workers of the stage are running, restart them, and read their logs; then `bdh batches show ID`.",
)
DOUBT = advice_of(conditions.IN_DOUBT, "products_in_doubt", "products in doubt")
ORPHANS = advice_of(conditions.LEFTOVERS_STAY, "orphans_stay", "orphans")
BULK = Advice(
    "bulk_still",
    "bulk operations",
    "warning",
    "a bulk operation that has not moved for an hour",
    "See docs/operations.md, A bulk operation does not move; its parts are not lost.",
)
PICTURES = Advice(
    "pictures_failed",
    "pictures",
    "warning",
    "images that the store could not process and that are not sent again automatically",
    "`bdh store pictures` shows Shopify's message. Check that it can fetch them, then publish these parts again.",
)
UNSENT = advice_of(conditions.UNDELIVERED, "notices_unsent", "notices")
FAILING = advice_of(
    conditions.TARGET_FAILING, "target_failing", "notices", "It is under Settings > Notifications in the console."
)
PAUSED = Advice(
    "line_paused",
    "pauses",
    "warning",
    "calls to Boeing or to the store are paused",
    "Fix what it says; the hub retries automatically. `bdh batches show ID` says when.",
)


def judge_stalled_work(lost: LostWork) -> Iterator[Finding]:
    """What is stalled."""
    found = list(_found(lost))
    yield from found or [well("lost work", "No stuck work.")]


def _found(lost: LostWork) -> Iterator[Finding]:
    if lost.leases:
        yield LEASES.found(f"{lost.leases:,} leases have expired and their work was not freed.")
    if lost.still:
        yield STILL.found(f"No progress for a quarter of an hour: {some([str(one) for one in lost.still])}.")
    if lost.doubtful:
        yield finding_of(conditions.IN_DOUBT.found(products=some(lost.doubtful)), DOUBT)
    if late := lost.leftovers.many:
        yield finding_of(conditions.leftovers_stay(late, lost.leftovers.error or ""), ORPHANS)
    for run in lost.bulk:
        yield BULK.found(
            f"The bulk operation {run.id} has been {run.state} for more than an hour. {run.note or ''}".rstrip()
        )
    if lost.pictures:
        yield PICTURES.found(f"The store could not process {lost.pictures:,} images after several attempts.")
    for channel, answers in lost.unsent.items():
        yield finding_of(conditions.undelivered(len(answers), channel, answers[-1]), UNSENT)
    for target in lost.failing:
        yield finding_of(conditions.TARGET_FAILING.found(target.name, said=target.failure), FAILING)
    for pause in lost.pauses:
        yield finding_of(pause, PAUSED)
