"""Work that nobody does, and lines that rest. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from boeing_data_hub.reporting.checkup.finding import Advice, Finding, some, well
from boeing_data_hub.store.lost_work import LostWork

LEASES = Advice(
    "leases_expired",
    "lost work",
    "error",
    "work of dead workers that no sweep has freed",
    "Start the scheduler (`bdh beat`) and a worker for the queue default; it is freed within seconds then.",
)
STILL = Advice(
    "batches_still",
    "lost work",
    "error",
    "open batches without progress, though nothing is paused",
    "See that workers of the stage run, restart them, and read their logs; then `bdh batches show ID`.",
)
DOUBT = Advice(
    "products_in_doubt",
    "products in doubt",
    "warning",
    "a call's outcome is not known, and nobody is about to look",
    "Publish them again: that asks the store first, changes only what differs, and makes nothing twice.",
)
ORPHANS = Advice(
    "orphans_stay",
    "orphans",
    "warning",
    "products that are to leave the store, and do not",
    "`bdh store orphans` says why; the app's rights are the usual cause. `bdh store keep-orphan ID` lets one stay.",
)
BULK = Advice(
    "bulk_still",
    "bulk operations",
    "warning",
    "a bulk operation that has not moved for an hour",
    "See docs/operations.md, A bulk operation does not move; its parts are not lost.",
)
UNSENT = Advice(
    "notices_unsent",
    "notices",
    "warning",
    "a digest or a notice that nobody could be told",
    "Mend HUB_DIGEST_WEBHOOK_URL or the HUB_SMTP settings, then try with `bdh digest send`.",
)
PAUSED = Advice(
    "line_paused",
    "pauses",
    "warning",
    "the line to Boeing or to the store rests",
    "Mend what it says; it is tried again by itself. `bdh batches show ID` says when.",
)
_LINES = {"boeing": "Boeing", "shopify": "the store", "shopify-creates": "the store, for new products"}


def judge_left_lying(lost: LostWork) -> Iterator[Finding]:
    """What was left lying."""
    found = list(_found(lost))
    yield from found or [well("lost work", "Nothing is left lying, in doubt, or paused.")]


def _found(lost: LostWork) -> Iterator[Finding]:
    if lost.leases:
        yield LEASES.found(f"{lost.leases:,} leases ran out and nobody has freed their work.")
    if lost.still:
        yield STILL.found(f"Without progress for a quarter of an hour: {some([str(one) for one in lost.still])}.")
    if lost.doubtful:
        yield DOUBT.found(f"What a call has done to {some(lost.doubtful)} is not known, and nobody is about to look.")
    many, said = lost.orphans
    if many:
        yield ORPHANS.found(f"{many:,} products have been due to leave the store for an hour. {said or ''}".rstrip())
    for run, state, note in lost.bulk:
        yield BULK.found(f"The bulk operation {run} has been {state} for more than an hour. {note or ''}".rstrip())
    for channel in sorted({channel for channel, _ in lost.unsent}):
        said = [error for where, error in lost.unsent if where == channel]
        yield UNSENT.found(f"By {channel}, {len(said):,} could not be sent. {said[-1] or ''}".rstrip())
    for line, reason, since, note in lost.pauses:
        moment = since.strftime("%d %b %H:%M UTC") if since else "some time"
        yield PAUSED.found(f"The line to {_LINES.get(line, line)} rests since {moment}: {note or reason}.")
