"""Snapshots of the store as rows, so that any worker can continue where another stopped, and their contents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, LiteralString
from uuid import UUID, uuid4

import msgspec

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify.store_snapshot import (
    LevelLine,
    Line,
    ProductLine,
    SnapshotProduct,
    SnapshotVariant,
    StoreSnapshot,
    VariantLine,
)

_SQL: Final = beside(__file__)
_MOVABLE: Final = frozenset({"outcome", "operation_id", "url", "note", "object_count", "attempts"})


def add(work: Work, *, shop: str, actor: str) -> UUID | None:
    """Request a snapshot. Returns its id; None if one is under way, because one is enough."""
    snapshot_id = uuid4()
    return snapshot_id if work.do(_SQL["add"], [snapshot_id, shop, actor]) else None


def get(work: Work, snapshot_id: UUID) -> StoreSnapshot | None:
    """One snapshot."""
    return _one(work.row(_SQL["get"], [snapshot_id]))


def newest(work: Work) -> StoreSnapshot | None:
    """The newest snapshot of the current store, in whatever state."""
    return _one(work.row(_SQL["newest"]))


def newest_ended(work: Work) -> StoreSnapshot | None:
    """The newest snapshot of the current store that is complete or failed."""
    return _one(work.row(_SQL["newest_ended"]))


def complete_age(work: Work) -> float | None:
    """Seconds since the newest complete snapshot was taken; None without one."""
    return work.value(_SQL["complete_age"])


def complete(work: Work) -> StoreSnapshot | None:
    """The newest complete snapshot of the current store: the only one whose products are kept for long."""
    return _one(work.row(_SQL["complete"]))


def next_due(work: Work, shop: str) -> StoreSnapshot | None:
    """One that is due for a step and that no worker holds."""
    return _one(work.row(_SQL["next_due"], [shop]))


def anything_due(work: Work) -> bool:
    """True if a step of a snapshot of the current store is due."""
    return bool(work.value(_SQL["anything_due"]))


def seconds_to_next(work: Work) -> float | None:
    """Seconds until the next step of a snapshot of the current store is due; None if none is under way."""
    found = work.value(_SQL["seconds_to_next"])
    return None if found is None else max(0.0, float(found))


def cancel(work: Work, snapshot_id: UUID) -> bool:
    """Cancel it. False if it has ended."""
    return bool(work.do(_SQL["cancel"], [snapshot_id]))


def move(work: Work, snapshot_id: UUID, state: str, *, wait: float = 0.0, **changes: Any) -> None:
    """Set its state (which may be its current one), with its next step due in `wait` seconds."""
    if unknown := set(changes) - _MOVABLE:
        raise ValueError(f"no such column: {unknown}")
    values = {"id": snapshot_id, "state": state, "wait": wait, "changes": msgspec.json.encode(changes).decode()}
    work.do(_SQL["move"], values)


def put_off(work: Work, snapshot_id: UUID, *, wait: float, attempts: int, note: str) -> None:
    """A step failed: take it again in so many seconds."""
    work.do(_SQL["put_off"], [attempts, note, wait, snapshot_id])


def store(work: Work, snapshot_id: UUID, lines: Sequence[Line]) -> None:
    """Save lines, in whatever order they come; a line that is stored already changes nothing."""
    products: list[Mapping[str, Any]] = []
    variants: list[Mapping[str, Any]] = []
    levels: list[LevelLine] = []
    for line in lines:
        match line:
            case ProductLine(product):
                products.append(msgspec.to_builtins(product))
            case VariantLine(product_id, variant):
                variants.append({**msgspec.to_builtins(variant), "product_id": product_id})
            case LevelLine():
                levels.append(line)
    _add(work, _SQL["add_products"], snapshot_id, products)
    _add(work, _SQL["add_variants"], snapshot_id, variants)
    _add(work, _SQL["add_levels"], snapshot_id, levels)


def _add(work: Work, statement: LiteralString, snapshot_id: UUID, records: Sequence[object]) -> None:
    if records:
        work.do(statement, [snapshot_id, msgspec.json.encode(records).decode()])


def advance(work: Work, snapshot: StoreSnapshot, *, reached: str, compared: int, differing: int) -> None:
    """Save the progress of the comparison since the row was read."""
    work.do(_SQL["advance"], [reached, compared, differing, snapshot.id])


def counted(work: Work, snapshot_id: UUID) -> StoreSnapshot:
    """The snapshot with its counts of products and variants, which are saved."""
    found = _one(work.row(_SQL["count"], {"id": snapshot_id}))
    assert found is not None  # noqa: S101 - the caller holds it
    return found


def is_torn(work: Work, snapshot_id: UUID) -> bool:
    """True if a product lacks its variants, or a variant its product."""
    return bool(work.value(_SQL["torn"], {"id": snapshot_id}))


def page(work: Work, snapshot_id: UUID, *, after: str = "", limit: int) -> list[SnapshotProduct]:
    """Products in the order of their ids after `after`."""
    return [_product(row) for row in work.rows(_SQL["page"], [snapshot_id, after, limit])]


def by_id(work: Work, snapshot_id: UUID, product_ids: Sequence[str]) -> dict[str, SnapshotProduct]:
    """These products, by id; those that the store does not have are left out."""
    rows = work.rows(_SQL["by_id"], [snapshot_id, list(product_ids)])
    return {row["product_id"]: _product(row) for row in rows}


def forget(work: Work, snapshot_id: UUID, *, most: int) -> bool:
    """Remove products, variants and levels, up to so many of each. True if there may be more."""
    values = [snapshot_id, most]
    removed = [
        work.do(statement, values)
        for statement in (_SQL["forget_levels"], _SQL["forget_variants"], _SQL["forget_products"])
    ]
    return max(removed) >= most


def _one(row: Mapping[str, Any] | None) -> StoreSnapshot | None:
    return StoreSnapshot(**row) if row else None


def _product(row: Mapping[str, Any]) -> SnapshotProduct:
    variants = tuple(_variant(each) for each in row["variants"])
    values: dict[str, Any] = {**row, "tags": tuple(row["tags"]), "variants": variants}
    return SnapshotProduct(**values)


def _variant(given: Mapping[str, Any]) -> SnapshotVariant:
    values: dict[str, Any] = {**given, "price": None if given["price"] is None else Decimal(given["price"])}
    return SnapshotVariant(**values)
