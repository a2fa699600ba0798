"""Calls that change the store, many at a time: one upsert for each job, each after a last look that it is still ours.

What the answers mean is decided in `outcomes.py`; what is done after an upsert, in `aftercare.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import replace
from typing import Any, Final

import structlog

from boeing_data_hub import telemetry
from boeing_data_hub.errors import HubError, Retry
from boeing_data_hub.model.listings import Listing, Metafield
from boeing_data_hub.model.publications import StoreFacts, StoreProduct
from boeing_data_hub.publishing import outcomes
from boeing_data_hub.publishing.jobs import Job, Later, Outcome
from boeing_data_hub.publishing.outcomes import RetryRules
from boeing_data_hub.publishing.patience import AsksStore
from boeing_data_hub.publishing.payload import ImageFile, Kept, update_variables, upsert_variables, without_refused
from boeing_data_hub.shopify.failures import UserErrors
from boeing_data_hub.shopify.shapes import nodes

log = structlog.get_logger(__name__)

UPSERT: Final = "product_upsert_lean"


def variables_of(job: Job, facts: StoreFacts) -> dict[str, Any] | None:
    """The variables of a job's upsert; None when only its stock is to be set."""
    send = job.send
    if send is None:
        return None
    product, image = job.product, job.image
    file = ImageFile(image.url, image.filename) if image is not None else None
    kept = Kept()
    if job.whole is not None:
        beside = outcomes.kept_of(job)
        kept = Kept([Metafield(*each) for each in beside["metafields"]], beside["tags"])
    if send.whole:
        if send.action == "created":
            return upsert_variables(send.listing, location_ids=facts.location_ids, image=file, kept=kept)
        given = upsert_variables(send.listing, image=file, kept=kept)
        given["input"]["redirectNewHandle"] = True  # it is there under an address that people may know
        return given
    known = product.published if product is not None else None
    assert known is not None  # noqa: S101 - only what is known is changed in part
    changed = [change.field for change in send.changes]
    if file is not None and image is not None and _has_picture(product, image.sha256):
        file = None
    given = update_variables(send.listing, known, changed, image=file, kept=kept)
    if file is not None:
        given["input"]["files"] = [*_other_files(job, send.listing), *given["input"]["files"]]
    return given if given["input"] else None


def _has_picture(product: StoreProduct | None, sha256: str) -> bool:
    """Whether the store surely has this very picture."""
    if product is None or product.image_sha256 != sha256:
        return False
    return product.intent is None or product.intent.image is None or product.intent.image.get("sha256") == sha256


def _other_files(job: Job, listing: Listing) -> list[dict[str, Any]]:
    """Pictures that people have added beside ours: a list that is sent replaces the one that is there."""
    form = job.product.form if job.product is not None else None
    ours = {listing.title, (form or {}).get("title")}
    return [{"id": node["id"]} for node in nodes(job.whole, "media") if node.get("alt") not in ours]


class Sender:
    """Sends jobs.

    Args:
        client: the one door to the store.
        rules: how long a part is tried.
        at_once: calls at a time.
        leave_out: whether a part whose metafield the store refuses goes without that metafield.
    """

    def __init__(self, client: AsksStore, rules: RetryRules, *, at_once: int, leave_out: bool) -> None:
        self._client = client
        self._rules = rules
        self._leave_out = leave_out
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="send")

    def send(
        self, jobs: Sequence[Job], *, may_go: Callable[[Job], Outcome | None], ours: Callable[[], bool]
    ) -> HubError | None:
        """Send the upserts of these jobs; each gets its outcome, or is confirmed and goes on to the aftercare.

        Args:
            jobs: with `variables`; one without needs no upsert and is confirmed at once.
            may_go: asked before each call, and when its body leaves: an outcome instead of going, or None.
            ours: whether the lease is surely still held; asked when an answer is there.

        Returns:
            An error that speaks against everybody's calls, if there was one: the jobs not sent by then are left alone.
        """
        stop: list[HubError] = []

        def go(job: Job) -> None:
            with telemetry.working_for([job.item.batch_id], [job.item.trace], part=job.sku):
                attempt(job)

        def attempt(job: Job) -> None:
            job.outcome = Later() if stop else may_go(job)
            if job.outcome is None and (error := self._send(job, lambda: not stop and may_go(job) is None)):
                stop.append(error)
            job.late = not ours()

        running: list[Future[None]] = [self._threads.submit(go, job) for job in jobs]
        for one in as_completed(running):
            one.result()
        return stop[0] if stop else None

    def _send(self, job: Job, keep_going: Callable[[], bool]) -> HubError | None:
        if job.variables is None:
            job.confirmed = outcomes.succeeded(job, _known_ids(job))
            return None
        try:
            data = self._ask(job, keep_going)
            product = outcomes.product_of(data)
            if product is None:
                failure = Retry("Shopify's answer names neither a product nor an error.", code="shopify_malformed")
                job.outcome = outcomes.unsure(job, outcomes.failure(job, failure, self._rules))
            else:
                job.confirmed = outcomes.succeeded(job, outcomes.ids_of(product))
        except HubError as error:
            job.outcome = outcomes.failure(job, error, self._rules)
            if outcomes.stops_the_line(error):
                return error
        except Exception as error:  # a bug must not hang a batch: it is counted, retried, and named in the item
            log.exception("unexpected error while sending")
            failure = Retry(
                f"The hub met an unexpected error ({type(error).__name__}) while publishing.", code="internal_error"
            )
            job.outcome = outcomes.unsure(job, outcomes.failure(job, failure, self._rules))
        return None

    def _ask(self, job: Job, keep_going: Callable[[], bool]) -> dict[str, Any]:
        assert job.variables is not None  # noqa: S101 - looked at by the caller
        try:
            return self._client.run(UPSERT, job.variables, keep_going=keep_going)
        except UserErrors as refused:
            mended = self._mended(job, refused)
            if mended is None:
                raise
            return self._client.run(UPSERT, mended, keep_going=keep_going)

    def _mended(self, job: Job, refused: UserErrors) -> dict[str, Any] | None:
        """The variables without the metafields the store refuses, where the setting allows to leave them out."""
        if not self._leave_out or job.variables is None:
            return None
        given: dict[str, Any] = dict(job.variables["input"])
        listed: list[dict[str, Any]] = list(given.get("metafields") or ())
        send = job.send
        if send is None or not listed:
            return None
        errors = [{"field": each.field.split("."), "message": each.message} for each in refused.errors]
        told = without_refused(send.listing, errors)
        if told is None:
            return None
        gone = {int(error["field"][2]) for error in errors}
        given["metafields"] = [each for index, each in enumerate(listed) if index not in gone]
        # What is remembered is the listing as wanted: else it would be sent, and refused, again every time.
        job.verdict = replace(send, listing=replace(send.listing, left_out=told.left_out))
        return {**job.variables, "input": given}


def _known_ids(job: Job) -> dict[str, Any]:
    product = job.product
    assert product is not None  # noqa: S101 - only what is there needs no upsert
    return {
        "product_id": product.product_id,
        "variant_id": product.variant_id,
        "inventory_item_id": product.inventory_item_id,
    }
