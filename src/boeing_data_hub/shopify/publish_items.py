"""The items of publish batches: which are due, which SKUs their part numbers stand for, and their outcomes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import msgspec

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify.item_moves import FALLS_BACK_AFTER, ItemMove, Postponed, Settled
from boeing_data_hub.shopify.publications import DueItem
from boeing_data_hub.work.batch import BatchOptions

_SQL: Final = beside(__file__)
_SUSPECT_AFTER: Final = 2  # crashes


@dataclass(frozen=True, slots=True)
class OutcomeCount:
    """How many parts of a run have the same state and outcome; `remarks`: how many of them have a remark."""

    outcome: str
    parts: int
    remarks: int


def resolve(work: Work, batch_id: UUID) -> None:
    """Set the SKUs of a new batch's part numbers: the staged SKU of that spelling, else those in Boeing's answer."""
    work.do(_SQL["resolve"], [batch_id])


def skus_of(work: Work, part_numbers: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The SKUs of part numbers, as `resolve` finds them; part numbers without a SKU are left out."""
    rows = work.rows(_SQL["skus_of"], [list(part_numbers)])
    return {row["number"]: tuple(row["skus"]) for row in rows if row["skus"]}


def part_numbers(work: Work, batch_id: UUID) -> list[str]:
    """The part numbers of a batch, in order."""
    rows = work.rows(_SQL["part_numbers"], [batch_id])
    return [row["part_number"] for row in rows]


def publishable_of(work: Work, batch_id: UUID, *, new_first: bool = False) -> list[str]:
    """The publishable SKUs that a search found, in list order.

    `new_first`: SKUs that are not in the store come first.
    """
    rows = work.rows(_SQL["publishable_of"], [batch_id, new_first])
    return [row["sku"] for row in rows]


def count_publishable(work: Work, batch_id: UUID, *, most: int) -> int | None:
    """How many publishable SKUs a search found, counted up to `most`; a SKU of two items counts twice.

    At most twice as many items are looked at: None if none of these is publishable, and there are more.
    """
    row = work.row(_SQL["count_publishable"], {"batch": batch_id, "most": most, "looked": most * 2})
    assert row is not None  # noqa: S101 - always one row
    return None if not row["parts"] and row["looked"] == most * 2 else row["parts"]


def outcomes(work: Work, batch_id: UUID) -> list[OutcomeCount]:
    """The results of the items of a publish batch, the most frequent first."""
    rows = work.rows(_SQL["outcomes"], [batch_id])
    return [OutcomeCount(row["outcome"], row["parts"], row["remarks"]) for row in rows]


def take_as_skus(work: Work, batch_id: UUID) -> None:
    """Take the part numbers of a new batch as SKUs, staged or not."""
    work.do(_SQL["take_as_skus"], [batch_id])


def bulk_batches(work: Work, *, at_least: int) -> list[UUID]:
    """Batches that use bulk operations and have at least that many items due, the oldest first. A batch with which
    workers have crashed counts with fewer: it is claimed in pieces, and a small piece stays in bulk.
    """
    given = {"least": at_least, "fallen": FALLS_BACK_AFTER, "suspect": _SUSPECT_AFTER}
    rows = work.rows(_SQL["bulk_batches"], given)
    return [row["id"] for row in rows]


def due_items(work: Work, *, wanted: int, but_not: Sequence[UUID] = (), only: UUID | None = None) -> list[DueItem]:
    """Up to `wanted` items that are due, from all open batches in turn; no worker holds any of their SKUs.

    Args:
        work: the transaction.
        wanted: most items.
        but_not: batches whose items wait for a bulk operation, except for items that are sent directly after all.
        only: items for a bulk operation of this batch.
    """
    rows = work.rows(
        _SQL["due_items"], {"wanted": wanted, "but_not": list(but_not), "only": only, "fallen": FALLS_BACK_AFTER}
    )
    if rows and _is_suspect(rows[0]):
        if only is None:
            return [_item(rows[0])]
        rows = rows[: _piece(rows[0]["total_items"], rows[0]["deaths"])]
    taken: set[str] = set()
    found: list[DueItem] = []
    for row in rows:
        if only is None and _is_suspect(row):
            continue  # its turn comes when it is the first
        skus = tuple(row["skus"] or ())
        if taken.intersection(skus):
            continue  # two batches want the same part: the second sees the result of the first
        taken.update(skus)
        found.append(_item(row))
    return found


