"""The items of publish batches: which may be worked on now, what their part numbers stand for, what became of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, LiteralString
from uuid import UUID

from boeing_data_hub.model.publications import DueItem, ItemMoves
from boeing_data_hub.store.work import Work

_WORKER_LOST = "worker_lost"
_SUSPECT_AFTER = 2  # deaths
_FALLEN_BACK = 2  # failed tries after which an item of a bulk batch goes the direct way

# SKUs somebody works on right now: a few claims' worth, and the lines of bulk operations that have not ended.
_BUSY: LiteralString = (
    "busy AS MATERIALIZED (SELECT unnest(part_numbers) AS sku FROM hub.leases WHERE stage = 'publishing'"
    " UNION ALL SELECT sku FROM hub.bulk_lines WHERE NOT settled)"
)
_OPEN: LiteralString = "completed_at IS NULL AND batch_type = 'publish' AND status IN ('processing', 'cancelled')"
_DUE: LiteralString = (
    "i.state = 'pending' AND (i.not_before IS NULL OR i.not_before <= now())"
    # Asked for as a value, the list is hashed once; as a condition it is joined, and costs its square.
    " AND NOT coalesce((SELECT bool_or(s.sku IN (SELECT sku FROM busy)) FROM unnest(i.skus) AS s(sku)), false)"
)


def resolve(work: Work, batch_id: UUID) -> None:
    """Find out what the part numbers of a new batch stand for: the staged SKU of that very spelling, else the SKUs
    Boeing answered with when the part was asked for.
    """
    work.do(
        "UPDATE hub.batch_items i SET skus = coalesce("
        "   (SELECT ARRAY[s.sku] FROM hub.product_staging s WHERE s.sku = i.part_number),"
        "   (SELECT a.skus FROM hub.part_answers a WHERE a.part_number = i.part_number AND cardinality(a.skus) > 0),"
        "   '{}') WHERE i.batch_id = %s",
        [batch_id],
    )


def skus_of(work: Work, part_numbers: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """What part numbers stand for, as `resolve` finds it; those that stand for nothing are left out."""
    rows = work.rows(
        "SELECT p.number, coalesce((SELECT ARRAY[s.sku] FROM hub.product_staging s WHERE s.sku = p.number),"
        "   (SELECT a.skus FROM hub.part_answers a WHERE a.part_number = p.number)) AS skus"
        " FROM unnest(%b::text[]) AS p(number)",
        [list(part_numbers)],
    )
    return {row["number"]: tuple(row["skus"]) for row in rows if row["skus"]}


def part_numbers(work: Work, batch_id: UUID) -> list[str]:
    """The part numbers of a batch, in order."""
    rows = work.rows("SELECT part_number FROM hub.batch_items WHERE batch_id = %s ORDER BY position", [batch_id])
    return [row["part_number"] for row in rows]


def publishable_of(work: Work, batch_id: UUID, *, new_first: bool = False) -> list[str]:
    """The SKUs a search has found that nothing spoke against then, in the order of its items.

    `new_first`: those that are not in the store come before the others.
    """
    rows = work.rows(
        "SELECT s.sku, min(i.position) AS first FROM hub.batch_items i, unnest(i.skus) AS found(sku)"
        " JOIN hub.product_staging s ON s.sku = found.sku WHERE i.batch_id = %s AND i.state = 'normalized'"
        "  AND s.status IN ('fetched', 'published') GROUP BY s.sku"
        " ORDER BY CASE WHEN %s AND s.status = 'published' THEN 1 ELSE 0 END, first, s.sku",
        [batch_id, new_first],
    )
    return [row["sku"] for row in rows]


def count_publishable(work: Work, batch_id: UUID, *, most: int) -> int | None:
    """How many they are, counted no further than `most`; a SKU that two items stand for counts twice.

    No more than twice as many items are looked at: None when all of these may not be sold, and there are more.
    """
    row = work.row(
        "WITH several AS MATERIALIZED (SELECT skus FROM hub.batch_items"
        "   WHERE batch_id = %(batch)s AND state = 'normalized'"
        "   LIMIT %(looked)s)"
        " SELECT (SELECT count(*) FROM (SELECT 1 FROM several, unnest(several.skus) AS found(sku)"
        "   JOIN hub.product_staging s ON s.sku = found.sku WHERE s.status IN ('fetched', 'published')"
        "   LIMIT %(most)s) c) AS parts, (SELECT count(*) FROM several) AS looked",
        {"batch": batch_id, "most": most, "looked": most * 2},
    )
    assert row is not None  # noqa: S101 - always one row
    return None if not row["parts"] and row["looked"] == most * 2 else row["parts"]


def outcomes(work: Work, batch_id: UUID) -> list[dict[str, Any]]:
    """What became of the items of a publish batch: `outcome`, `remarks` (how many have one), `parts`."""
    return work.rows(
        "SELECT outcome, count(*) AS parts, count(*) FILTER (WHERE state = 'published' AND reason IS NOT NULL) AS"
        " remarks FROM (SELECT CASE WHEN state = 'published' OR outcome IS NOT NULL THEN outcome ELSE state END AS"
        "   outcome, state, reason FROM hub.batch_items WHERE batch_id = %s) told GROUP BY outcome ORDER BY parts DESC",
        [batch_id],
    )


def take_as_skus(work: Work, batch_id: UUID) -> None:
    """The part numbers of a new batch are SKUs already, staged or not."""
    work.do("UPDATE hub.batch_items SET skus = ARRAY[part_number] WHERE batch_id = %s", [batch_id])


def bulk_batches(work: Work, *, at_least: int) -> list[tuple[UUID, int]]:
    """Batches that go by bulk operation and have that many items due, with how many (counted to `at_least`)."""
    rows = work.rows(
        f"WITH {_BUSY}"  # noqa: S608 - constants of this module
        " SELECT b.id, due.items FROM hub.batches b CROSS JOIN LATERAL (SELECT count(*) AS items FROM"
        f"  (SELECT 1 FROM hub.batch_items i WHERE i.batch_id = b.id AND i.attempts < %(fallen)s AND {_DUE}"
        "   LIMIT %(least)s) few) due"
        " WHERE b.completed_at IS NULL AND b.batch_type = 'publish' AND b.status = 'processing'"
        "   AND (b.options->>'bulk')::boolean AND due.items >= %(least)s ORDER BY b.created_at",
        {"least": at_least, "fallen": _FALLEN_BACK},
    )
    return [(row["id"], row["items"]) for row in rows]


def due_items(work: Work, *, wanted: int, but_not: Sequence[UUID] = (), only: UUID | None = None) -> list[DueItem]:
    """Up to `wanted` items to work on next, from all open batches in turn, none of whose SKUs is being worked on.

    Args:
        work: the transaction.
        wanted: most items.
        but_not: batches whose items wait for a bulk operation, those that have fallen back to the direct way excepted.
        only: items for a bulk operation of this batch.
    """
    rows = work.rows(
        f"WITH {_BUSY},"  # noqa: S608 - constants of this module
        " turns AS ("
        "  SELECT i.batch_id, i.position, i.part_number, i.skus, i.attempts, i.error_code, b.status, b.options, b.lot"
        "    + row_number() OVER (PARTITION BY i.batch_id ORDER BY i.position) AS place"
        f"  FROM (SELECT id, status, options, random() AS lot FROM hub.batches WHERE {_OPEN}"
        "        AND (%(only)s::uuid IS NULL OR id = %(only)s)) b"
        "  CROSS JOIN LATERAL ("
        "    SELECT i.batch_id, i.position, i.part_number, i.skus, i.attempts, i.error_code FROM hub.batch_items i"
        f"    WHERE i.batch_id = b.id AND {_DUE}"
        "      AND (b.id <> ALL(%(but_not)s) OR i.attempts >= %(fallen)s)"
        "      AND (%(only)s::uuid IS NULL OR i.attempts < %(fallen)s)"
        "    ORDER BY i.position LIMIT %(wanted)s) i)"
        " SELECT * FROM turns ORDER BY place LIMIT %(wanted)s",
        {"wanted": wanted, "but_not": list(but_not), "only": only, "fallen": _FALLEN_BACK},
    )
    if rows and _is_suspect(rows[0]):
        return [_item(rows[0])]
    taken: set[str] = set()
    found: list[DueItem] = []
    for row in rows:
        if _is_suspect(row):
            continue  # its turn comes when it is the first
        skus = tuple(row["skus"] or ())
        if taken.intersection(skus):
            continue  # two batches that want one part: the second sees what the first has made of it
        taken.update(skus)
        found.append(_item(row))
    return found


def _is_suspect(row: Mapping[str, Any]) -> bool:
    """Whether its worker died twice: it may be the one that kills them, and is worked on alone."""
    return row["error_code"] == _WORKER_LOST and row["attempts"] >= _SUSPECT_AFTER


def items_of_run(work: Work, run_id: UUID, batch_id: UUID) -> list[DueItem]:
    """The open items of a batch that stand for open lines of a bulk operation."""
    rows = work.rows(
        "WITH lines AS MATERIALIZED (SELECT sku FROM hub.bulk_lines WHERE run_id = %s AND NOT settled)"
        " SELECT i.batch_id, i.position, i.part_number, i.skus, i.attempts, b.status, b.options"
        " FROM hub.batch_items i JOIN hub.batches b ON b.id = i.batch_id"
        " WHERE i.batch_id = %s AND i.state = 'pending'"
        "   AND (SELECT bool_or(s.sku IN (SELECT sku FROM lines)) FROM unnest(i.skus) AS s(sku))",
        [run_id, batch_id],
    )
    return [_item(row) for row in rows]


def _item(row: dict[str, Any]) -> DueItem:
    options = row["options"]
    undo_of = options.get("undo_of")
    return DueItem(
        batch_id=row["batch_id"],
        position=row["position"],
        part_number=row["part_number"],
        skus=tuple(row["skus"] or ()),
        attempts=row["attempts"],
        cancelled=row["status"] == "cancelled",
        planned=bool(options.get("planned")),
        undo_of=UUID(undo_of) if undo_of else None,
        trace=options.get("trace"),
    )


def anything_due(work: Work) -> int:
    """How many items could be worked on now, counted no further than 200."""
    return work.value(
        f"WITH {_BUSY} SELECT count(*) FROM (SELECT 1 FROM hub.batches b"  # noqa: S608 - constants of this module
        f" CROSS JOIN LATERAL (SELECT 1 FROM hub.batch_items i WHERE i.batch_id = b.id AND {_DUE} LIMIT 200) due"
        f" WHERE b.{_OPEN} LIMIT 200) counted"
    )


def ahead(work: Work, shop: str, *, wanted: int, younger_than: float) -> list[str]:
    """SKUs that will be worked on soon, are not known in this store, and whose SKU was not looked for lately there."""
    rows = work.rows(
        "SELECT DISTINCT sku FROM (SELECT unnest(i.skus) AS sku FROM hub.batches b CROSS JOIN LATERAL"  # noqa: S608 - constant
        "  (SELECT skus FROM hub.batch_items WHERE batch_id = b.id AND state = 'pending' ORDER BY position"
        f"   LIMIT %(many)s) i WHERE b.{_OPEN} AND b.status = 'processing' LIMIT %(many)s) soon"
        " WHERE NOT EXISTS (SELECT 1 FROM hub.products p WHERE p.shop = %(shop)s AND p.sku = soon.sku)"
        "   AND NOT EXISTS (SELECT 1 FROM hub.store_sightings s WHERE s.shop = %(shop)s AND s.sku = soon.sku"
        "     AND s.seen_at > now() - %(age)s * interval '1 second')"
        " LIMIT %(wanted)s",
        {"shop": shop, "wanted": wanted, "many": wanted * 4, "age": younger_than},
    )
    return [row["sku"] for row in rows]


def cancelled_among(work: Work, batch_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these batches have been cancelled."""
    rows = work.rows("SELECT id FROM hub.batches WHERE id = ANY(%s) AND status = 'cancelled'", [list(batch_ids)])
    return {row["id"] for row in rows}


