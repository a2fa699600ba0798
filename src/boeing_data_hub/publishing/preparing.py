"""Everything between "these SKUs" and "these calls": rows, look-ups in the store, decisions, pictures. Changes nothing
in the store; a plan goes the same way, as far as the decisions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final

import structlog

from boeing_data_hub.clock import now
from boeing_data_hub.errors import HubError, Retry
from boeing_data_hub.model.listings import ListingPolicy
from boeing_data_hub.model.publications import DueItem, Intent, StoreFacts
from boeing_data_hub.publishing import decisions
from boeing_data_hub.publishing.aftercare import Aftercare
from boeing_data_hub.publishing.forms import form_of, listing_of, stock_hash
from boeing_data_hub.publishing.jobs import Hold, Job, Later, NotDone, Send, picture_json
from boeing_data_hub.publishing.outcomes import RetryRules, failure, kept_of, stops_the_line
from boeing_data_hub.publishing.pictures import Pictures
from boeing_data_hub.publishing.restocking import StockRow
from boeing_data_hub.publishing.sending import variables_of
from boeing_data_hub.publishing.storefront import SURVEYED_AT_ONCE, Storefront
from boeing_data_hub.publishing.undoing import decide_undo
from boeing_data_hub.shopify.shapes import nodes
from boeing_data_hub.store import hand_data, plans, products, publishing, sightings
from boeing_data_hub.store.work import Database, Work

log = structlog.get_logger(__name__)

SIGHTING_SECONDS: Final = 600.0  # how long a look into the store for a SKU is believed


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
        self._database = database
        self._storefront = storefront
        self._aftercare = aftercare
        self._pictures = pictures
        self._policy = policy
        self._rules = rules
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="look")

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
        return jobs

    def look(
        self, jobs: Mapping[str, Job], facts: StoreFacts, *, ahead: bool = True, only_look: bool = False
    ) -> HubError | None:
        """Ask the store what it has, where that is not known. Returns an error that speaks against all calls.

        Args:
            jobs: of a claim.
            facts: of the store.
            ahead: look also for parts that will be worked on soon, because a long question costs less for each.
            only_look: make no call that might change something, not even one that was made before.
        """
        stop = self._survey([job for job in jobs.values() if decisions.needs_sighting(job)], facts, ahead=ahead)
        if stop is not None:
            return stop
        return (
            self._each([job for job in jobs.values() if decisions.needs_looking(job)], self._find)
            or self._each([job for job in jobs.values() if _call_pending(job) and not only_look], self._learn)
            or self._each([job for job in jobs.values() if job.undo and job.outcome is None], self._read)
        )

    def _survey(self, jobs: Sequence[Job], facts: StoreFacts, *, ahead: bool) -> HubError | None:
        unseen = {job.sku: job for job in jobs if job.sighting is None and job.staged is not None}
        wanted = list(unseen)
        room = -len(wanted) % SURVEYED_AT_ONCE
        if wanted and ahead and room:
            more = self._database.run(
                lambda work: publishing.ahead(work, facts.shop, wanted=SURVEYED_AT_ONCE, younger_than=SIGHTING_SECONDS),
                patience=20,
            )
            wanted += [sku for sku in more if sku not in unseen][:room]
        parts = [wanted[start : start + SURVEYED_AT_ONCE] for start in range(0, len(wanted), SURVEYED_AT_ONCE)]
        try:
            for found in self._threads.map(self._storefront.survey, parts):
                self._database.run(lambda work, found=found: sightings.save(work, facts.shop, found), patience=20)
                for sku, seen in found.items():
                    if sku in unseen:
                        unseen[sku].sighting = seen
        except HubError as error:
            for job in unseen.values():
                if job.sighting is None:
                    job.outcome = failure(job, error, self._rules)
            return error if stops_the_line(error) else None
        return None

    def _find(self, job: Job) -> None:
        assert job.product is not None  # noqa: S101 - see `needs_looking`
        job.found = self._storefront.find(job.product.custom_id)
        job.looked = True
        if job.found is not None:
            ours = job.product.intent
            job.resolved = ours is not None and ours.action == "created" and ours.batch_id == job.item.batch_id
            job.product = decisions.resolved(job.product, job.found)

    def _learn(self, job: Job) -> None:
        """An earlier call that sets stock may or may not have been carried out: made again, it tells."""
        product = job.product
        assert product is not None and product.intent is not None  # noqa: S101, PT018 - see `_call_pending`
        key = product.intent.stock_call
        assert key is not None  # noqa: S101 - see `_call_pending`
        kept = self._database.run(lambda work: products.stock_calls(work, [key]), patience=20).get(key)
        form: dict[str, Any] = dict(product.form or {})
        stock = dict(product.stock)
        if kept:
            rows = [StockRow(**row) for row in kept]
            if job.sku in self._aftercare.repeat(key, rows):
                own = [row for row in rows if row.sku == job.sku]
                wanted = product.intent.form["stock"]
                form["stock"] = {**form["stock"], **{row.location: wanted.get(row.location, 0) for row in own}}
                stock |= {row.location: row.quantity for row in own}
        job.product = replace(product, form=form, stock=stock, stock_hash=stock_hash(listing_of(form)), intent=None)

    def _read(self, job: Job) -> None:
        if job.product is not None:
            job.whole = self._storefront.read(job.product.custom_id)

    def _each(self, jobs: Sequence[Job], act: Callable[[Job], None]) -> HubError | None:
        """Do something for each job, some at a time; who fails gets its outcome."""
        stops: list[HubError] = []

        def one(job: Job) -> None:
            try:
                if stops:
                    job.outcome = Later(unsure=True)
                else:
                    act(job)
            except HubError as error:
                job.outcome = failure(job, error, self._rules)
                if isinstance(job.outcome, Later):
                    job.outcome = replace(job.outcome, unsure=True)  # nothing was sent, and nothing was learnt
                if stops_the_line(error):
                    stops.append(error)

        list(self._threads.map(one, jobs))
        return stops[0] if stops else None

    def decide(self, jobs: Iterable[Job], facts: StoreFacts) -> None:
        """Give every job without an outcome its verdict; one that is not to be sent for good gets its outcome too."""
        moment = now()
        for job in jobs:
            if job.outcome is not None:
                continue
            try:
                undoing = job.item.undo_of is not None
                job.verdict = decide_undo(job) if undoing else decisions.decide(job, self._policy, facts, moment)
            except Exception as error:  # a bug must not hang a batch: it is named in the item
                log.exception("unexpected error while deciding", sku=job.sku)
                bug = Retry(
                    f"The hub met an unexpected error ({type(error).__name__}) with this part.", code="internal_error"
                )
                job.outcome = failure(job, bug, self._rules)
                continue
            if isinstance(job.verdict, Hold):
                hold = job.verdict
                job.outcome = NotDone(hold.kind, hold.code, hold.sentence, conflict=hold.conflict)

    def furnish(self, jobs: Sequence[Job], facts: StoreFacts) -> HubError | None:
        """Get others' lists and pictures, and write the variables. Returns an error that speaks against all calls."""
        stop = self._each([job for job in jobs if (send := job.send) and send.needs_kept and not job.whole], self._read)
        if stop is not None:
            return stop
        for job in jobs:
            if (send := job.send) is not None and send.whole and send.action == "updated":
                job.verdict = _as_found(send, job.whole)
        return self._get_pictures(jobs) or self._write_variables(jobs, facts)

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
            except HubError as error:
                job.outcome = failure(job, error, self._rules)
                if stops_the_line(error):
                    return error
                continue
            job.intent = Intent(
                batch_id=job.item.batch_id,
                action=send.action,
                form=form_of(send.listing),
                stock=dict(send.listing.stock),
                image=picture_json(job.image),
                left_out=[{"field": one.field, "reason": one.reason} for one in send.listing.left_out],
                kept=kept_of(job),
            )
        return None


def _as_found(send: Send, whole: Mapping[str, Any] | None) -> Send:
    """A product of ours that we know nothing of, now that it was read: it may be gone, or without a picture."""
    if whole is None:
        return replace(send, action="created", needs_kept=False, image_wanted=True)
    return replace(send, image_wanted=not nodes(whole, "media"))


def _call_pending(job: Job) -> bool:
    product = job.product
    return (
        job.outcome is None
        and product is not None
        and product.form is not None
        and product.intent is not None
        and product.intent.stock_call is not None
    )


def is_sending(job: Job) -> bool:
    """Whether something is to be sent for it."""
    return isinstance(job.verdict, Send) and job.outcome is None
