"""Calls that set inventory. Each is stored before it is sent, and named in the intents of its parts: repeated with its
idempotency key, by any worker, it shows whether it was carried out, and it is never carried out twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Final
from uuid import UUID, uuid4

import structlog

from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.errors import HubError
from boeing_data_hub.retry import RetryPolicy, every
from boeing_data_hub.shopify import inventory_plan, lost_calls, outcomes
from boeing_data_hub.shopify.failures import OutcomeUnknown, UserErrors
from boeing_data_hub.shopify.inventory_plan import StockRow
from boeing_data_hub.shopify.journey import Advanced, Later, Sent
from boeing_data_hub.shopify.publications import Confirmed, StoreFacts
from boeing_data_hub.shopify.repeatable_calls import AsksStore, patiently
from boeing_data_hub.shopify.snapshot import listing_of, stock_hash
from boeing_data_hub.shopify.storefront import Storefront

log = structlog.get_logger(__name__)

_MERGE: Final = every(0.0, attempts=4)  # a part that sells faster than that is left to the next claim
_LOST: Final = Later(
    code="product_missing",
    sentence="This product is no longer in your store under its known id. The hub looks for it by custom id.",
    lost=True,
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What stock is set for: the store, and whether the lease is certainly still held."""

    facts: StoreFacts
    ours: Callable[[], bool]


class InventoryCalls:
    """Sets inventory.

    Args:
        database: stores the calls.
        client: calls the store.
        storefront: reads inventory levels when something was sold.
        rules: how often a part is tried.
    """

    def __init__(self, database: Database, client: AsksStore, storefront: Storefront, rules: RetryPolicy) -> None:
        self._database = database
        self._client = client
        self._storefront = storefront
        self._rules = rules

    def run(
        self,
        claimed: Claimed,
        parts: Mapping[str, Sent],
        kept: Mapping[UUID, Sequence[StockRow]],
        fresh: Iterable[Sequence[StockRow]],
    ) -> Advanced[Sent]:
        """Make the stored calls, then the new ones; once the lease may have expired, the rest is the next claim's."""
        now = Advanced(parts)
        for key, rows in (*kept.items(), *((None, rows) for rows in fresh)):
            wanted = [row for row in rows if row.sku in now.parts and now.parts[row.sku].is_open]
            if not wanted:
                continue
            now = self._set(claimed, now.parts, wanted, key if len(wanted) == len(rows) else None)
            if now.stop is not None or not claimed.ours():
                break
        return now

    def repeat(self, key: UUID, rows: Sequence[StockRow]) -> bool:
        """Repeat a stored call, to find out whether it was carried out. False: it was not, and never will be.

        Raises:
            HubError: it is still unknown.
        """
        try:
            self._call(key, rows)
        except UserErrors:
            return False
        return True

    def _call(self, key: UUID, rows: Sequence[StockRow]) -> None:
        try:
            patiently(self._client, "inventory_set", {"input": inventory_plan.call_input(rows), "key": str(key)})
        except UserErrors as refused:
            if not refused.has("IDEMPOTENCY_CONCURRENT_REQUEST"):
                raise
            said = "Shopify is still processing this call. The hub will retry."
            raise OutcomeUnknown(said, code="shopify_in_progress") from None

    def _keep(self, claimed: Claimed, rows: Sequence[StockRow]) -> UUID:
        key = uuid4()
        self._database.run(lambda work: lost_calls.keep_stock_call(work, claimed.facts.shop, key, rows), patience=20)
        return key

    def _set(
        self,
        claimed: Claimed,
        parts: Mapping[str, Sent],
        rows: Sequence[StockRow],
        key: UUID | None,
        *,
        renewed: bool = False,
    ) -> Advanced[Sent]:
        """Make one call. A bad row rejects all of it: then the others are set without it, and it is set separately.

        If the store says that an earlier call with this key failed, it is made once more with a new key: only then
        does the store say why.
        """
        if not claimed.ours():
            return _left(parts)
        key = key or self._keep(claimed, rows)
        try:
            self._call(key, rows)
        except UserErrors as refused:
            if refused.has(inventory_plan.FAILED_BEFORE) and not renewed:
                return self._set(claimed, parts, rows, None, renewed=True)
            bad = inventory_plan.guilty(refused, rows) or {row.sku for row in rows}
            good = [row for row in rows if row.sku not in bad]
            now = self._set(claimed, parts, good, None) if good else Advanced(parts)
            for sku in dict.fromkeys(row.sku for row in rows if row.sku in bad):
                if now.stop is None:
                    now = self._merge(claimed, now.parts, [row for row in rows if row.sku == sku])
            return now
        except HubError as error:
            return self._failed(parts, error, rows, keep=key)
        return Advanced(_stocked(parts, rows))

    def _merge(self, claimed: Claimed, parts: Mapping[str, Sent], rows: Sequence[StockRow]) -> Advanced[Sent]:
        """Apply Boeing's change to the quantities that the store has of one part now."""
        part = parts[rows[0].sku]
        undoing = part.item.undo_of is not None
        wanted: list[StockRow] = list(rows)
        sold: tuple[str, ...] = ()
        for attempt in count(1):
            if not claimed.ours():
                return _left(parts)
            key: UUID | None = None
            try:
                there = self._storefront.levels(wanted[0].item)
                if there is None:
                    return Advanced({**parts, part.sku: replace(part, outcome=_LOST, confirmed=None)})
                told = [inventory_plan.remark(row, there.get(row.location_id, 0)) for row in wanted]
                if undoing and any(told):
                    sold += tuple(one for one in told if one)
                    wanted = [row for row, remark in zip(wanted, told, strict=True) if not remark]
                    if not wanted:
                        done = replace(part, remarks=(*part.remarks, *sold), owes=part.owes - {"stock"})
                        return Advanced({**parts, part.sku: done})
                fresh = [inventory_plan.merged(row, there.get(row.location_id, 0)) for row in wanted]
                key = self._keep(claimed, fresh)
                self._call(key, fresh)
            except UserErrors as refused:
                if _may_merge_again(refused) and not _MERGE.gives_up(attempt):
                    continue
                return self._failed(_with_remarks(parts, part, sold), refused, wanted, keep=None)
            except HubError as error:
                return self._failed(_with_remarks(parts, part, sold), error, wanted, keep=key)
            if not undoing:
                sold = tuple(one for one in told if one)
            return Advanced(_stocked(_with_remarks(parts, part, sold), fresh))
        raise AssertionError  # the policy gives up

    def _failed(
        self, parts: Mapping[str, Sent], error: HubError, rows: Sequence[StockRow], *, keep: UUID | None
    ) -> Advanced[Sent]:
        after = dict(parts)
        for sku in dict.fromkeys(row.sku for row in rows):
            part = parts[sku]
            if part.outcome is not None:
                continue
            part = outcomes.failed(part, error, self._rules)
            if isinstance(part.outcome, Later) and part.outcome.lost:
                part = replace(part, confirmed=None)
            elif keep is not None and part.confirmed is not None and part.intent:
                # Whatever the last attempt met, an earlier one without an answer may have been carried out.
                intent = replace(part.intent, stock_call=keep)
                part = replace(part, confirmed=replace(part.confirmed, intent=intent))
            after[sku] = part
        return Advanced(after, error if outcomes.affects_every_call(error) else None)