def settle(work: Work, moves: ItemMoves) -> dict[UUID, dict[str, int]]:
    """Move items that are still open. Returns the moves for the batches' counts."""
    counted: dict[UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    if moves.published:
        rows = work.rows(
            "WITH moved AS (UPDATE hub.batch_items i SET state = 'published', outcome = a.outcome, reason = a.reason,"
            "   error_code = NULL, error = NULL, not_before = NULL, updated_at = now()"
            "  FROM unnest(%s::uuid[], %b::int[], %b::text[], %b::text[]) AS a(batch_id, position, outcome, reason)"
            "  WHERE i.batch_id = a.batch_id AND i.position = a.position AND i.state = 'pending' RETURNING i.batch_id)"
            " SELECT batch_id, count(*) AS items FROM moved GROUP BY batch_id",
            [[one[n] for one in moves.published] for n in range(4)],
        )
        _count(counted, rows, "published")
    if moves.failed:
        rows = work.rows(
            "WITH moved AS (UPDATE hub.batch_items i SET state = 'failed', outcome = a.outcome, reason = NULL,"
            "   error_code = a.code, error = a.sentence, not_before = NULL, updated_at = now()"
            "  FROM unnest(%s::uuid[], %b::int[], %b::text[], %b::text[], %b::text[])"
            "    AS a(batch_id, position, outcome, code, sentence)"
            "  WHERE i.batch_id = a.batch_id AND i.position = a.position AND i.state = 'pending' RETURNING i.batch_id)"
            " SELECT batch_id, count(*) AS items FROM moved GROUP BY batch_id",
            [[one[n] for one in moves.failed] for n in range(5)],
        )
        _count(counted, rows, "failed")
    if moves.cancelled:
        rows = work.rows(
            "WITH moved AS (UPDATE hub.batch_items i SET state = 'cancelled', not_before = NULL, updated_at = now()"
            "  FROM unnest(%s::uuid[], %b::int[]) AS a(batch_id, position)"
            "  WHERE i.batch_id = a.batch_id AND i.position = a.position AND i.state = 'pending' RETURNING i.batch_id)"
            " SELECT batch_id, count(*) AS items FROM moved GROUP BY batch_id",
            [[one[n] for one in moves.cancelled] for n in range(2)],
        )
        _count(counted, rows, "cancelled")
    if moves.again:
        work.do(
            "UPDATE hub.batch_items i SET attempts = i.attempts + a.tries, error_code = a.code, error = a.sentence,"
            "   not_before = CASE WHEN a.wait > 0 THEN now() + a.wait * interval '1 second' END, updated_at = now()"
            "  FROM unnest(%s::uuid[], %b::int[], %b::float8[], %b::int[], %b::text[], %b::text[])"
            "    AS a(batch_id, position, wait, tries, code, sentence)"
            "  WHERE i.batch_id = a.batch_id AND i.position = a.position AND i.state = 'pending'",
            [[one[n] for one in moves.again] for n in range(6)],
        )
    return counted


def lost(work: Work, skus: Sequence[str], *, most: int) -> list[DueItem]:
    """Count the death of a worker against the items it worked on; they are free again at once.

    Returns:
        The items of a part that has killed its worker so often, alone in the end, that it must be set aside; they are
        still open.
    """
    rows = work.rows(
        "UPDATE hub.batch_items i SET attempts = i.attempts + 1, error_code = 'worker_lost',"
        "  error = 'The worker that published this part stopped. It is found out what became of it, and gone on with.',"
        "  updated_at = now() FROM hub.batches b WHERE b.id = i.batch_id AND i.state = 'pending'"
        "  AND i.skus && %b::text[] AND b.completed_at IS NULL AND b.batch_type = 'publish'"
        " RETURNING i.batch_id, i.position, i.part_number, i.skus, i.attempts, b.status, b.options",
        [list(skus)],
    )
    items = [_item(row) for row in rows]
    alone = len({item.skus for item in items}) == 1
    return [item for item in items if alone and item.attempts >= most]


def _count(counted: dict[UUID, dict[str, int]], rows: Iterable[dict[str, Any]], kind: str) -> None:
    for row in rows:
        counted[row["batch_id"]][kind] += row["items"]
