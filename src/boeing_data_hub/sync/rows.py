"""Sync's tables: what it knows about each part that it keeps up to date, and about the whole catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify import current_store
from boeing_data_hub.sync.choice import Candidate
from boeing_data_hub.sync.learning import Known, Lesson, Priors
from boeing_data_hub.sync.rates import PRICE_PRIOR, STOCK_PRIOR, Prior, Sums
from boeing_data_hub.work.due import DuePart

_SQL: Final = beside(__file__)
_ONE_REVIEW: Final = 7_204_030
_DEMAND_OF_DAYS: Final = 90

OWNER: Final = "sync"
"""The owner of sync's publish runs."""


@dataclass(frozen=True, slots=True)
class State:
    """What sync knows about the whole catalogue.

    Attributes:
        parts: how many sync keeps up to date, counted by the last round.
        next_call_at: sync makes no call before this time.
        reviewed_at: when the last round through the catalogue began.
        reached: the last SKU of the round so far; None: the round is complete.
        now: time of this reading, by the database's clock.
    """

    priors: Priors
    parts: int
    next_call_at: datetime
    reviewed_at: datetime
    reached: str | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """A part that sync should keep up to date; `is_known`: it has a row already, in the class `part_class`."""

    sku: str
    fetched_at: datetime
    price: Decimal | None
    in_stock: bool
    is_known: bool
    part_class: int | None
    price_changes: float
    stock_changes: float
    watched_days: float
    quoted: float
    sold: float


@dataclass(frozen=True, slots=True)
class Weighed:
    """A part's weight and class from a round; `at` is the time of its answer."""

    sku: str
    part_class: int
    weight: float
    quoted: float
    sold: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Changed:
    """A part waiting to be published since `changed_at`."""

    sku: str
    changed_at: datetime


def state(work: Work) -> State:
    """Read the state without locking it."""
    return _state(work.row(_SQL["state"]))


def hold_state(work: Work) -> State:
    """Read and lock the state."""
    return _state(work.row(_SQL["hold_state"]))


def _state(row: Mapping[str, Any] | None) -> State:
    assert row is not None  # noqa: S101 - the migration has made it
    price, stock = PRICE_PRIOR, STOCK_PRIOR
    if row["price_days"] is not None:
        price = Prior(row["price_changes"], row["price_days"])
        stock = Prior(row["stock_changes"], row["stock_days"])
    return State(
        Priors(price, stock), row["parts"], row["next_call_at"], row["reviewed_at"], row["reached"], row["now"]
    )


def save_next_call(work: Work, moment: datetime) -> None:
    """Note when the next call is due."""
    work.do(_SQL["save_next_call"], [moment])


def any_part(work: Work) -> bool:
    """True if there is a part to ask for."""
    return work.value(_SQL["any_part"])


def failing(work: Work, *, most: int) -> list[DuePart]:
    """Parts due for a retry after failed calls, those with the fewest failures first."""
    rows = work.rows(_SQL["failing"], [most])
    return [DuePart(row["sku"], row["failures"], None, untried=False) for row in rows]


def older_than(work: Work, seconds: float, *, most: int) -> list[str]:
    """The parts with the oldest answers, if older than this."""
    return [row["sku"] for row in work.rows(_SQL["older_than"], [seconds, most])]


def heads(work: Work) -> list[Candidate]:
    """The oldest part of each class."""
    return work.records(Candidate, _SQL["heads"])


def oldest_of(work: Work, classes: Sequence[int], *, each: int) -> list[Candidate]:
    """The oldest parts of each of these classes."""
    return work.records(Candidate, _SQL["oldest_of"], [list(classes), each])


def lock(work: Work, skus: Sequence[str]) -> list[Known]:
    """Read and lock what is known about those of these parts that sync keeps up to date."""
    return work.records(Known, _SQL["lock"], [list(skus)])


