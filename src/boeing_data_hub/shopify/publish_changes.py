"""The history of what runs changed in the store: one row for each run and SKU. An undo reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from boeing_data_hub.catalogue.listings import Change
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify.journey import UndoableChange
from boeing_data_hub.shopify.publications import Confirmed

_SQL: Final = beside(__file__)


def record(work: Work, shop: str, confirmed: Sequence[Confirmed]) -> None:
    """Add what changed in these products; those that did not change are left out."""
    changes = [
        {"sku": one.sku, "batch_id": one.batch_id, "product_id": one.product_id, "after": one.form, **one.change}
        for one in sorted(confirmed, key=lambda one: one.sku)
        if one.change
    ]
    if changes:
        work.do(_SQL["record"], [shop, msgspec.json.encode(changes).decode()])


def of_batch(work: Work, batch_id: UUID, *, skus: Sequence[str] | None = None) -> dict[str, UndoableChange]:
    """What a batch changed, by SKU."""
    asked = {"batch": batch_id, "skus": None if skus is None else list(skus)}
    return {one.sku: one for one in work.records(UndoableChange, _SQL["of_batch"], asked)}


@dataclass(frozen=True, slots=True)
class PublishChange:
    """What one run changed in the store about a SKU.

    Attributes:
        action: `created` or `updated`.
        changes: the fields that changed, each with its old and new value.
    """

    batch_id: UUID
    action: str
    changes: tuple[Change, ...]
    product_id: str | None
    at: datetime


def of_sku(work: Work, sku: str, *, limit: int = 50) -> list[PublishChange]:
    """What was ever changed in the store about a SKU, newest first."""
    return work.records(PublishChange, _SQL["of_sku"], [sku, limit])


def count(work: Work, batch_id: UUID) -> dict[str, int]:
    """How many products a batch `created` and `updated`."""
    return {row["action"]: row["products"] for row in work.rows(_SQL["count"], [batch_id])}
