"""Sends upserts, several at a time, one for each part. Before each call, the lease and the batch are checked once more.

`outcomes.py` interprets the responses; `finalization.py` does what follows an upsert.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import Any, Final

import structlog

from boeing_data_hub import telemetry
from boeing_data_hub.catalogue.listings import Metafield
from boeing_data_hub.errors import HubError, Retry
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.shopify import confirmed_products, observing, outcomes
from boeing_data_hub.shopify.failures import UserErrors
from boeing_data_hub.shopify.journey import Advanced, Later, Outcome, Prepared, Sent, advanced, advanced_all
from boeing_data_hub.shopify.payload import ImageFile, update_variables, upsert_variables, without_refused
from boeing_data_hub.shopify.publications import ProductIds, StoreFacts, StoreProduct
from boeing_data_hub.shopify.repeatable_calls import AsksStore
from boeing_data_hub.shopify.replaced_lists import CurrentLists
from boeing_data_hub.shopify.shapes import nodes

log = structlog.get_logger(__name__)

UPSERT: Final = "product_upsert_lean"


def variables_of(part: Prepared, facts: StoreFacts) -> dict[str, Any] | None:
    """The variables of a part's upsert; None if only its stock changes."""
    send = part.send
    if send is None:
        return None
    product, image = part.product, part.image
    file = ImageFile(image.url, image.filename) if image is not None else None
    current = current_lists(part)
    if send.whole:
        if send.action == "created":
            return upsert_variables(send.listing, location_ids=facts.location_ids, image=file, current=current)
        given = upsert_variables(send.listing, image=file, current=current)
        given["input"]["redirectNewHandle"] = True  # people may have links to its address
        if keeps_status(part):
            del given["input"]["status"]
        return given
    known = product.published if product is not None else None
    assert known is not None  # noqa: S101 - only what is known is changed in part
    changed = [change.field for change in send.changes]
    if file is not None and image is not None and not send.picture_failed and _has_picture(product, image.sha256):
        file = None
    given = update_variables(send.listing, known, changed, image=file, current=current, in_doubt=_in_doubt(product))
    if file is not None:
        given["input"]["files"] = [*_other_files(part), *given["input"]["files"]]
    return given if given["input"] else None


def current_lists(part: Prepared) -> CurrentLists:
    """What the store has in the lists of a part's product, as far as it was read."""
    if part.whole is None:
        return CurrentLists(options=part.options)
    metafields = [
        Metafield(each["namespace"], each["key"], each["type"], each["value"])
        for each in nodes(part.whole, "metafields")
    ]
    return CurrentLists(metafields, [str(tag) for tag in part.whole.get("tags") or ()], part.options)


def _in_doubt(product: StoreProduct | None) -> Mapping[str, Any] | None:
    """What an update without an answer may have written."""
    return product.intent.form if product is not None and product.intent is not None else None


def keeps_status(part: Prepared) -> bool:
    """True if a person archived, drafted or unlisted a product that is sent whole; the status is kept."""
    status = (part.whole or {}).get("status")
    return bool(status) and status != "ACTIVE" and part.send is not None and status != part.send.listing.status


def _has_picture(product: StoreProduct | None, sha256: str) -> bool:
    """True if the store certainly has this picture."""
    if product is None or product.image_sha256 != sha256:
        return False
    return product.intent is None or product.intent.image is None or product.intent.image.sha256 == sha256


def _other_files(part: Prepared) -> list[dict[str, Any]]:
    """Pictures that other people added: the list that is sent replaces the one in the store."""
    return [{"id": media_id} for media_id in observing.other_media(part.product, part.whole)]


