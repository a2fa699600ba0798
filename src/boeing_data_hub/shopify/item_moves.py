"""What the outcomes of SKUs mean for the items of publish runs, to be written at once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from boeing_data_hub.shopify.journey import Done, Later, Loaded, NotDone, Outcome
from boeing_data_hub.shopify.publications import DueItem

NOT_STAGED: Final = "Not searched yet. Search for this part first, then publish it."

FALLS_BACK_AFTER: Final = 2
"""Bulk operations that did not publish an item of a bulk batch, after which its next attempt is sent directly."""


@dataclass(frozen=True, slots=True)
class Published:
    """An item that was done: `action` is `created`, `updated` or `unchanged`; `remark` is for people."""

    batch_id: UUID
    position: int
    action: str
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """An item that will not succeed by itself: `outcome` is `conflict`, or None."""

    batch_id: UUID
    position: int
    outcome: str | None
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class NotForSale:
    """An item that cannot be sold as it is: no price, no stock, excluded. It did not fail."""

    batch_id: UUID
    position: int
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """An item that is tried again after `wait` seconds; `tries` are added to its failed tries.

    `bulk_failures` replaces its count of failed bulk operations.
    """

    batch_id: UUID
    position: int
    wait: float
    tries: int
    bulk_failures: int = 0
    code: str | None = None
    sentence: str | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """An item of a cancelled run that was not done."""

    batch_id: UUID
    position: int


ItemMove = Published | Failed | NotForSale | Postponed | Cancelled


def settled(items: Iterable[DueItem], parts: Mapping[str, Loaded], *, bulk: bool = False) -> list[ItemMove]:
    """What the outcomes of SKUs mean for their items.

    `bulk`: the outcomes are those of a bulk operation.

    An item with several SKUs is done when all of them are; a blocked SKU does not fail an item of which another SKU was
    published.
    """
    return [_move(item, [parts[sku].outcome for sku in item.skus if sku in parts], bulk=bulk) for item in items]


def _move(item: DueItem, outcomes: Sequence[Outcome | None], *, bulk: bool) -> ItemMove:
    batch_id, position = item.batch_id, item.position
    done = [one for one in outcomes if isinstance(one, Done)]
    bad = [one for one in outcomes if isinstance(one, NotDone)]
    later = [one for one in outcomes if isinstance(one, Later)]
    failed = [one for one in bad if one.kind != "blocked"]
    if not outcomes:
        return Failed(batch_id, position, None, "not_staged", NOT_STAGED)
    if later or any(one is None for one in outcomes):
        return _postponed(item, later, bulk=bulk)
    if failed or (bad and not done):
        worst = (failed or bad)[0]
        if worst.kind == "blocked":
            return NotForSale(batch_id, position, worst.code, worst.sentence)
        return Failed(batch_id, position, None if worst.kind == "failed" else worst.kind, worst.code, worst.sentence)
    if not done:
        return Cancelled(batch_id, position)
    remarks = [*(one.remark for one in done if one.remark), *(one.sentence for one in bad)]
    return Published(batch_id, position, _best(done), " ".join(remarks)[:1000] or None)


def _postponed(item: DueItem, later: Sequence[Later], *, bulk: bool) -> Postponed:
    longest = max(later, key=lambda one: one.wait, default=Later())
    failed = any(one.counted for one in later)
    if any(one.direct for one in later):
        failures = FALLS_BACK_AFTER
    elif bulk:
        failures = item.bulk_failures + int(failed or any(one.missed for one in later))
    else:  # a direct attempt has failed, too, so sending directly is no better
        failures = 0 if failed else item.bulk_failures
    return Postponed(item.batch_id, item.position, longest.wait, int(failed), failures, longest.code, longest.sentence)


def _best(done: Sequence[Done]) -> str:
    actions = {one.action for one in done}
    return next((name for name in ("created", "updated") if name in actions), "unchanged")
