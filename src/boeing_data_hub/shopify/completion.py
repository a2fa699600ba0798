"""Completes decided parts: reads the lists that are replaced, gets pictures, and writes the variables of the calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import structlog

from boeing_data_hub.errors import HubError, Reject
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.shopify import drift_remarks, observing
from boeing_data_hub.shopify.confirmed_products import kept_of, sent_image
from boeing_data_hub.shopify.journey import (
    Advanced,
    Decided,
    Loaded,
    NotDone,
    Outcome,
    Prepared,
    Send,
    advanced_all,
)
from boeing_data_hub.shopify.outcomes import affects_every_call, bug, failed, in_doubt
from boeing_data_hub.shopify.payload import touches_variant
from boeing_data_hub.shopify.pictures import Pictures
from boeing_data_hub.shopify.publications import Intent, StoreFacts
from boeing_data_hub.shopify.reconcile import Reconciler
from boeing_data_hub.shopify.sending import keeps_status, variables_of
from boeing_data_hub.shopify.shapes import nodes
from boeing_data_hub.shopify.snapshot import form_of
from boeing_data_hub.shopify.storefront import Storefront

log = structlog.get_logger(__name__)

_SEVERAL_VARIANTS: Final = (
    "Someone added variants to this product in your store. Publishing would delete them, so nothing was sent. Keep "
    "only this part's variant, then publish again; or exclude the part."
)


MayGo = Callable[[Loaded], Outcome | None]
"""Asked just before something is done for a part: an outcome instead, or None if it may go on."""


class Completion:
    """Completes decided parts.

    Args:
        reconciler: reads products with their lists.
        storefront: reads the store.
        pictures: gets pictures.
        rules: how often a part is tried.
    """

    def __init__(
        self, *, reconciler: Reconciler, storefront: Storefront, pictures: Pictures, rules: RetryPolicy
    ) -> None:
        self._reconciler = reconciler
        self._storefront = storefront
        self._pictures = pictures
        self._rules = rules

    def complete(self, decided: Advanced[Decided], facts: StoreFacts, *, may_go: MayGo) -> Advanced[Prepared]:
        """Read the lists that are replaced, get pictures, and write the variables of those that send something.

        Args:
            decided: the parts.
            facts: of the store.
            may_go: asked while products are read and pictures fetched.
        """
        now = Advanced(advanced_all(Prepared, decided.parts), decided.stop)
        now = now if now.stop else self._reconciler.each(now.parts, _lacks_lists, self._reader(may_go))
        now = now if now.stop else self._with_variants(now.parts)
        if now.stop:
            return now
        now = self._with_pictures({sku: _as_found(part) for sku, part in now.parts.items()}, may_go)
        return now if now.stop else self._with_variables(now.parts, facts)

    def _reader(self, may_go: MayGo) -> Callable[[Prepared], Prepared]:
        def read(part: Prepared) -> Prepared:
            instead = may_go(part)
            return replace(part, outcome=in_doubt(instead)) if instead is not None else self._reconciler.read(part)

        return read

    def _with_variants(self, parts: Mapping[str, Prepared]) -> Advanced[Prepared]:
        """Fail parts that would delete variants that a person added, and read the options that are sent along."""
        touching = {product_id: part for part in parts.values() if (product_id := _sends_variant_of(part))}
        try:
            found = self._storefront.variants(list(touching)) if touching else {}
        except Reject as error:  # publishing also works without this query
            log.warning("variants could not be counted", code=error.code)
            return Advanced(parts)
        except HubError as error:
            without = {part.sku: failed(part, error, self._rules, nothing_sent=True) for part in touching.values()}
            return Advanced({**parts, **without}, error if affects_every_call(error) else None)
        after = dict(parts)
        for product_id, (count, options) in found.items():
            part = touching[product_id]
            several = NotDone("failed", "several_variants", _SEVERAL_VARIANTS) if count > 1 else part.outcome
            after[part.sku] = replace(part, options=options or part.options, outcome=several)
        return Advanced(after)

    def _with_pictures(self, parts: Mapping[str, Prepared], may_go: MayGo) -> Advanced[Prepared]:
        source_of = {
            part.sku: send.listing.image_source for part in parts.values() if (send := part.send) and send.image_wanted
        }
        ended: dict[str, Outcome] = {}

        def still_wanted() -> set[str | None]:
            for sku in source_of:
                if sku not in ended and (instead := may_go(parts[sku])) is not None:
                    ended[sku] = instead
            return {source for sku, source in source_of.items() if sku not in ended}

        stop: HubError | None = None
        after = dict(parts)
        try:
            found = self._pictures.images(list(source_of.values()), still_wanted) if source_of else {}
        except HubError as error:
            stop = error if affects_every_call(error) else None
            after |= {sku: failed(parts[sku], error, self._rules) for sku in source_of}
        else:
            after |= {
                sku: replace(parts[sku], image=found[source]) for sku, source in source_of.items() if sku not in ended
            }
        after |= {sku: replace(parts[sku], outcome=outcome) for sku, outcome in ended.items()}
        return Advanced(after, stop)

    def _with_variables(self, parts: Mapping[str, Prepared], facts: StoreFacts) -> Advanced[Prepared]:
        after = dict(parts)
        for sku, part in parts.items():
            send = part.send
            if send is None:
                continue
            try:
                ready = replace(part, variables=variables_of(part, facts))
                after[sku] = replace(ready, intent=_intent_of(ready, send))
            except HubError as error:
                after[sku] = failed(part, error, self._rules)
                if affects_every_call(error):
                    return Advanced(after, error)
            except Exception as error:  # as above
                log.exception("unexpected error while writing a call", sku=sku)
                after[sku] = failed(part, bug(error), self._rules, nothing_sent=True)
        return Advanced(after)


def _lacks_lists(part: Prepared) -> bool:
    return (send := part.send) is not None and send.needs_kept and not part.whole


def _sends_variant_of(part: Prepared) -> str | None:
    """The product, already in the store, whose list of variants this part replaces."""
    send = part.send
    if send is None or send.action == "created":
        return None
    if send.whole:
        return str(part.whole["id"]) if part.whole else None
    touches = touches_variant(change.field for change in send.changes)
    return part.product.product_id if part.product is not None and touches else None


def _as_found(part: Prepared) -> Prepared:
    """The part, if its product is ours, was unknown and has now been read: it may be deleted, or lack a picture."""
    send = part.send
    if send is None or not send.whole or send.action != "updated":
        return part
    whole = part.whole
    if whole is None:
        own = replace(
            send.listing, sku=part.sku
        )  # an adopted product that was deleted kept its SKU, a new one has ours
        new = replace(send, action="created", listing=own, needs_kept=False, image_wanted=True)
        return replace(part, verdict=new)
    part = replace(part, verdict=replace(send, image_wanted=not nodes(whole, "media")))
    if not keeps_status(part):
        return part
    return replace(part, remarks=(*part.remarks, drift_remarks.status_left(whole.get("status"))))


def _intent_of(part: Prepared, send: Send) -> Intent:
    return Intent(
        batch_id=part.item.batch_id,
        action=send.action,
        form=form_of(send.listing),
        stock=dict(send.listing.stock),
        image=sent_image(part.image),
        left_out=send.listing.left_out,
        kept=kept_of(part),
        seen=observing.put_right(part.differing),
        remarks=list(part.remarks),
    )
