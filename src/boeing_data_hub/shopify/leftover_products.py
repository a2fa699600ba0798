"""Leftover products as rows: products of ours that must be removed from the store; retried until they are gone.

Lists and counts are about the current store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """A leftover product.

    Attributes:
        product_id: None where the hub never saw it: then the product with the SKU's custom id is meant.
        reason: why it must be removed, for people.
        state: `due`, `gone`, or `kept` because the part was published again or a person wants it to stay.
        attempts: failed tries so far.
        not_before: when it is tried next.
        error: the store's answer to the last try.
    """

    id: int
    shop: str
    sku: str
    product_id: str | None
    reason: str
    batch_id: UUID | None
    state: str
    attempts: int
    not_before: datetime
    error: str | None
    created_at: datetime
    updated_at: datetime


def add(
    work: Work,
    shop: str,
    *,
    sku: str,
    product_id: str | None,
    reason: str,
    batch_id: UUID | None,
    wait: float = 0.0,
) -> None:
    """Delete this product, or the one with this SKU's custom id, in `wait` seconds."""
    work.do(_SQL["add"], [shop, sku, product_id, reason, batch_id, wait])


def keep_of(work: Work, shop: str, skus: Sequence[str]) -> None:
    """Keep the products of these SKUs that are due to be deleted."""
    work.do(_SQL["keep_of"], [shop, list(skus)])


def next_due(work: Work, shop: str) -> Orphan | None:
    """One that is due and whose SKU no worker has."""
    return work.record(Orphan, _SQL["next_due"], [shop])


def gone(work: Work, shop: str, orphan: Orphan) -> None:
    """The store no longer has it; its row of `hub.products` is deleted, too."""
    work.do(_SQL["gone"], [orphan.id])
    work.do(_SQL["forget_product"], [shop, orphan.sku])


def deleted(work: Work, shop: str, product_ids: Sequence[str]) -> None:
    """These products were deleted after the lease on their SKUs had expired: no row may call them live any more."""
    work.do(_SQL["deleted"], [shop, list(product_ids)])


def put_off(work: Work, orphan_id: int, *, wait: float, attempts: int, error: str) -> None:
    """It could not be deleted: try again in so many seconds."""
    work.do(_SQL["put_off"], [attempts, error, wait, orphan_id])


def keep(work: Work, orphan_id: int) -> bool:
    """A person wants it to stay. False when it is no longer due."""
    return bool(work.do(_SQL["keep"], [orphan_id]))


def due_now(work: Work, orphan_id: int) -> bool:
    """A person wants another try at once. False when it is no longer due."""
    return bool(work.do(_SQL["due_now"], [orphan_id]))


def listed(work: Work, *, state: str = "due", limit: int = 200) -> list[Orphan]:
    """Leftover products in a state, oldest first."""
    return work.records(Orphan, _SQL["listed"], [state, limit])


def due_of(work: Work, skus: Sequence[str]) -> list[Orphan]:
    """Those of these SKUs that are still in the store, newest first."""
    return work.records(Orphan, _SQL["due_of"], [list(skus)])


def count_due(work: Work) -> int:
    """How many are still in the store."""
    return work.value(_SQL["count_due"])


def count_stubborn(work: Work, *, attempts: int) -> int:
    """How many are still in the store after at least so many tries."""
    return work.value(_SQL["count_stubborn"], [attempts])


def anything_due(work: Work) -> int:
    """How many could be tried now, counted to 50."""
    return work.value(_SQL["anything_due"])
