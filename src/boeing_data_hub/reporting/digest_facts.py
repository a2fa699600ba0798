"""Reading what a digest tells: what changed, what failed, what waits for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from boeing_data_hub.model.batches import Batch
from boeing_data_hub.model.rates import Line, RateLimit
from boeing_data_hub.reporting.calendar import Period
from boeing_data_hub.store import digest, intents, notices, orphans, plans, products, sightings, staging
from boeing_data_hub.store import line as line_store
from boeing_data_hub.store.work import Work

MOST_COUNTED: Final = 10_000
_SHOWN: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits for a person at this moment.

    Attributes:
        in_doubt: products of which it is not known what a call has done, and nobody is about to look.
        reviews: staged parts that need a look, counted to `MOST_COUNTED`.
        unsent: notices that a receiver does not take.
    """

    conflicts: int
    orphans: int
    plans: int
    reviews: int
    in_doubt: int
    unsent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything a digest tells.

    Attributes:
        ended: by type of batch, sums over those that ended.
        outcomes: parts by outcome; those of searches begin with `found:`.
        changed: products of the store that were `created` and `updated`.
        price_moves, moved: how many prices moved, and the largest.
        sold_out_count, sold_out: how many products lost their last stock, and the first.
        answers: of Boeing; `possible`: calls the limit allowed, None without a limit.
        lines: outside lines that rest, by name, with who is called.
    """

    period: Period
    ended: list[dict[str, Any]]
    worst: list[Batch]
    outcomes: dict[str, int]
    changed: dict[str, int]
    price_moves: int
    moved: list[dict[str, Any]]
    sold_out_count: int
    sold_out: list[str]
    failures: list[dict[str, Any]]
    answers: int
    possible: int | None
    waiting: Waiting
    lines: dict[str, Line]


def gather(work: Work, period: Period, *, limit: RateLimit | None) -> Facts:
    """Read it all. What waits is told as of now, whatever the period."""
    since, until = period.since, period.until
    price_moves, moved = digest.price_moves(work, since, until, limit=_SHOWN)
    sold_out_count, sold_out = digest.sold_out(work, since, until, limit=_SHOWN)
    shop = products.current_shop(work)
    return Facts(
        period=period,
        ended=digest.batches_ended(work, since, until),
        worst=digest.worst_batches(work, since, until, limit=_SHOWN),
        outcomes=digest.outcomes(work, since, until),
        changed=digest.changed(work, since, until),
        price_moves=price_moves,
        moved=moved,
        sold_out_count=sold_out_count,
        sold_out=sold_out,
        failures=digest.failures(work, since, until, limit=_SHOWN),
        answers=digest.answers(work, since, until),
        possible=possible_calls(limit, since, until),
        waiting=Waiting(
            conflicts=sightings.open_conflicts(work),
            orphans=orphans.count_due(work),
            plans=plans.count_waiting(work),
            reviews=staging.count_up_to(work, MOST_COUNTED, status="needs_review"),
            in_doubt=len(intents.left_in_doubt(work, shop)) if shop else 0,
            unsent=len(notices.unsent(work)),
        ),
        lines={
            name: line
            for name in ("boeing", "shopify")
            if (line := line_store.look(work, name)[0]).pause_reason is not None
        },
    )


def possible_calls(limit: RateLimit | None, since: datetime, until: datetime) -> int | None:
    """How many calls the limit allows in a period; None: any number."""
    return None if limit is None else int((until - since).total_seconds() / 60 * limit.per_minute)