def _is_suspect(row: Mapping[str, Any]) -> bool:
    """True if two workers crashed with it: it may be the cause, so it is published alone."""
    return row["deaths"] >= _SUSPECT_AFTER


def _piece(items: int, deaths: int) -> int:
    """How many items of a bulk batch are claimed after crashes: half of the batch, and half as many after each further
    crash, so that a part that crashes its workers is alone in the end, and the others stay in bulk.
    """
    return max(1, -(-items >> (deaths - _SUSPECT_AFTER + 1)))


def items_of_run(work: Work, run_id: UUID, batch_id: UUID) -> list[DueItem]:
    """The open items of a batch whose SKUs are open lines of a bulk operation."""
    rows = work.rows(_SQL["items_of_run"], [run_id, batch_id])
    return [_item(row) for row in rows]


def _item(row: dict[str, Any]) -> DueItem:
    options = msgspec.convert(row["options"], BatchOptions)
    return DueItem(
        batch_id=row["batch_id"],
        position=row["position"],
        part_number=row["part_number"],
        skus=tuple(row["skus"] or ()),
        attempts=row["attempts"],
        bulk_failures=row["bulk_failures"],
        cancelled=row["status"] == "cancelled",
        planned=options.planned,
        undo_of=options.undo_of,
        trace=options.trace,
    )


def anything_due(work: Work) -> int:
    """How many items are due, counted up to 200."""
    return work.value(_SQL["anything_due"])


def ahead(work: Work, shop: str, *, wanted: int, younger_than: float) -> list[str]:
    """SKUs that are due soon, unknown in this store, and not searched for there within `younger_than` seconds."""
    rows = work.rows(_SQL["ahead"], {"shop": shop, "wanted": wanted, "many": wanted * 4, "age": younger_than})
    return [row["sku"] for row in rows]


def cancelled_among(work: Work, batch_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these batches have been cancelled."""
    rows = work.rows(_SQL["cancelled_among"], [list(batch_ids)])
    return {row["id"] for row in rows}


def settle(work: Work, moves: Iterable[ItemMove]) -> dict[UUID, dict[str, int]]:
    """Move items that are still open. Returns the changes of the batches' counts."""
    every = list(moves)
    counted: dict[UUID, dict[str, int]] = defaultdict(dict)
    if ended := [one for one in every if isinstance(one, Settled)]:
        for row in work.rows(_SQL["settle"], _columns(ended)):
            counted[row["batch_id"]][row["state"]] = row["items"]
    if again := [one for one in every if isinstance(one, Postponed)]:
        work.do(_SQL["postpone"], _columns(again))
    return counted


def _columns(moves: Sequence[ItemMove]) -> list[list[Any]]:
    """Moves of one kind, as one list for each of its fields."""
    return [[getattr(one, name) for one in moves] for name in moves[0].__slots__]


def lost(work: Work, skus: Sequence[str], *, most: int) -> list[DueItem]:
    """Count a worker's crash at the items it held, which are due again at once. It does not count as a failed attempt.

    Returns:
        The items of a part that crashed so many workers, finally alone, that it must be set aside; they are still open.
    """
    rows = work.rows(_SQL["lost"], [list(skus)])
    alone = len({tuple(row["skus"]) for row in rows}) == 1
    return [_item(row) for row in rows if alone and row["deaths"] >= most]