def answered(work: Work, moments: Mapping[str, datetime], *, absent: AbstractSet[str]) -> None:
    """Save when Boeing answered for these parts, and which of them it does not know."""
    values = {"skus": list(moments), "at": list(moments.values()), "absent": [sku in absent for sku in moments]}
    work.do(_SQL["answered"], {**values, "shop": current_store.read(work)})


def mark_overdue(work: Work, *, days: float) -> int:
    """Let parts be published that Boeing has not sold for so many days, so that they are archived. Returns how many."""
    return work.do(_SQL["overdue"], {"shop": current_store.read(work), "days": days})


def failed(work: Work, skus: Sequence[str], *, waits: Sequence[float]) -> None:
    """Save that a call for these parts failed; they wait as scheduled."""
    work.do(_SQL["failed"], {"skus": list(skus), "waits": list(waits)})


def save_lessons(work: Work, lessons: Sequence[Lesson]) -> None:
    """Save what was learned from answers."""
    rows = [{**msgspec.to_builtins(one), "changed": one.changed} for one in lessons]
    work.do(_SQL["learn"], {"shop": current_store.read(work), "rows": _json(rows)})


def changed(work: Work, *, limit: int) -> list[Changed]:
    """Parts waiting to be published; none while sync's last publish run is open."""
    return work.records(Changed, _SQL["changed"], {"owner": OWNER, "limit": limit})


def take_changed(work: Work, parts: Sequence[Changed]) -> bool:
    """Mark these as handed to a publish run. False if one of them was taken or changed meanwhile."""
    return work.do(_SQL["take_changed"], [[one.sku for one in parts], [one.changed_at for one in parts]]) == len(parts)


def one_review_at_a_time(work: Work) -> bool:
    """True if this transaction may continue the round; it then holds the lock."""
    return work.value(_SQL["one_review_at_a_time"], [_ONE_REVIEW])


def portion(work: Work, after: str, *, staged: bool, most: int) -> list[Member]:
    """The next parts to keep up to date, in SKU order; `staged`: including parts not in the store."""
    return work.records(
        Member,
        _SQL["portion"],
        {
            "after": after,
            "staged": staged,
            "shop": current_store.read(work),
            "limit": most,
            "days": _DEMAND_OF_DAYS,
        },
    )


def add(work: Work, parts: Sequence[Weighed]) -> None:
    """Start keeping these parts up to date."""
    if parts:
        work.do(_SQL["add"], [_json(parts)])


def weigh(work: Work, parts: Sequence[Weighed]) -> None:
    """Save the new weight and class of these parts."""
    if parts:
        lock(work, [one.sku for one in parts])
        work.do(_SQL["weigh"], [_json(parts)])


def drop_others(work: Work, *, after: str, last: str | None, kept: Sequence[str]) -> None:
    """Delete the parts between two SKUs that are not among these; `last` None: to the end."""
    work.do(_SQL["drop_others"], {"after": after, "last": last, "kept": list(kept)})


def save_reached(work: Work, reached: str | None, *, begins: bool) -> None:
    """Save the round's position; None: it is complete."""
    work.do(_SQL["save_reached"], {"reached": reached, "begins": begins})


def sums(work: Work) -> tuple[Sums, Sums]:
    """The sums of the evidence on prices, and of that on stock."""
    row = work.row(_SQL["sums"])
    assert row is not None  # noqa: S101 - an aggregate always has one row
    price, stock = (
        Sums(row[f"{kind}_c"], row["d"], row[f"{kind}_cc"], row[f"{kind}_cd"], row["dd"]) for kind in ("price", "stock")
    )
    return price, stock


def save_catalogue(work: Work, priors: Priors) -> None:
    """Save the catalogue's priors, and count its parts."""
    price, stock = priors.price, priors.stock
    work.do(_SQL["save_catalogue"], [price.changes, price.days, stock.changes, stock.days])


def _json(rows: Any) -> str:
    return msgspec.json.encode(rows).decode()
