"""How long what belongs to batches is kept: keys, items, changes, plans. Removed in portions, counted as a whole.

A portion is a few hundred to a few thousand rows by an index, so that nobody waits for one. What an open batch needs
has no term.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, LiteralString
from uuid import UUID

from boeing_data_hub.model.batches import OUR_KEYS, Batch
from boeing_data_hub.store.work import Work


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

# Those of retries and undos are ours, not the caller's: they name a batch for as long as it is there.
_OLD_KEYS: LiteralString = (
    " FROM hub.batches WHERE completed_at < now() - %(days)s * interval '1 day' AND idempotency_key IS NOT NULL"
    " AND left(idempotency_key, 1) <> ALL (%(ours)s)"
)


def release_keys(work: Work, days: int, _cursor: Any) -> Portion:
    """Release the keys of batches that ended so long ago: they may be used for something new."""
    released = work.do(
        f"UPDATE hub.batches SET idempotency_key = NULL WHERE id IN (SELECT id{_OLD_KEYS}"  # noqa: S608 - constants
        " LIMIT %(most)s FOR UPDATE SKIP LOCKED)",
        {"days": days, "ours": list(OUR_KEYS), "most": ROWS},
    )
    return Portion(released, is_last=released < ROWS)


def count_keys(work: Work, days: int) -> int:
    """How many would be released."""
    return work.value(f"SELECT count(*){_OLD_KEYS}", {"days": days, "ours": list(OUR_KEYS)})


# --- Details of ended batches -----------------------------------------------------------------------------------------

_BY_POSITION: Final[tuple[LiteralString, ...]] = ("hub.batch_items", "hub.plan_items")
_WITH_ITEMS: LiteralString = (
    " FROM hub.batches WHERE completed_at < now() - %(days)s * interval '1 day' AND items_gone_at IS NULL"
)
# What an undo under way works from is kept until that has ended.
_WITH_CHANGES: LiteralString = (
    " FROM hub.batches b WHERE completed_at < now() - %(days)s * interval '1 day' AND changes_gone_at IS NULL"
    " AND batch_type = 'publish' AND NOT EXISTS (SELECT FROM hub.batches u WHERE u.completed_at IS NULL"
    "   AND u.options->>'undo_of' = b.id::text)"
)


def remove_items(work: Work, days: int, cursor: Any) -> Portion:
    """Remove items and plans of batches that ended so long ago. The first portion says so in their rows, so that nobody
    is told that nothing failed where what failed is only gone.

    The cursor is what is left of the batches that were chosen: id, items, and up to which position they are gone.
    """
    chosen: list[list[Any]] = cursor or [
        [row["id"], row["total_items"], 0]
        for row in work.rows(
            "UPDATE hub.batches SET items_gone_at = now() WHERE id IN"  # noqa: S608 - constant
            f" (SELECT id{_WITH_ITEMS} ORDER BY completed_at LIMIT %(most)s FOR UPDATE SKIP LOCKED)"
            " RETURNING id::text, total_items",
            {"days": days, "most": _BATCHES},
        )
    ]
    if not chosen:
        return Portion(0, is_last=True)
    removed, room = 0, ROWS
    while chosen and room > 0:
        batch, total, gone = chosen[0]
        upto = min(total, gone + room)
        # By a stretch of the key: a search for what is left would pass all that is gone again with each portion.
        for table in _BY_POSITION:
            removed += work.do(
                f"DELETE FROM {table} WHERE batch_id = %s AND position > %s AND position <= %s",  # noqa: S608 - same
                [batch, gone, upto],
            )
        room -= upto - gone
        if upto < total:
            chosen[0] = [batch, total, upto]
        else:
            chosen.pop(0)
    return Portion(removed, chosen or None)


def count_items(work: Work, days: int) -> int:
    """How many items would go; parts of plans are not counted beside them."""
    return work.value(f"SELECT coalesce(sum(total_items), 0)::bigint{_WITH_ITEMS}", {"days": days})


def remove_changes(work: Work, days: int, cursor: Any) -> Portion:
    """Remove what publishings changed that ended so long ago: they cannot be undone any more, and say so.

    The cursor is what is left of the batches that were chosen, and the last SKU that is gone of the first.
    """
    chosen, last = (cursor["batches"], cursor["last"]) if cursor else (_choose_for_changes(work, days), "")
    if not chosen:
        return Portion(0, is_last=True)
    room = FAT_ROWS
    while chosen and room > 0:
        gone = work.row(
            "WITH gone AS (DELETE FROM hub.publish_changes WHERE batch_id = %(batch)s AND sku IN"
            "  (SELECT sku FROM hub.publish_changes WHERE batch_id = %(batch)s AND sku > %(last)s"
            "   ORDER BY sku LIMIT %(room)s) RETURNING sku) SELECT count(*) AS rows, max(sku) AS last FROM gone",
            {"batch": chosen[0], "last": last, "room": room},
        )
        assert gone is not None  # noqa: S101 - an aggregate always has one row
        if gone["rows"] < room:
            chosen.pop(0)
        last = gone["last"] if gone["rows"] == room else ""
        room -= gone["rows"]
    return Portion(FAT_ROWS - room, {"batches": chosen, "last": last} if chosen else None)


def _choose_for_changes(work: Work, days: int) -> list[str]:
    values: dict[str, Any] = {"days": days, "most": _BATCHES}
    held = work.rows(
        f"SELECT id::text{_WITH_CHANGES} ORDER BY completed_at LIMIT %(most)s FOR UPDATE SKIP LOCKED", values
    )
    # Once more, now that they are held: an undo may have been accepted between the look and the lock.
    rows = work.rows(
        f"UPDATE hub.batches SET changes_gone_at = now() WHERE id IN (SELECT id{_WITH_CHANGES}"  # noqa: S608
        " AND id = ANY(%(held)s::uuid[])) RETURNING id::text",
        {**values, "held": [row["id"] for row in held]},
    )
    return [row["id"] for row in rows]


def count_changes(work: Work, days: int) -> int:
    """How many would go."""
    return work.value(
        f"SELECT count(*) FROM hub.publish_changes WHERE batch_id IN (SELECT id{_WITH_CHANGES})",  # noqa: S608
        {"days": days},
    )


# --- Plans nobody approved --------------------------------------------------------------------------------------------

_OLD_PLANS: LiteralString = (
    " FROM hub.batches WHERE status = 'pending' AND batch_type = 'publish'"
    " AND created_at < now() - %(days)s * interval '1 day'"
)


def next_old_plan(work: Work, days: int) -> Any:
    """The id of a plan that has waited so long, or None."""
    return work.value(f"SELECT id{_OLD_PLANS} ORDER BY created_at LIMIT 1", {"days": days})


def count_plans(work: Work, days: int) -> int:
    """How many have."""
    return work.value(f"SELECT count(*){_OLD_PLANS}", {"days": days})


def hold(work: Work, batch_id: UUID) -> Batch | None:
    """A batch that has ended, kept as it is until the commit: nothing of it is removed between a look and what is
    decided by it.
    """
    row = work.row("SELECT * FROM hub.batches WHERE id = %s FOR SHARE", [batch_id])
    return Batch.from_row(row) if row else None
