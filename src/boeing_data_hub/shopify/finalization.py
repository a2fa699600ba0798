"""Finalization, which follows an upsert: the product is offered on the sales channel, and the inventory of an existing
product is set. Both can be repeated safely. What fails is tried again with the next claim; the product is saved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

import structlog

from boeing_data_hub.errors import HubError, Reject
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.shopify import outcomes, user_errors
from boeing_data_hub.shopify.failures import UserErrors
from boeing_data_hub.shopify.inventory import Claimed, InventoryCalls
from boeing_data_hub.shopify.inventory_plan import StockRow
from boeing_data_hub.shopify.journey import Advanced, Later, Leave, NotDone, Send, Sent
from boeing_data_hub.shopify.publications import StoreFacts
from boeing_data_hub.shopify.repeatable_calls import AsksStore, patiently

log = structlog.get_logger(__name__)

_OFFERED_AT_ONCE: Final = 50  # the store's limit for one call


class Finalizer:
    """Offers products on the sales channel, and sets their inventory.

    Args:
        client: calls the store.
        inventory: sets inventory.
        rules: how often a part is tried.
    """

    def __init__(self, client: AsksStore, inventory: InventoryCalls, rules: RetryPolicy) -> None:
        self._client = client
        self._rules = rules
        self.inventory = inventory

    def finish(
        self,
        sent: Advanced[Sent],
        facts: StoreFacts,
        *,
        kept: Mapping[UUID, Sequence[StockRow]],
        fresh: Iterable[Sequence[StockRow]] = (),
        ours: Callable[[], bool] = lambda: True,
    ) -> Advanced[Sent]:
        """Finalize the products of these parts.

        Args:
            sent: the parts; those that are confirmed and have no outcome yet are finalized. After a stop, only what is
                still to be done is noted.
            facts: of the store.
            kept: inventory calls that are stored already.
            fresh: inventory calls that are not stored yet.
            ours: whether the lease is certainly still held.
        """
        fresh = list(fresh)
        stocked = {row.sku for call in (*kept.values(), *fresh) for row in call}
        through_channel = facts.publication_id is not None and not facts.publishes_itself
        owing = {
            sku: _owing(part, channel=through_channel, stock=sku in stocked) if part.is_open else part
            for sku, part in sent.parts.items()
        }
        if sent.stop is not None:
            return Advanced(owing, sent.stop)
        offered = self._offer(owing, facts)
        if offered.stop is not None:
            return offered
        return self.inventory.run(Claimed(facts, ours), offered.parts, kept, fresh)

    def _offer(self, parts: Mapping[str, Sent], facts: StoreFacts) -> Advanced[Sent]:
        if facts.publication_id is None or facts.publishes_itself:
            return Advanced({sku: _not_offered_by_us(part, facts) for sku, part in parts.items()})
        now = Advanced(parts)
        waiting = [sku for sku, part in parts.items() if part.is_open and "channel" in part.owes]
        for start in range(0, len(waiting), _OFFERED_AT_ONCE):
            some = waiting[start : start + _OFFERED_AT_ONCE]
            now = self._offer_many(now.parts, some, facts.publication_id)
            if now.stop is None:
                now = self._offer_each(now.parts, some, facts.publication_id)
            if now.stop is not None:
                break
        return now

    def _offer_many(self, parts: Mapping[str, Sent], skus: Sequence[str], publication: str) -> Advanced[Sent]:
        """Offer products in one call. Those that a user error names are left to be offered one by one, as are all of
        them if it names none.
        """
        wanted = [(sku, confirmed.product_id) for sku in skus if (confirmed := parts[sku].confirmed) is not None]
        if not wanted:
            return Advanced(parts)
        ids = [product_id for _, product_id in wanted]
        try:
            patiently(self._client, "publication_add", {"id": publication, "input": {"publishablesToAdd": ids}})
        except UserErrors as refused:
            if user_errors.concerns_every_part(refused) is not None:
                return Advanced(parts, refused)
            named = {int(step) for error in refused.errors for step in error.field.split(".") if step.isdigit()}
            others = [sku for place, (sku, _) in enumerate(wanted) if place not in named]
            return self._offer_many(parts, others, publication) if len(others) < len(wanted) else Advanced(parts)
        except Reject as refused:
            log.warning("products are offered one by one", code=refused.code)
            return Advanced(parts)
        except HubError as error:
            after = {sku: not_offered(parts[sku], error, self._rules) for sku in skus}
            return Advanced({**parts, **after}, error if outcomes.affects_every_call(error) else None)
        return Advanced({**parts, **{sku: _on_channel(parts[sku]) for sku, _ in wanted}})

    def _offer_each(self, parts: Mapping[str, Sent], skus: Sequence[str], publication: str) -> Advanced[Sent]:
        after = dict(parts)
        for sku in skus:
            part = parts[sku]
            if part.outcome is not None or part.confirmed is None or part.confirmed.on_channel:
                continue
            try:
                patiently(
                    self._client,
                    "product_publish",
                    {"id": part.confirmed.product_id, "input": [{"publicationId": publication}]},
                )
            except HubError as error:
                after[sku] = not_offered(part, error, self._rules)
                if outcomes.affects_every_call(error):
                    return Advanced(after, error)
            else:
                after[sku] = _on_channel(part)
        return Advanced(after)


def not_offered(part: Sent, error: HubError, rules: RetryPolicy) -> Sent:
    """A part whose product could not be offered.

    A new product that can never be offered is removed again; a deleted one is searched for. If the channel itself is
    rejected, the part waits until publishing continues.
    """
    may_try = not rules.gives_up(part.item.attempts + 1)
    if user_errors.concerns_every_part(error) is not None:
        return replace(part, outcome=Later(), error=error)
    refused = error.errors if isinstance(error, UserErrors) else ()
    if may_try and any("does not exist" in each.message for each in refused):
        sentence = "This product was just deleted in your store. The hub creates it again."
        outcome = Later(counted=True, code="product_missing", sentence=sentence, lost=True)
        return replace(part, outcome=outcome, confirmed=None)
    after = outcomes.failed(part, error, rules)
    made = outcomes.is_creating(part) or part.earlier == "created"
    if not isinstance(after.outcome, NotDone):
        return after
    return replace(after, outcome=replace(after.outcome, orphan=made))


def _owing(part: Sent, *, channel: bool, stock: bool) -> Sent:
    """The part, with what is to follow its upsert."""
    offered = channel and isinstance(part.verdict, Send | Leave) and part.verdict.channel
    owes = {name for name, is_owed in (("channel", offered), ("stock", stock)) if is_owed}
    return replace(part, owes=part.owes | owes)


def _not_offered_by_us(part: Sent, facts: StoreFacts) -> Sent:
    """The part, where the channel takes new products by itself, or there is no channel."""
    if not part.is_open:
        return part
    part = _on_channel(part) if facts.publishes_itself else part
    is_on = part.confirmed is not None and part.confirmed.on_channel
    if facts.channel_note and not is_on and isinstance(part.verdict, Send):
        return replace(part, remarks=(*part.remarks, facts.channel_note))
    return part


def _on_channel(part: Sent) -> Sent:
    assert part.confirmed is not None  # noqa: S101 - only what is confirmed is offered
    return replace(part, confirmed=replace(part.confirmed, on_channel=True), owes=part.owes - {"channel"})
