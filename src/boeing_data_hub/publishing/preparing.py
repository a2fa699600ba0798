"""Everything between "these SKUs" and "these calls": rows, look-ups in the store, decisions, pictures. Changes nothing
in the store; a plan goes the same way, as far as the decisions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import structlog

from boeing_data_hub.clock import now
from boeing_data_hub.errors import HubError, Reject
from boeing_data_hub.model.listings import ListingPolicy
from boeing_data_hub.model.publications import DueItem, Intent, StoreFacts
from boeing_data_hub.publishing import decisions
from boeing_data_hub.publishing.aftercare import Aftercare
from boeing_data_hub.publishing.forms import form_of
from boeing_data_hub.publishing.jobs import Hold, Job, NotDone, Send, picture_json
from boeing_data_hub.publishing.looking import SIGHTING_SECONDS, Looking, bug, in_doubt
from boeing_data_hub.publishing.outcomes import RetryRules, failure, kept_of, stops_the_line
from boeing_data_hub.publishing.payload import touches_variant
from boeing_data_hub.publishing.pictures import Pictures
from boeing_data_hub.publishing.sending import variables_of
from boeing_data_hub.publishing.storefront import Storefront
from boeing_data_hub.publishing.undoing import decide_undo
from boeing_data_hub.shopify.shapes import nodes
from boeing_data_hub.store import hand_data, lost_calls, plans, products, sightings
from boeing_data_hub.store.work import Database, Work

log = structlog.get_logger(__name__)


_SEVERAL_VARIANTS: Final = (
    "Somebody has given this product several variants in the store. To send what is to be changed would delete all but "
    "one, so nothing was sent. Leave one variant there, the part's, then publish again; or exclude the part."
)


class Preparing:
    """Prepares jobs.

    Args:
        database: rows and remembered look-ups.
        storefront: what is read of the store.
        aftercare: repeats a call that set stock, to learn what became of it.
        pictures: where pictures come from.
        policy: how parts are shown and sold.
        rules: how long a part is tried.
        at_once: reads of the store at a time.
    """

    def __init__(
        self,
        *,
        database: Database,
        storefront: Storefront,
        aftercare: Aftercare,
        pictures: Pictures,
        policy: ListingPolicy,
        rules: RetryRules,
        at_once: int,
    ) -> None:
        self._pictures = pictures
        self._policy = policy
        self._rules = rules
        self._storefront = storefront
        self._looking = Looking(
            database=database, storefront=storefront, stocking=aftercare.stocking, rules=rules, at_once=at_once
        )

    def load(self, work: Work, items: Iterable[DueItem], facts: StoreFacts) -> dict[str, Job]:
        """A job for each SKU of these items, with what the rows say of it."""
        by_sku = {sku: item for item in items for sku in item.skus}
        skus = list(by_sku)
        staged = hand_data.for_publishing(work, skus)
        known = products.known(work, facts.shop, skus)
        seen = sightings.known(work, facts.shop, skus, younger_than=SIGHTING_SECONDS)
        jobs = {
            sku: Job(item, sku, staged=staged.get(sku), product=known.get(sku), sighting=seen.get(sku))
            for sku, item in by_sku.items()
        }
        for batch_id in {item.batch_id for item in by_sku.values() if item.planned}:
            own = [sku for sku, item in by_sku.items() if item.batch_id == batch_id]
            for sku, shown in plans.digests(work, batch_id, own).items():
                jobs[sku].plan = shown
        for undone in {item.undo_of for item in by_sku.values()}:
            if undone is not None:
                own = [sku for sku, item in by_sku.items() if item.undo_of == undone]
                for sku, change in products.changes_of(work, undone, skus=own).items():
                    jobs[sku].undo = change
        begun = [job for job in jobs.values() if job.product and job.product.batch_id == job.item.batch_id]
        if begun:
            done = lost_calls.done_by(work, [job.item.batch_id for job in begun], [job.sku for job in begun])
            for job in begun:
                job.earlier = done.get((job.item.batch_id, job.sku))
        return jobs

    def look(
        self, jobs: Mapping[str, Job], facts: StoreFacts, *, ahead: bool = True, only_look: bool = False
    ) -> HubError | None:
        """Ask the store what it has, where that is not known; see `Looking.look`."""
        return self._looking.look(jobs, facts, ahead=ahead, only_look=only_look)

    def decide(self, jobs: Iterable[Job], facts: StoreFacts) -> None:
        """Give every job without an outcome its verdict; one that is not to be sent for good gets its outcome too."""
        moment = now()
        for job in jobs:
            if job.outcome is not None or job.verdict is not None:
                continue
            try:
                undoing = job.item.undo_of is not None
                job.verdict = decide_undo(job) if undoing else decisions.decide(job, self._policy, facts, moment)
            except Exception as error:  # a bug must not hang a batch: it is named in the item
                log.exception("unexpected error while deciding", sku=job.sku)
                job.outcome = in_doubt(failure(job, bug(error), self._rules))
                continue
            if isinstance(job.verdict, Hold):
                hold = job.verdict
                job.outcome = NotDone(hold.kind, hold.code, hold.sentence, conflict=hold.conflict)

    def furnish(self, jobs: Sequence[Job], facts: StoreFacts) -> HubError | None:
        """Get others' lists and pictures, and write the variables. Returns an error that speaks against all calls."""
        stop = self._looking.read([job for job in jobs if (send := job.send) and send.needs_kept and not job.whole])
        stop = stop or self._spare_variants([job for job in jobs if (send := job.send) and not send.whole])
        if stop is not None:
            return stop
        for job in jobs:
            if (send := job.send) is not None and send.whole and send.action == "updated":
                if job.whole is not None and len(nodes(job.whole, "variants")) > 1:
                    job.outcome = _several_variants()
                    continue
                job.verdict = _as_found(send, job.whole)
        return self._get_pictures(jobs) or self._write_variables(jobs, facts)

    def _spare_variants(self, jobs: Sequence[Job]) -> HubError | None:
        """Set aside what would delete variants that somebody has added; a hundred products in one cheap question."""
        touching = {
            job.product.product_id: job
            for job in jobs
            if job.product and job.product.product_id and job.send
            if touches_variant(change.field for change in job.send.changes)
        }
        try:
            counts = self._storefront.variant_counts(list(touching)) if touching else {}
        except Reject as error:  # a store that does not answer this question is published to all the same
            log.warning("variants could not be counted", code=error.code)
            return None
        except HubError as error:
            for job in touching.values():
                job.outcome = in_doubt(failure(job, error, self._rules))
            return error if stops_the_line(error) else None
        for product_id, job in touching.items():
            if counts.get(product_id, 1) > 1:
                job.outcome = _several_variants()
        return None

    def _get_pictures(self, jobs: Sequence[Job]) -> HubError | None:
        wanting = [(job, send) for job in jobs if (send := job.send) is not None and send.image_wanted]
        try:
            found = self._pictures.images([send.listing.image_source for _, send in wanting]) if wanting else []
        except HubError as error:
            for job, _ in wanting:
                job.outcome = failure(job, error, self._rules)
            return error if stops_the_line(error) else None
        for (job, _), image in zip(wanting, found, strict=True):
            job.image = image
        return None

    def _write_variables(self, jobs: Sequence[Job], facts: StoreFacts) -> HubError | None:
        for job in jobs:
            send = job.send
            if send is None:
                continue
            try:
                job.variables = variables_of(job, facts)
                job.intent = _intent_of(job, send)
            except HubError as error:
                job.outcome = failure(job, error, self._rules)
                if stops_the_line(error):
                    return error
            except Exception as error:  # as above
                log.exception("unexpected error while writing a call", sku=job.sku)
                job.outcome = in_doubt(failure(job, bug(error), self._rules))
        return None


def _several_variants() -> NotDone:
    return NotDone("failed", "several_variants", _SEVERAL_VARIANTS)


def _as_found(send: Send, whole: Mapping[str, Any] | None) -> Send:
    """A product of ours that we know nothing of, now that it was read: it may be gone, or without a picture."""
    if whole is None:
        return replace(send, action="created", needs_kept=False, image_wanted=True)
    return replace(send, image_wanted=not nodes(whole, "media"))


def _intent_of(job: Job, send: Send) -> Intent:
    return Intent(
        batch_id=job.item.batch_id,
        action=send.action,
        form=form_of(send.listing),
        stock=dict(send.listing.stock),
        image=picture_json(job.image),
        left_out=[{"field": one.field, "reason": one.reason} for one in send.listing.left_out],
        kept=kept_of(job),
    )


def is_sending(job: Job) -> bool:
    """Whether something is to be sent for it."""
    return isinstance(job.verdict, Send) and job.outcome is None