def _left(parts: Mapping[str, Sent]) -> Advanced[Sent]:
    """The lease may have expired: no further call is made, and the parts still owe their stock."""
    log.warning("the lease may have expired before all inventory was set; the next claim continues")
    return Advanced(parts)


def _may_merge_again(refused: UserErrors) -> bool:
    return refused.has(inventory_plan.STALE) or refused.has(inventory_plan.FAILED_BEFORE)


def _with_remarks(parts: Mapping[str, Sent], part: Sent, remarks: tuple[str, ...]) -> Mapping[str, Sent]:
    return {**parts, part.sku: replace(part, remarks=(*part.remarks, *remarks))}


def _stocked(parts: Mapping[str, Sent], rows: Sequence[StockRow]) -> dict[str, Sent]:
    """The parts, with these quantities as set, and Boeing's quantities that they were set for."""
    after = dict(parts)
    for row in rows:
        part = after[row.sku]
        if part.confirmed is not None:
            confirmed = with_row(part.confirmed, row)
            after[row.sku] = replace(part, confirmed=confirmed, owes=part.owes - {"stock"})
    return after


def with_row(confirmed: Confirmed, row: StockRow) -> Confirmed:
    """The same after this row was set: its quantities, Boeing's that they are for, and what was there before."""
    base = dict(sorted({**confirmed.form["stock"], **row.boeing}.items()))
    form: dict[str, Any] = {**confirmed.form, "stock": base}
    return replace(
        confirmed,
        form=form,
        stock_hash=stock_hash(listing_of(form)),
        stock={**confirmed.stock, **row.set_by_name},
        found={**confirmed.found, **inventory_plan.found(row, confirmed.stock)},
    )