class Sender:
    """Sends parts.

    Args:
        client: calls the store.
        rules: how often a part is tried.
        at_once: calls at a time.
        leave_out: publish a part without the metafields that the store rejects.
    """

    def __init__(self, client: AsksStore, rules: RetryPolicy, *, at_once: int, leave_out: bool) -> None:
        self._client = client
        self._rules = rules
        self._leave_out = leave_out
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="send")

    def send(
        self,
        parts: Mapping[str, Prepared],
        *,
        may_go: Callable[[Prepared], Outcome | None],
        ours: Callable[[], bool],
    ) -> Advanced[Sent]:
        """Send the upserts of these parts. Each gets its outcome, or is confirmed and goes on to finalization.

        Args:
            parts: with `variables`; one without them needs no upsert and is confirmed at once.
            may_go: asked before each call, and again when its body is sent: an outcome instead of the call, or None.
            ours: whether the lease is certainly still held; asked after each response.

        Returns:
            The parts. With an error that affects every call, those not sent by then are tried again.
        """
        stopped = Event()

        def go(part: Prepared) -> Sent:
            with telemetry.working_for([part.item.batch_id], [part.item.trace], part=part.sku):
                instead = Later() if stopped.is_set() else may_go(part)
                if instead is not None:
                    return advanced(Sent, part, outcome=instead, late=not ours())
                sent = self._send(advanced(Sent, part), lambda: not stopped.is_set() and may_go(part) is None)
                if sent.error is not None and outcomes.affects_every_call(sent.error):
                    stopped.set()
                return replace(sent, late=not ours())

        running = [self._threads.submit(go, part) for part in parts.values() if part.send is not None]
        done = {sent.sku: sent for sent in (one.result() for one in running)}
        stops = (sent.error for sent in done.values() if sent.error and outcomes.affects_every_call(sent.error))
        return Advanced({**advanced_all(Sent, parts), **done}, next(stops, None))

    def close(self) -> None:
        """Stop the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _send(self, part: Sent, keep_going: Callable[[], bool]) -> Sent:
        if part.variables is None:
            return replace(part, confirmed=confirmed_products.succeeded(part, _known_ids(part)))
        try:
            try:
                data = self._client.run(UPSERT, part.variables, keep_going=keep_going)
            except UserErrors as refused:
                corrected = self._corrected(part, refused)
                if corrected is None:
                    raise
                part = corrected
                data = self._client.run(UPSERT, part.variables or {}, keep_going=keep_going)
            product = confirmed_products.product_of(data)
            if product is not None:
                return replace(part, confirmed=confirmed_products.succeeded(part, confirmed_products.ids_of(product)))
            error = Retry("Shopify's response has neither a product nor an error.", code="shopify_malformed")
        except HubError as refused:
            return outcomes.failed(part, refused, self._rules)
        except Exception as unexpected:  # a bug must not block a batch: it is counted, retried, and named in the item
            log.exception("unexpected error while sending")
            error = outcomes.bug(unexpected)
        outcome = outcomes.unsure(part, outcomes.failure(part, error, self._rules))
        return replace(part, outcome=outcome, error=error)

    def _corrected(self, part: Sent, refused: UserErrors) -> Sent | None:
        """The part without the rejected metafields, if the setting allows it."""
        if not self._leave_out or part.variables is None:
            return None
        given: dict[str, Any] = dict(part.variables["input"])
        listed: list[dict[str, Any]] = list(given.get("metafields") or ())
        send = part.send
        if send is None or not listed:
            return None
        errors = [{"field": each.field.split("."), "message": each.message} for each in refused.errors]
        told = without_refused(send.listing, listed, errors)
        if told is None:
            return None
        gone = {int(error["field"][2]) for error in errors}
        given["metafields"] = [each for index, each in enumerate(listed) if index not in gone]
        # The saved listing is the wanted one: otherwise it would be sent, and rejected, with every publish.
        verdict = replace(send, listing=replace(send.listing, left_out=told.left_out))
        return replace(part, verdict=verdict, variables={**part.variables, "input": given})


def _known_ids(part: Sent) -> ProductIds:
    product = part.product
    assert product is not None  # noqa: S101 - only what is there needs no upsert
    assert product.product_id is not None  # noqa: S101
    return ProductIds(
        product_id=product.product_id, variant_id=product.variant_id, inventory_item_id=product.inventory_item_id
    )
