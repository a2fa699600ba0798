"""Every condition that people are notified about: its code, level, sentence and remedy. The overview, runs, the doctor
and notifications only render these. Pure. Pauses, whose sentences depend on the upstream, are in `pauses.py`.
"""

from __future__ import annotations

from typing import Final

from boeing_data_hub.health.condition import Condition, Kind
from boeing_data_hub.values.counted import counted, form

MOST_COUNTED: Final = 10_000
"""Counts stop here and say "or more": counting a million rows would take too long for a page."""


# Workers and stalled work. `about` is the queue.

NO_WORKER: Final = Kind(
    code="no_worker",
    level="error",
    meaning="a queue without a worker",
    message="No {about} worker is running. Its work waits; nothing is lost.",
    remedy="Start one: bdh worker {about}.",
    urgent=True,
)
QUIET_WORKER: Final = Kind(
    code="worker_quiet",
    level="warning",
    meaning="a worker that has missed its heartbeats",
    message="The {about} worker was last seen {seconds:.0f} s ago. After {silent_after:.0f} s it counts as stopped, "
    "and another worker takes over its work.",
)
NO_SCHEDULER: Final = Kind(
    code="no_sweep",
    level="error",
    meaning="no sweep has run recently, so failed calls are not retried",
    message="No scheduler is running: failed calls are not retried, and work of stopped workers is not taken over.",
    remedy="Start it and a default worker: bdh beat, bdh worker default.",
)
NO_PROGRESS: Final = Kind(
    code="no_progress",
    level="error",
    meaning="work is due and a worker is running, but nothing is done",
    message="{About} has made no progress since {clock} UTC although a worker is running. Nothing is lost.",
    remedy="Check the worker's log, then restart it: bdh worker {about}.",
    urgent=True,
)
HELD_LONG: Final = Kind(
    code="held_long",
    level="error",
    meaning="a worker keeps renewing its lease without finishing",
    message="Worker {worker} has been working on {parts} since {clock} UTC.",
    remedy="Restart that worker: another one takes over its work within seconds.",
    urgent=True,
)
NO_REDIS: Final = Kind(
    code="no_redis",
    level="error",
    meaning="Redis does not respond",
    message="Redis isn't responding. Current work continues; the rest resumes when Redis is back. Nothing is lost.",
    remedy="Check REDIS_URL and the Redis server.",
)

# What waits for a person.

CONFLICTS: Final = Kind(
    code="conflicts",
    level="warning",
    meaning="parts whose SKU another product in the store already has",
    message="{parts} already {exist} in your store as {another}. {Pronoun} won't be published until you decide.",
    remedy="Review.",
    link="/attention#conflicts",
)
LEFTOVERS: Final = Kind(
    code="leftovers",
    level="warning",
    meaning="leftover products that are to be removed",
    message="{products} {are} waiting to be removed from your store.",
    remedy="View.",
    link="/attention#orphans",
)
LEFTOVERS_STAY: Final = Kind(
    code="leftovers_stay",
    level="warning",
    meaning="leftover products that cannot be removed",
    message="{products} could not be removed from your store after several attempts. {said}",
    remedy="The hub keeps trying. `bdh store orphans` shows why; missing app scopes are the usual cause. "
    "`bdh store keep-orphan ID` keeps one in the store.",
    urgent=True,
)
PLANS: Final = Kind(
    code="plans",
    level="warning",
    meaning="publish plans that wait for approval",
    message="{plans} {are} waiting for approval.",
    remedy="Review.",
    link="/attention#plans",
)
ADOPTION: Final = Kind(
    code="adoption_plan",
    level="warning",
    meaning="a plan to link existing products waits for a decision",
    message="A plan to link {products} in your store to your parts is waiting for your decision.",
    remedy="Review.",
    link="/adoptions",
)
IN_DOUBT: Final = Kind(
    code="in_doubt",
    level="warning",
    meaning="the outcome of a call is unknown, and no check is scheduled",
    message="The outcome of a call for {products} is unknown, and no check is scheduled.",
    remedy="Publish them again: the hub asks the store first, changes only what differs, and creates no duplicates.",
)
REVIEWS: Final = Kind(
    code="reviews",
    level="warning",
    meaning="staged parts that need review",
    message="{many} {need} review.",
    remedy="View.",
    link="/parts?status=needs_review",
)
HELD_CHANGES: Final = Kind(
    code="held_changes",
    level="warning",
    meaning="changes that guards hold back until a person decides",
    message="{many} {are} waiting for review. Your store keeps what it has until you decide.",
    remedy="Review.",
    link="/reviews",
)
NOT_COMPARED: Final = Kind(
    code="store_comparison_failed",
    level="warning",
    meaning="the last comparison of the whole store did not succeed",
    message="The store could not be compared with what was published. {said}",
    remedy="Compare now",
    link="/differences",
)
LIST_NOT_REFRESHED: Final = Kind(
    code="list_not_refreshed",
    level="warning",
    meaning="a saved list that could not be read from its source",
    message="{lists} could not be read again, and what was read before stays. “{name}”: {said}",
    remedy="View.",
    link="/lists",
)
UNDELIVERED: Final = Kind(
    code="undelivered",
    level="warning",
    meaning="a digest or notification that could not be delivered",
    message="{notifications} could not be delivered by {about}. {said}",
    remedy="Correct HUB_DIGEST_WEBHOOK_URL or the HUB_SMTP settings, then try with `bdh digest send`.",
)
TARGET_FAILING: Final = Kind(
    code="target_failing",
    level="warning",
    meaning="a notification target that cannot be reached",
    message="Notifications can't be delivered to \u201c{about}\u201d. {said}",
    remedy="Correct it.",
    link="/settings/notifications",
)
FAILED_PARTS: Final = Kind(
    code="failed_parts",
    level="warning",
    meaning="a recent run with failures that have not been retried",
    message="{failed:,} of {parts} failed in {run}.",
    remedy="See why.",
    link="/runs/{id}",
)

