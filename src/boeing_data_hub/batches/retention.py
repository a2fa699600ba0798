"""How long what belongs to batches is kept: keys, items, changes, plans. Removed in portions, counted as a whole.

A portion is a few hundred to a few thousand rows by an index, so that nobody waits for one. What an open batch needs
has no term.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.work.batch import OUR_KEYS, Batch

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True)
class Portion:
    """What a portion came to.

    Attributes:
        removed: rows.
        cursor: where the next portion begins.
        is_last: nothing more is to be done in this round.
    """

    removed: int
    cursor: Any = None
    is_last: bool = False


ROWS: Final = 5_000
FAT_ROWS: Final = 1_000
"""Of rows with whole products in them."""
_BATCHES: Final = 200

# --- Idempotency keys -------------------------------------------------------------------------------------------------


def release_keys(work: Work, days: int, _cursor: Any) -> Portion:
    """Release the keys of batches that ended so long ago: they may be used for something new."""
    released = work.do(_SQL["release_keys"], {"days": days, "ours": list(OUR_KEYS), "most": ROWS})
    return Portion(released, is_last=released < ROWS)


def count_keys(work: Work, days: int) -> int:
    """How many would be released."""
    return work.value(_SQL["count_keys"], {"days": days, "ours": list(OUR_KEYS)})


# --- Details of ended batches -----------------------------------------------------------------------------------------


def remove_items(work: Work, days: int, cursor: Any) -> Portion:
    """Remove items and plans of batches that ended so long ago. The first portion says so in their rows, so that nobody
    is told that nothing failed where what failed is only gone.

    The cursor is what is left of the batches that were chosen: id, items, and up to which position they are gone.
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
        # By a stretch of the key: a search for what is left would pass all that is gone again with each portion.
        removed += work.do(_SQL["remove_items"], [batch, gone, upto])
        removed += work.do(_SQL["remove_plan_items"], [batch, gone, upto])
        room -= upto - gone
        if upto < total:
            chosen[0] = [batch, total, upto]
        else:
            chosen.pop(0)
    return Portion(removed, chosen or None)


def count_items(work: Work, days: int) -> int:
    """How many items would go; parts of plans are not counted beside them."""
    return work.value(_SQL["count_items"], {"days": days})


def remove_changes(work: Work, days: int, cursor: Any) -> Portion:
    """Remove what publishings changed that ended so long ago: they cannot be undone any more, and say so.

    The cursor is what is left of the batches that were chosen, and the last SKU that is gone of the first.
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
    # Once more, now that they are held: an undo may have been accepted between the look and the lock.
    rows = work.rows(_SQL["choose_for_changes"], {**values, "held": [row["id"] for row in held]})
    return [row["id"] for row in rows]


def count_changes(work: Work, days: int) -> int:
    """How many would go."""
    return work.value(_SQL["count_changes"], {"days": days})


# --- Plans nobody approved --------------------------------------------------------------------------------------------


def next_old_plan(work: Work, days: int) -> Any:
    """The id of a plan that has waited so long, or None."""
    return work.value(_SQL["next_old_plan"], {"days": days})


def count_plans(work: Work, days: int) -> int:
    """How many have."""
    return work.value(_SQL["count_plans"], {"days": days})


def hold(work: Work, batch_id: UUID) -> Batch | None:
    """A batch that has ended, kept as it is until the commit: nothing of it is removed between a look and what is
    decided by it.
    """
    row = work.row(_SQL["hold"], [batch_id])
    return Batch.from_row(row) if row else None
