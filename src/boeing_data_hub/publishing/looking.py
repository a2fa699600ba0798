"""What the store has of some parts, asked where our rows do not tell: a SKU nobody knows of, a call whose answer was
lost, a product that may be gone. What is learnt of lost calls is written down at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final
from uuid import UUID

import structlog

from boeing_data_hub import telemetry
from boeing_data_hub.errors import HubError, Retry
from boeing_data_hub.model.publications import Confirmed, Intent, StoreFacts, StoreProduct
from boeing_data_hub.publishing import decisions
from boeing_data_hub.publishing.jobs import Job, Later, NotDone, Outcome
from boeing_data_hub.publishing.learning import carried_out, created
from boeing_data_hub.publishing.outcomes import RetryRules, failure, stops_the_line
from boeing_data_hub.publishing.restocking import StockRow
from boeing_data_hub.publishing.stocking import Stocking
from boeing_data_hub.publishing.storefront import SURVEYED_AT_ONCE, Storefront
from boeing_data_hub.publishing.undoing import differences
from boeing_data_hub.store import intents, lost_calls, publishing, sightings
from boeing_data_hub.store.work import Database

log = structlog.get_logger(__name__)

SIGHTING_SECONDS: Final = 600.0  # how long a look into the store for a SKU is believed


class Looking:
    """Asks the store about jobs.

    Args:
        database: remembered look-ups, and what is learnt.
        storefront: what is read of the store.
        stocking: repeats a call that set stock, to learn what became of it.
        rules: how long a part is tried.
        at_once: reads of the store at a time.
    """

    def __init__(
        self, *, database: Database, storefront: Storefront, stocking: Stocking, rules: RetryRules, at_once: int
    ) -> None:
        self._database = database
        self._storefront = storefront
        self._stocking = stocking
        self._rules = rules
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="look")

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
        every = list(jobs.values())
        return (
            self._each(
                [job for job in every if decisions.needs_looking(job)],
                lambda job: self._find(job, facts, keep=not only_look),
            )
            or self._learn_stock([job for job in every if _call_pending(job) and not only_look], facts)
            or self._each([job for job in every if _to_be_ended(job)], lambda job: self._learn_update(job, facts))
            or self.read([job for job in every if job.undo and job.outcome is None])
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
            for found in self._threads.map(telemetry.carried(self._storefront.survey), parts):
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

    def _find(self, job: Job, facts: StoreFacts, *, keep: bool) -> None:
        product = job.product
        assert product is not None  # noqa: S101 - see `needs_looking`
        job.found = self._storefront.find(product.custom_id)
        job.looked = True
        if product.product_id is not None:
            job.product = decisions.completed(product, job.found)
            return
        if job.found is None:
            return
        job.product = decisions.resolved(product, job.found)
        if product.intent is not None and product.intent.action == "created":
            learnt = created(job.product, product.intent, on_channel=facts.publishes_itself)
            self._write_down(job, product.intent, learnt, facts, keep=keep)

    def _learn_stock(self, jobs: Sequence[Job], facts: StoreFacts) -> HubError | None:
        """Earlier calls that set stock may or may not have been carried out: made again, they tell."""
        by_key: dict[UUID, list[Job]] = {}
        for job in jobs:
            assert job.product and job.product.intent and job.product.intent.stock_call  # noqa: S101, PT018 - see `_call_pending`
            by_key.setdefault(job.product.intent.stock_call, []).append(job)
        kept = self._database.run(lambda work: intents.stock_calls(work, list(by_key)), patience=20) if by_key else {}
        for key, waiting in by_key.items():
            rows = [StockRow(**row) for row in kept.get(key, ())]
            try:
                done = self._stocking.repeat(key, rows) if rows else False
            except HubError as error:
                for job in waiting:
                    job.outcome = in_doubt(failure(job, error, self._rules))
                if stops_the_line(error):
                    return error
                continue
            for job in waiting:
                self._note_stock(job, [row for row in rows if row.sku == job.sku], facts, done=done)
        return None

    def _note_stock(self, job: Job, rows: Sequence[StockRow], facts: StoreFacts, *, done: bool) -> None:
        product = job.product
        assert product and product.intent and product.form is not None  # noqa: S101, PT018 - see `_call_pending`
        intent = product.intent
        if not done:
            # It is as good as never made; what else was intended stays in doubt.
            job.product = replace(product, intent=replace(intent, stock_call=None))
            return
        rest = replace(intent, stock_call=None) if _says_otherwise(intent, product) else None
        base, stock = dict(product.form["stock"]), dict(product.stock)
        for row in rows:
            base |= row.boeing
            stock |= row.set_by_name
        form = {**product.form, "stock": base}
        learnt = carried_out(product, intent, form, stock)
        self._write_down(job, intent, replace(learnt, intent=rest), facts)

    def _learn_update(self, job: Job, facts: StoreFacts) -> None:
        """The batch was cancelled while an update was under way: what the store shows is what became of it."""
        product = job.product
        assert product and product.intent and product.form is not None  # noqa: S101, PT018 - see `_to_be_ended`
        intent = product.intent
        job.whole = self._storefront.read(product.custom_id)
        after = replace(product, form=intent.form, kept=intent.kept, left_out=intent.left_out)
        if job.whole is None or any(differences(job.whole, after)) or not any(differences(job.whole, product)):
            return
        form = {**intent.form, "stock": product.form["stock"]}
        learnt = carried_out(product, intent, form, product.stock)
        self._write_down(job, intent, replace(learnt, kept=intent.kept, image=intent.image), facts)

    def _write_down(self, job: Job, intent: Intent, learnt: Confirmed, facts: StoreFacts, *, keep: bool = True) -> None:
        """At once: whatever becomes of this claim, it must not be forgotten again. A plan holds no lease, and keeps
        nothing: somebody may be in the middle of this very call.
        """
        if keep:
            self._database.run(lambda work: lost_calls.learn(work, facts.shop, intent, learnt), patience=60)
        if job.product is not None:
            image = learnt.image or {}
            job.product = replace(
                job.product,
                state=learnt.state,
                form=learnt.form,
                listing_hash=learnt.listing_hash,
                stock_hash=learnt.stock_hash,
                stock=learnt.stock,
                kept=learnt.kept,
                left_out=learnt.left_out,
                on_channel=learnt.on_channel,
                image_sha256=image.get("sha256", job.product.image_sha256),
                image_url=image.get("url", job.product.image_url),
                image_code=image.get("code", job.product.image_code),
                intent=learnt.intent,
                batch_id=learnt.batch_id,
            )
        if intent.batch_id == job.item.batch_id and learnt.change is not None:
            job.earlier = job.earlier or learnt.change["action"]

    def read(self, jobs: Sequence[Job]) -> HubError | None:
        """Read everything the store says of these jobs' products, into `whole`."""
        return self._each(jobs, self._read)

    def _read(self, job: Job) -> None:
        job.whole = self._storefront.read(job.product.custom_id if job.product is not None else job.sku)

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
                job.outcome = in_doubt(failure(job, error, self._rules))
                if stops_the_line(error):
                    stops.append(error)
            except Exception as error:  # a bug must not hang a batch: it is named in the item
                log.exception("unexpected error while looking", sku=job.sku)
                job.outcome = in_doubt(failure(job, bug(error), self._rules))

        list(self._threads.map(telemetry.carried(one), jobs))
        return stops[0] if stops else None


def in_doubt(outcome: Outcome) -> Outcome:
    """Nothing was sent, and nothing was learnt: what may be known of an earlier call is kept."""
    return replace(outcome, unsure=True) if isinstance(outcome, Later | NotDone) else outcome


def bug(error: Exception) -> Retry:
    """An unexpected error, as one that is counted and named in the item."""
    return Retry(f"The hub met an unexpected error ({type(error).__name__}) with this part.", code="internal_error")


def _to_be_ended(job: Job) -> bool:
    """Whether its batch was cancelled, and an update of this batch is in doubt."""
    product = job.product
    return (
        job.item.cancelled
        and job.outcome is None
        and product is not None
        and product.published is not None
        and product.intent is not None
        and product.intent.action == "updated"
        and product.intent.batch_id == job.item.batch_id
    )


def _call_pending(job: Job) -> bool:
    product = job.product
    return (
        job.outcome is None
        and product is not None
        and product.form is not None
        and product.intent is not None
        and product.intent.stock_call is not None
    )


def _says_otherwise(intent: Intent, product: StoreProduct) -> bool:
    """Whether more than stock was intended, so that the product's fields are in doubt."""
    form = product.form or {}
    return any(value != form.get(name) for name, value in intent.form.items() if name != "stock")
