"""Reconciles: asks the store what it has where our rows do not say: a new SKU, a call without an answer, a product that
may be deleted. What is learned about lost calls is saved at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import Final
from uuid import UUID

import structlog

from boeing_data_hub import telemetry
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import HubError, Reject
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.shopify import decisions, intents, inventory_plan, lookups, lost_calls, publish_items
from boeing_data_hub.shopify.inventory import InventoryCalls
from boeing_data_hub.shopify.inventory_plan import StockRow
from boeing_data_hub.shopify.journey import Advanced, Later, Loaded, P, R, Reconciled
from boeing_data_hub.shopify.observation import Observation
from boeing_data_hub.shopify.outcomes import affects_every_call, bug, failed
from boeing_data_hub.shopify.publications import Confirmed, Intent, StoreFacts
from boeing_data_hub.shopify.reconciled import (
    as_learned,
    call_pending,
    carried_out,
    created,
    may_be_overwritten,
    needs_looking,
    says_otherwise,
    to_be_ended,
)
from boeing_data_hub.shopify.row_lease import Saves
from boeing_data_hub.shopify.store_contents import StoreContents
from boeing_data_hub.shopify.store_products import SURVEYED_AT_ONCE
from boeing_data_hub.shopify.storefront import Storefront
from boeing_data_hub.shopify.undo import differences

log = structlog.get_logger(__name__)

SIGHTING_SECONDS: Final = 600.0  # how long a search of the store for a SKU is trusted


class Reconciler:
    """Finds out what the store has of parts.

    Args:
        database: saved look-ups, and what is learned.
        storefront: reads the store.
        inventory: repeats an inventory call, to find out whether it was carried out.
        rules: how often a part is tried.
        at_once: reads of the store at a time.
    """

    def __init__(
        self, *, database: Database, storefront: Storefront, inventory: InventoryCalls, rules: RetryPolicy, at_once: int
    ) -> None:
        self._database = database
        self._storefront = storefront
        self._inventory = inventory
        self._rules = rules
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="look")
        self.observation = Observation(storefront, self._threads, rules)

    def reconcile(
        self, parts: Mapping[str, Loaded], facts: StoreFacts, *, save: Saves | None = None
    ) -> Advanced[Reconciled]:
        """Ask the store what it has, where that is unknown.

        Args:
            parts: of a claim, or of a plan.
            facts: of the store.
            save: saves rows of the claim while it is held. None, for a plan: no call is made that changes something,
                not even to repeat an earlier one, and parts that are due soon are not searched for as well, although a
                larger search costs less for each.

        Raises:
            LeaseLostError: another worker has the parts of the claim by now.
        """

        def find(part: Reconciled) -> Reconciled:
            return self._find(part, facts, keep=save is not None)

        def learn_update(part: Reconciled) -> Reconciled:
            return self._learn_update(part, facts)

        now = self.observation.look(parts, facts, save=save)
        now = now if now.stop else self._survey(now.parts, facts, save=save)
        now = now if now.stop else self.each(now.parts, needs_looking, find)
        if save is not None:
            now = now if now.stop else self._learn_stock(now.parts, facts)
        now = now if now.stop else self.each(now.parts, to_be_ended, learn_update)
        return now if now.stop else self.each(now.parts, _is_undone, self.read)

    def _survey(
        self, parts: Mapping[str, Reconciled], facts: StoreFacts, *, save: Saves | None
    ) -> Advanced[Reconciled]:
        unseen = {
            part.sku
            for part in parts.values()
            if decisions.needs_look_up(part)
            and part.in_store is None
            and part.staged is not None
            and part.outcome is None
        }
        wanted = [sku for sku in parts if sku in unseen]
        room = -len(wanted) % SURVEYED_AT_ONCE
        if wanted and save is not None and room:
            more = self._database.run(
                lambda work: publish_items.ahead(
                    work, facts.shop, wanted=SURVEYED_AT_ONCE, younger_than=SIGHTING_SECONDS
                ),
                patience=20,
            )
            wanted += [sku for sku in more if sku not in unseen][:room]
        some = [wanted[start : start + SURVEYED_AT_ONCE] for start in range(0, len(wanted), SURVEYED_AT_ONCE)]
        sighted: dict[str, StoreContents] = {}
        error: HubError | None = None
        try:
            for found in self._threads.map(telemetry.carried(self._surveyed), some):
                (save or self._run)(lambda work, found=found: lookups.save(work, facts.shop, found))
                sighted |= found
        except HubError as raised:
            error = raised
        after = dict(parts)
        for sku in unseen:
            if sku in sighted:
                after[sku] = replace(after[sku], in_store=sighted[sku])
            elif error is not None:
                after[sku] = failed(after[sku], error, self._rules)
        return Advanced(after, error if error is not None and affects_every_call(error) else None)

    def _run(self, step: Callable[[Work], None]) -> None:
        self._database.run(step, patience=20)

    def _surveyed(self, skus: Sequence[str]) -> dict[str, StoreContents]:
        """What the store has under these SKUs, and look-alikes of the parts that it does not have."""
        found = self._storefront.survey(skus)
        new = [sku for sku, seen in found.items() if seen.ours is None and not seen.others]
        if not self._storefront.policy.look_alikes or not new:
            return found
        try:
            resembling = self._storefront.resembling(new)
        except Reject as refused:  # publishing also works without this search
            log.warning("look-alikes could not be searched for", code=refused.code)
            return found
        told = {sku: replace(found[sku], resembling=each) for sku, each in resembling.items()}
        return {**found, **told}

    def _find(self, part: Reconciled, facts: StoreFacts, *, keep: bool) -> Reconciled:
        product = part.product
        assert product is not None  # noqa: S101 - see `needs_looking`
        found = self._storefront.find(product.custom_id)
        part = replace(part, found=found, looked=True)
        overwritten = may_be_overwritten(part)
        if product.product_id is not None and not overwritten:
            return replace(part, product=decisions.completed(product, found))
        if found is None:
            return part
        known = decisions.resolved(product, found)
        part = replace(part, product=known)
        if overwritten or product.intent is None or product.intent.action != "created":
            return part
        learnt = created(known, product.intent, on_channel=facts.publishes_itself)
        return self._learned(part, product.intent, learnt, facts, keep=keep)

    def _learn_stock(self, parts: Mapping[str, Reconciled], facts: StoreFacts) -> Advanced[Reconciled]:
        """Repeat earlier inventory calls, which shows whether they were carried out."""
        by_key: dict[UUID, list[Reconciled]] = {}
        for part in parts.values():
            if (key := call_pending(part)) is not None:
                by_key.setdefault(key, []).append(part)
        kept = self._database.run(lambda work: intents.stock_calls(work, list(by_key)), patience=20) if by_key else {}
        after = dict(parts)
        for key, waiting in by_key.items():
            rows = kept.get(key, [])
            try:
                made = bool(rows) and not any(self._was_never_sent(part, rows) for part in waiting if to_be_ended(part))
                done = made and self._inventory.repeat(key, rows)
            except HubError as error:
                after |= {part.sku: failed(part, error, self._rules, nothing_sent=True) for part in waiting}
                if affects_every_call(error):
                    return Advanced(after, error)
                continue
            for part in waiting:
                own = [row for row in rows if row.sku == part.sku]
                after[part.sku] = self._with_stock(part, own, facts, done=done)
        return Advanced(after)

    def _was_never_sent(self, part: Reconciled, rows: Sequence[StockRow]) -> bool:
        """True if the store shows that a cancelled part's update did not reach it: its inventory call, which was to
        follow, was not made, and repeating it would carry it out now.
        """
        product = part.product
        assert product and product.intent  # noqa: S101, PT018 - see `to_be_ended`
        if says_otherwise(product.intent, product):
            whole = self._storefront.read(product.custom_id)
            return whole is None or any(differences(whole, product.intended))
        own = [row for row in rows if row.sku == part.sku]
        levels = self._storefront.levels(own[0].item) if own else None
        return levels is not None and all(levels.get(row.location_id, 0) == (row.was or 0) for row in own)

    def _with_stock(self, part: Reconciled, rows: Sequence[StockRow], facts: StoreFacts, *, done: bool) -> Reconciled:
        product = part.product
        assert product and product.intent and product.form is not None  # noqa: S101, PT018 - see `call_pending`
        intent = product.intent
        if not done:
            # As if it had never been made; what else was intended stays in doubt.
            return replace(part, product=replace(product, intent=replace(intent, stock_call=None)))
        rest = replace(intent, stock_call=None) if says_otherwise(intent, product) else None
        base, stock = dict(product.form["stock"]), dict(product.stock)
        found: dict[str, int] = {}
        for row in rows:
            base |= row.boeing
            stock |= row.set_by_name
            found |= inventory_plan.found(row, product.stock)
        learnt = carried_out(product, intent, {**product.form, "stock": base}, stock)
        return self._learned(part, intent, replace(learnt, intent=rest, found=found), facts)

    def _learn_update(self, part: Reconciled, facts: StoreFacts) -> Reconciled:
        """The batch was cancelled during an update: the store shows whether it was carried out."""
        product = part.product
        assert product and product.intent and product.form is not None  # noqa: S101, PT018 - see `to_be_ended`
        intent = product.intent
        whole = self._storefront.read(product.custom_id)
        part = replace(part, whole=whole)
        if whole is None or any(differences(whole, product.intended)) or not any(differences(whole, product)):
            return part
        learnt = carried_out(product, intent, {**intent.form, "stock": product.form["stock"]}, product.stock)
        return self._learned(part, intent, replace(learnt, kept=intent.kept, image=intent.image), facts)

    def _learned(
        self, part: Reconciled, intent: Intent, learnt: Confirmed, facts: StoreFacts, *, keep: bool = True
    ) -> Reconciled:
        """Save what was learned at once, whatever becomes of this claim. A plan holds no lease and saves nothing: a
        worker may be in the middle of this call.
        """
        if keep:
            self._database.run(lambda work: lost_calls.learn(work, facts.shop, intent, learnt), patience=60)
        product = part.product
        assert product is not None  # noqa: S101 - something was learned of it
        earlier = part.earlier
        if intent.batch_id == part.item.batch_id and learnt.change is not None:
            earlier = earlier or learnt.change["action"]
        return replace(part, product=as_learned(product, learnt), earlier=earlier)

    def read(self, part: R) -> R:
        """Read the part's product in full, into `whole`."""
        return replace(part, whole=self._storefront.read(part.product.custom_id if part.product else part.sku))

    def close(self) -> None:
        """Stop the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def each(self, parts: Mapping[str, P], which: Callable[[P], bool], act: Callable[[P], P]) -> Advanced[P]:
        """Do something for each part that a rule chooses, several at a time. A part for which it fails is ended."""
        stopped = Event()

        def one(part: P) -> P:
            if stopped.is_set():
                return replace(part, outcome=Later(unsure=True))
            try:
                return act(part)
            except HubError as error:
                if affects_every_call(error):
                    stopped.set()
                return failed(part, error, self._rules, nothing_sent=True)
            except Exception as error:  # a bug must not block a batch: it is named in the item
                log.exception("unexpected error while reconciling", sku=part.sku)
                return failed(part, bug(error), self._rules, nothing_sent=True)

        chosen = [part for part in parts.values() if which(part)]
        done = list(self._threads.map(telemetry.carried(one), chosen))
        stops = (part.error for part in done if part.error is not None and affects_every_call(part.error))
        return Advanced({**parts, **{part.sku: part for part in done}}, next(stops, None))


def _is_undone(part: Loaded) -> bool:
    return part.undo is not None and part.outcome is None
