"""The contents of a digest: what changed, what failed, and what waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.health import attention, digest_rows, pauses
from boeing_data_hub.health.attention import Attention
from boeing_data_hub.health.calendar import Period
from boeing_data_hub.health.conditions import Condition
from boeing_data_hub.health.digest_rows import EndedBatches, FailureCause, PriceMove
from boeing_data_hub.work import upstreams
from boeing_data_hub.work.batch import Batch
from boeing_data_hub.work.rate_limit import RateLimit

_SHOWN: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything in a digest.

    Attributes:
        ended: by type of batch.
        outcomes: number of parts by outcome; outcomes of searches begin with `found:`.
        changed: number of products `created` and `updated` in the store.
        price_moves, moved: how many prices moved, and the largest.
        sold_out_count, sold_out: how many products lost their last stock, and the first.
        answers: number of Boeing's answers; `possible`: calls that the limit allowed, None without a limit.
        waiting: what waits for a person now.
        pauses: current pauses of Boeing and of the store.
    """

    period: Period
    ended: Sequence[EndedBatches]
    worst: list[Batch]
    outcomes: dict[str, int]
    changed: dict[str, int]
    price_moves: int
    moved: Sequence[PriceMove]
    sold_out_count: int
    sold_out: list[str]
    failures: Sequence[FailureCause]
    answers: int
    possible: int | None
    waiting: Attention
    pauses: Sequence[Condition]


def gather(work: Work, period: Period, *, limit: RateLimit | None) -> Facts:
    """Read the facts of a period. What waits for a person is as of now."""
    since, until = period.since, period.until
    price_moves, moved = digest_rows.price_moves(work, since, until, limit=_SHOWN)
    sold_out_count, sold_out = digest_rows.sold_out(work, since, until, limit=_SHOWN)
    return Facts(
        period=period,
        ended=digest_rows.batches_ended(work, since, until),
        worst=digest_rows.worst_batches(work, since, until, limit=_SHOWN),
        outcomes=digest_rows.outcomes(work, since, until),
        changed=digest_rows.changed(work, since, until),
        price_moves=price_moves,
        moved=moved,
        sold_out_count=sold_out_count,
        sold_out=sold_out,
        failures=digest_rows.failures(work, since, until, limit=_SHOWN),
        answers=digest_rows.answers(work, since, until),
        possible=possible_calls(limit, since, until),
        waiting=attention.everything(work),
        pauses=[
            pause
            for name in ("boeing", "shopify")
            if (pause := pauses.pause_of(name, upstreams.look(work, name)[0])) is not None
        ],
    )


def possible_calls(limit: RateLimit | None, since: datetime, until: datetime) -> int | None:
    """The number of calls that the limit allows in a period; None: unlimited."""
    return None if limit is None else int((until - since).total_seconds() / 60 * limit.per_minute)
