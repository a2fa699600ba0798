"""The queries behind the daily digest. They count only the batches of its period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.work.batch import Batch

_SQL: Final = beside(__file__)

_SKEW: Final = timedelta(hours=1)  # an answer may be this much older than one with a smaller id


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedBatches:
    """Finished batches of a type, and the outcomes of their items."""

    batch_type: str
    batches: int
    items: int
    normalized: int
    published: int
    failed: int
    not_for_sale: int
    cancelled: int
    reused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureCause:
    """Parts that failed for the same reason, with one error and the first part numbers."""

    code: str
    parts: int
    error: str | None
    sample: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceMove:
    """A price that changed in the store; `percent` is None if the old price was 0."""

    sku: str
    old: str
    new: str
    percent: str | None


def batches_ended(work: Work, since: datetime, until: datetime) -> list[EndedBatches]:
    """Batches that finished in the period, by type."""
    return work.records(EndedBatches, _SQL["batches_ended"], {"since": since, "until": until})


def worst_batches(work: Work, since: datetime, until: datetime, *, limit: int) -> list[Batch]:
    """Batches that finished in the period, those with the most failures first."""
    return work.records(Batch, _SQL["worst_batches"], {"since": since, "until": until, "most": limit})


def outcomes(work: Work, since: datetime, until: datetime) -> dict[str, int]:
    """Parts of finished batches by outcome; for searches `found:` and the staged status."""
    rows = work.rows(_SQL["outcomes"], {"since": since, "until": until})
    return {row["outcome"]: row["parts"] for row in rows}


def failures(work: Work, since: datetime, until: datetime, *, limit: int) -> list[FailureCause]:
    """Failed parts of finished batches by cause, the most frequent first."""
    return work.records(FailureCause, _SQL["failures"], {"since": since, "until": until, "most": limit})


def changed(work: Work, since: datetime, until: datetime) -> dict[str, int]:
    """The number of products `created` and `updated` in the store."""
    rows = work.rows(_SQL["changed"], {"since": since, "until": until})
    return {row["action"]: row["products"] for row in rows}


def price_moves(work: Work, since: datetime, until: datetime, *, limit: int) -> tuple[int, list[PriceMove]]:
    """The number of prices that changed in the store, and the largest changes."""
    rows = work.rows(_SQL["price_moves"], {"since": since, "until": until, "most": limit})
    return (rows[0]["moves"] if rows else 0), [
        PriceMove(**{name: value for name, value in row.items() if name != "moves"}) for row in rows
    ]


def sold_out(work: Work, since: datetime, until: datetime, *, limit: int) -> tuple[int, list[str]]:
    """The number of products that lost all their stock, and the first of them."""
    rows = work.rows(_SQL["sold_out"], {"since": since, "until": until, "most": limit})
    return (rows[0]["products"] if rows else 0), [row["sku"] for row in rows]


def answers(work: Work, since: datetime, until: datetime) -> int:
    """The number of Boeing's answers, readable or not. Uses a binary search, because ids grow with time."""
    edges = work.row(_SQL["answer_ids"])
    if edges is None or edges["low"] is None:
        return 0
    low, high = edges["low"], edges["high"]
    while low < high:
        row = work.row(_SQL["answer_from"], [(low + high) // 2])
        assert row is not None  # noqa: S101 - there is one at `high`
        if row["fetched_at"] < since - _SKEW:
            low = row["id"] + 1
        else:
            high = (low + high) // 2
    return work.value(_SQL["count_answers"], [low, since, until])
