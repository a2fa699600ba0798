"""Retention of batch data: idempotency keys, items, changes and plans.

Rows are removed in portions of a few hundred to a few thousand, by an index, so that nothing waits long for their
locks. Data of open batches is always kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.work.batch import OUR_KEYS, Batch

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line for the log about what a portion did, written once its transaction is committed."""

    level: Literal["warning", "error"]
    event: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Portion:
    """The result of a portion.

    Attributes:
        removed: number of rows.
        cursor: where the next portion begins.
        is_last: True if the round is finished.
        log: what it says in the log.
    """

    removed: int
    cursor: Any = None
    is_last: bool = False
    log: Sequence[LogLine] = ()


ROWS: Final = 5_000
FAT_ROWS: Final = 1_000
"""For rows that contain whole products."""
_BATCHES: Final = 200

# --- Idempotency keys -------------------------------------------------------------------------------------------------


def release_keys(work: Work, days: int, _cursor: Any) -> Portion:
    """Release the idempotency keys of batches that finished `days` ago, so that they can be used again."""
    released = work.do(_SQL["release_keys"], {"days": days, "ours": list(OUR_KEYS), "most": ROWS})
    return Portion(released, is_last=released < ROWS)


def count_keys(work: Work, days: int) -> int:
    """How many keys would be released."""
    return work.value(_SQL["count_keys"], {"days": days, "ours": list(OUR_KEYS)})


# --- Details of ended batches -----------------------------------------------------------------------------------------


def remove_items(work: Work, days: int, cursor: Any) -> Portion:
    """Remove items and plans of batches that finished `days` ago.

    The first portion records it in the batches, so that no failures are not confused with deleted ones. The cursor
    holds the chosen batches that remain: id, number of items, and the position up to which they are deleted.
    """
    chosen: list[list[Any]] = cursor or [
        [row["id"], row["total_items"], 0]
        for row in work.rows(_SQL["choose_for_items"], {"days": days, "most": _BATCHES})
    ]
    if not chosen:
        return Portion(0, is_last=True)
    removed, room = 0, ROWS
    while chosen and room > 0:
        batch, total, gone = chosen[0]
        upto = min(total, gone + room)
        # By a range of the key: otherwise each portion would scan all deleted rows again.
        removed += work.do(_SQL["remove_items"], [batch, gone, upto])
        removed += work.do(_SQL["remove_plan_items"], [batch, gone, upto])
        work.do(_SQL["remove_lines"], [batch, gone, upto])  # they belong to the items
        room -= upto - gone
        if upto < total:
            chosen[0] = [batch, total, upto]
        else:
            chosen.pop(0)
    return Portion(removed, chosen or None)


def count_items(work: Work, days: int) -> int:
    """How many items would be removed, without parts of plans."""
    return work.value(_SQL["count_items"], {"days": days})


def remove_changes(work: Work, days: int, cursor: Any) -> Portion:
    """Remove the undo data of publish runs that finished `days` ago; their rows record that they can no longer be
    undone.

    The cursor holds the chosen batches that remain, and the last deleted SKU of the first one.
    """
    chosen, last = (cursor["batches"], cursor["last"]) if cursor else (_choose_for_changes(work, days), "")
    if not chosen:
        return Portion(0, is_last=True)
    room = FAT_ROWS
    while chosen and room > 0:
        gone = work.row(_SQL["remove_changes"], {"batch": chosen[0], "last": last, "room": room})
        assert gone is not None  # noqa: S101 - an aggregate always has one row
        if gone["rows"] < room:
            chosen.pop(0)
        last = gone["last"] if gone["rows"] == room else ""
        room -= gone["rows"]
    return Portion(FAT_ROWS - room, {"batches": chosen, "last": last} if chosen else None)


def _choose_for_changes(work: Work, days: int) -> list[str]:
    values: dict[str, Any] = {"days": days, "most": _BATCHES}
    held = work.rows(_SQL["hold_for_changes"], values)
    # Checked again under the lock: an undo may have been accepted meanwhile.
    rows = work.rows(_SQL["choose_for_changes"], {**values, "held": [row["id"] for row in held]})
    return [row["id"] for row in rows]


def count_changes(work: Work, days: int) -> int:
    """How many rows would be removed."""
    return work.value(_SQL["count_changes"], {"days": days})


# --- Plans nobody approved --------------------------------------------------------------------------------------------


def next_old_plan(work: Work, days: int) -> Any:
    """The id of a plan that has waited for `days`, or None."""
    return work.value(_SQL["next_old_plan"], {"days": days})


def count_plans(work: Work, days: int) -> int:
    """How many have."""
    return work.value(_SQL["count_plans"], {"days": days})


def hold(work: Work, batch_id: UUID) -> Batch | None:
    """Lock a finished batch until the commit, so that its data is not removed between a check and the decision based on
    it.
    """
    return work.record(Batch, _SQL["hold"], [batch_id])
