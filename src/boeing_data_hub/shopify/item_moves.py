"""What the outcomes of SKUs mean for the items of publish runs, to be written at once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from boeing_data_hub.shopify.journey import Done, Later, Loaded, NotDone, Outcome
from boeing_data_hub.shopify.publications import DueItem
from boeing_data_hub.values.states import ItemState

NOT_STAGED: Final = "Not searched yet. Search for this part first, then publish it."

FALLS_BACK_AFTER: Final = 2
"""Bulk operations that did not publish an item of a bulk batch, after which its next attempt is sent directly."""


@dataclass(frozen=True, slots=True)
class Settled:
    """An item that reaches an end state, with what its row then says.

    Attributes:
        outcome: of one that was done `created`, `updated` or `unchanged`; `blocked` or `conflict` of others, or None.
        remark: for people, of one that was done.
        code: why it was not done; `sentence` says it to people.
    """

    batch_id: UUID
    position: int
    state: ItemState
    outcome: str | None = None
    remark: str | None = None
    code: str | None = None
    sentence: str | None = None


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


ItemMove = Settled | Postponed


def failed(item: DueItem, code: str, sentence: str, *, outcome: str | None = None) -> Settled:
    """An item that will not succeed by itself."""
    return Settled(item.batch_id, item.position, ItemState.FAILED, outcome, None, code, sentence)


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
    failures = [one for one in bad if one.kind != "blocked"]
    if not outcomes:
        return failed(item, "not_staged", NOT_STAGED)
    if later or any(one is None for one in outcomes):
        return _postponed(item, later, bulk=bulk)
    if failures or (bad and not done):
        worst = (failures or bad)[0]
        if worst.kind == "blocked":
            return Settled(batch_id, position, ItemState.NOT_FOR_SALE, "blocked", None, worst.code, worst.sentence)
        return failed(item, worst.code, worst.sentence, outcome=None if worst.kind == "failed" else worst.kind)
    if not done:
        return Settled(batch_id, position, ItemState.CANCELLED)
    remarks = [*(one.remark for one in done if one.remark), *(one.sentence for one in bad)]
    return Settled(batch_id, position, ItemState.PUBLISHED, _best(done), " ".join(remarks)[:1000] or None)


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
