"""Claims: a claim holds SKUs under a lease, and saves what it is about to send before the first call."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

from boeing_data_hub import telemetry
from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify import intents, inventory_plan, publish_items
from boeing_data_hub.shopify.inventory_plan import StockRow
from boeing_data_hub.shopify.journey import Dropped, Later, Loaded, Outcome, Prepared
from boeing_data_hub.shopify.preparing import dropped
from boeing_data_hub.shopify.publications import DueItem, StoreFacts
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work import batches, leases

_LOOK_SECONDS = 1.0  # between two checks for cancelled batches; no call starts much later than that


@dataclass(frozen=True, slots=True)
class Claim:
    """SKUs that this process holds.

    Attributes:
        lease: the id of the lease.
        taken_at: monotonic moment before the lease was written.
        items: batch items, settled by the outcomes of their SKUs.
        parts: one for each SKU.
        by_bulk: the claim is for a bulk operation, whose id will be `run_id`.
    """

    lease: UUID
    taken_at: float
    items: tuple[DueItem, ...]
    parts: Mapping[str, Loaded]
    by_bulk: bool = False
    run_id: UUID = field(default_factory=uuid4)

    @property
    def batch_ids(self) -> list[UUID]:
        """The batches that its items belong to."""
        return list(dict.fromkeys(item.batch_id for item in self.items))

    def named(self) -> AbstractContextManager[None]:
        """Name its batches in every line that is logged in the `with` block, and add its calls to their traces."""
        return telemetry.working_for(self.batch_ids, [item.trace for item in self.items])


@dataclass(frozen=True, slots=True)
class Intended:
    """A claim's parts when everything about to be sent is saved.

    Attributes:
        direct: parts that are sent now, or need nothing.
        bulk: parts that the claim's bulk operation sends.
        calls: inventory calls of the direct parts, by their saved keys.
    """

    direct: Mapping[str, Prepared]
    bulk: Mapping[str, Prepared] = field(default_factory=dict[str, Prepared])
    calls: Mapping[UUID, Sequence[StockRow]] = field(default_factory=dict[UUID, Sequence[StockRow]])


def take(
    work: Work,
    lease: UUID,
    items: Sequence[DueItem],
    parts: Mapping[str, Loaded],
    *,
    owner: str,
    seconds: float,
    by_bulk: bool,
) -> Claim:
    """Write the lease of these parts. A lock of the stage makes claims follow each other; see `leases`."""
    claim = Claim(lease, monotonic(), tuple(items), parts, by_bulk)
    skus = sorted({sku for item in items for sku in item.skus})
    leases.take(work, claim.lease, stage=Stage.PUBLISHING, owner=owner, seconds=seconds, part_numbers=skus)
    return claim


def intend(
    work: Work, claim: Claim, parts: Mapping[str, Prepared], bulk: Collection[str], facts: StoreFacts
) -> Intended:
    """Save what is about to be sent. Parts of batches that were cancelled meanwhile are dropped here, before the first
    call.

    Args:
        work: the transaction.
        claim: holds the parts.
        parts: of the claim.
        bulk: SKUs that go by bulk operation.
        facts: of the store.

    Raises:
        LeaseLostError: another worker holds the parts now, and may have saved its own intents.
    """
    leases.prove(work, claim.lease)
    batches.hold_ledger(work)
    gone = publish_items.cancelled_among(work, claim.batch_ids)
    parts = {
        sku: dropped(part) if part.item.batch_id in gone and part.send is not None else part
        for sku, part in parts.items()
    }
    rows = {
        sku: inventory_plan.rows_of(part, facts.location_ids, part.product.inventory_item_id)
        for sku, part in parts.items()
        if part.send is not None
        and part.intent is not None
        and part.product is not None
        and part.product.inventory_item_id
        and sku not in bulk
    }
    calls = {uuid4(): call for call in inventory_plan.grouped(rows.values())}
    key_of = {row.sku: key for key, call in calls.items() for row in call}
    for key, call in calls.items():
        intents.save_stock_call(work, facts.shop, key, call)
    parts = {
        sku: replace(part, intent=replace(part.intent, stock_call=key_of[sku]))
        if part.intent is not None and sku in key_of
        else part
        for sku, part in parts.items()
    }
    sending = {sku: part.intent for sku, part in parts.items() if part.send is not None and part.intent is not None}
    intents.write(work, facts.shop, sending)
    by_bulk = {sku: part for sku, part in parts.items() if sku in bulk and part.send is not None}
    return Intended({sku: part for sku, part in parts.items() if sku not in by_bulk}, by_bulk, calls)


class Guard:
    """Decides, just before each call, whether it may still be made.

    Args:
        cancelled: which of the claim's batches have been cancelled by now.
        held: whether the lease is certainly still held; after a process was frozen, it is not.
        keep_going: whether the process is to go on.
    """

    def __init__(
        self, *, cancelled: Callable[[], set[UUID]], held: Callable[[], bool], keep_going: Callable[[], bool]
    ) -> None:
        self._cancelled = cancelled
        self.held = held
        self._keep_going = keep_going
        self._gone: set[UUID] = set()
        self._looked_at = monotonic()

    def __call__(self, part: Loaded) -> Outcome | None:
        """An outcome instead of the call, or None if the call may be made."""
        if not self.held() or not self._keep_going():
            return Later()
        if monotonic() - self._looked_at > _LOOK_SECONDS:
            self._looked_at = monotonic()
            self._gone = self._cancelled()
        return Dropped() if part.item.batch_id in self._gone else None
