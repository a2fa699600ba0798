"""Estimates hourly how much of the catalogue is likely still correct, from the learned rates of change.

A part is correct while neither its price nor its stock has changed since Boeing's last answer. With a rate known
as a gamma distribution (`rates.py`), the chance of that after an age is `(days / (days + age)) ^ changes`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from boeing_data_hub.batches.retention import Portion
from boeing_data_hub.boeing import call_use
from boeing_data_hub.boeing.call_use import Used
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.sync.rates import PRICE_PRIOR, STOCK_PRIOR
from boeing_data_hub.work.rate_limit import RateLimit

_SQL: Final = beside(__file__)
_DAYS_SHOWN: Final = 7


@dataclass(frozen=True, slots=True)
class Estimate:
    """One estimate.

    Attributes:
        at: its time (UTC).
        parts: staged parts.
        likely_right: the expected share of parts whose price and stock match Boeing's, from 0 to 1.
        oldest: time of their oldest answer.
    """

    at: datetime
    parts: int
    likely_right: float
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Freshness:
    """The newest estimate (None if there is none yet, or no parts), a week of estimates, and who used the calls."""

    now: datetime
    estimate: Estimate | None
    week: list[Estimate]
    calls: Used


def measure(work: Work, _cursor: Any) -> Portion:
    """Make an estimate and save it. Reads the whole catalogue, which takes about 2 seconds for a million parts."""
    work.do(
        _SQL["measure"],
        {
            "price_changes": PRICE_PRIOR.changes,
            "price_days": PRICE_PRIOR.days,
            "stock_changes": STOCK_PRIOR.changes,
            "stock_days": STOCK_PRIOR.days,
        },
    )
    return Portion(0, is_last=True)


def look(work: Work, limit: RateLimit | None) -> Freshness:
    """Read the catalogue's freshness.

    Args:
        work: the transaction.
        limit: Boeing's rate limit.
    """
    week = msgspec.convert(work.rows(_SQL["since"], [_DAYS_SHOWN]), list[Estimate])
    return Freshness(work.value(_SQL["now"]), week[-1] if week else None, week, call_use.used(work, limit))