# What a run normally waits for.

APPROVAL: Final = Kind(
    code="approval",
    level="info",
    meaning="a plan waits for approval",
    message="Waiting for approval (POST /api/plans/{id}/approve).",
)
BULK_IMPORT: Final = Kind(
    code="shopify_bulk_operation",
    level="info",
    meaning="Shopify is processing a bulk import",
    message="Shopify has processed {done:,} of {lines:,}. Results follow when the bulk import is finished.",
)
BULK_WAITS: Final = Kind(
    code="shopify_bulk_waits", level="info", meaning="other bulk imports of the store come first", message="{note}"
)
ACCESS_TOKEN: Final = Kind(
    code="access_token",
    level="info",
    meaning="a process fetches an access token",
    message="Waiting for an access token from {name}.",
)


def conflicts(number: int) -> Condition:
    """Parts whose SKU belongs to another product in the store."""
    return CONFLICTS.found(
        parts=counted(number, "part"),
        exist=form(number, "exists", "exist"),
        another=form(number, "another product", "other products"),
        Pronoun=form(number, "It", "They"),
    )


def leftovers(number: int) -> Condition:
    """Leftover products that are still in the store."""
    return LEFTOVERS.found(products=counted(number, "leftover product"), are=form(number, "is", "are"))


def leftovers_stay(number: int, said: str = "") -> Condition:
    """Leftover products that could not be removed, and the store's last message."""
    return LEFTOVERS_STAY.found(products=counted(number, "leftover product"), said=said)


def plans(number: int) -> Condition:
    """Plans waiting for approval."""
    return PLANS.found(plans=counted(number, "publish plan"), are=form(number, "is", "are"))


def reviews(number: int) -> Condition:
    """Staged parts that need review, counted up to `MOST_COUNTED`."""
    more = " or more" if number >= MOST_COUNTED else ""
    return REVIEWS.found(many=f"{number:,}{more}", need=form(number, "part needs", "parts need"))


def held_changes(number: int) -> Condition:
    """Changes that guards hold back, counted up to `MOST_COUNTED`."""
    more = " or more" if number >= MOST_COUNTED else ""
    return HELD_CHANGES.found(
        many=f"{number:,}{more} {form(number, 'change', 'changes')}", are=form(number, "is", "are")
    )


def undelivered(number: int, channel: str, said: str = "") -> Condition:
    """Notifications that a receiver rejects, and its last message."""
    return UNDELIVERED.found(channel, notifications=counted(number, "notification"), said=said)
