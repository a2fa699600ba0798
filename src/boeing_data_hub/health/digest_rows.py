"""The rows behind the daily digest: counted over the batches of its period, never over everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.work.batch import Batch

_SQL: Final = beside(__file__)

_SKEW: Final = timedelta(hours=1)  # by which an answer may be older than one with a smaller id


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedBatches:
    """Batches of a type that ended, and what became of their items."""

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
class FailureGroup:
    """Parts that failed for the same cause, with one error and the first part numbers."""

    code: str
    parts: int
    error: str | None
    sample: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceMove:
    """A price that changed in the store; `percent` is None where the old price was 0."""

    sku: str
    old: str
    new: str
    percent: str | None


def batches_ended(work: Work, since: datetime, until: datetime) -> list[EndedBatches]:
    """The batches that ended, by type."""
    return [EndedBatches(**row) for row in work.rows(_SQL["batches_ended"], {"since": since, "until": until})]


def worst_batches(work: Work, since: datetime, until: datetime, *, limit: int) -> list[Batch]:
    """Batches that ended, those with the most failures first."""
    rows = work.rows(_SQL["worst_batches"], {"since": since, "until": until, "most": limit})
    return [Batch.from_row(row) for row in rows]


def outcomes(work: Work, since: datetime, until: datetime) -> dict[str, int]:
    """What became of the parts of batches that ended, by outcome; of searches as `found:` and the staged status."""
    rows = work.rows(_SQL["outcomes"], {"since": since, "until": until})
    return {row["outcome"]: row["parts"] for row in rows}


def failures(work: Work, since: datetime, until: datetime, *, limit: int) -> list[FailureGroup]:
    """Failed parts of batches that ended, by cause, the commonest first."""
    rows = work.rows(_SQL["failures"], {"since": since, "until": until, "most": limit})
    return [FailureGroup(**row) for row in rows]


def changed(work: Work, since: datetime, until: datetime) -> dict[str, int]:
    """How many products of the store were `created` and `updated`."""
    rows = work.rows(_SQL["changed"], {"since": since, "until": until})
    return {row["action"]: row["products"] for row in rows}


def price_moves(work: Work, since: datetime, until: datetime, *, limit: int) -> tuple[int, list[PriceMove]]:
    """How many prices changed in the store, and the largest changes."""
    rows = work.rows(_SQL["price_moves"], {"since": since, "until": until, "most": limit})
    return (rows[0]["moves"] if rows else 0), [
        PriceMove(**{name: value for name, value in row.items() if name != "moves"}) for row in rows
    ]


def sold_out(work: Work, since: datetime, until: datetime, *, limit: int) -> tuple[int, list[str]]:
    """How many products were set to no stock at all, and the first of them."""
    rows = work.rows(_SQL["sold_out"], {"since": since, "until": until, "most": limit})
    return (rows[0]["products"] if rows else 0), [row["sku"] for row in rows]


def answers(work: Work, since: datetime, until: datetime) -> int:
    """How many of Boeing's answers came, readable or not. Found by halving, for ids grow with time."""
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
