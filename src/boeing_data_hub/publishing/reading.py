"""The end of a bulk operation: its results become products and settled items, some hundred lines at a time.

The parts are made anew from the rows, for whoever reads need not be who prepared. What has been written down is not
read again: a killed reader's successor goes on with the lines that are left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from uuid import UUID, uuid4

import structlog

from boeing_data_hub.errors import HubError, Retry
from boeing_data_hub.model.listings import LeftOut, Listing
from boeing_data_hub.model.pictures import Picture
from boeing_data_hub.model.publications import BulkRun, DueItem, Intent, StoreFacts, StoreProduct
from boeing_data_hub.publishing import claims, outcomes, restocking
from boeing_data_hub.publishing.aftercare import Aftercare
from boeing_data_hub.publishing.bulk_results import LineResult, Results
from boeing_data_hub.publishing.difference import compare
from boeing_data_hub.publishing.forms import listing_of
from boeing_data_hub.publishing.jobs import Dropped, Job, Later, Send, settled
from boeing_data_hub.publishing.outcomes import RetryRules
from boeing_data_hub.publishing.restocking import StockRow
from boeing_data_hub.shopify.failures import OutcomeUnknown
from boeing_data_hub.store import batches, bulk_runs, products, publishing
from boeing_data_hub.store.work import Database, Work

log = structlog.get_logger(__name__)

_AT_ONCE: Final = 250  # as many as one call can restock


class Reading:
    """Reads results into rows.

    Args:
        database: the rows.
        aftercare: what follows an upsert.
        rules: how long a part is tried.
    """

    def __init__(self, *, database: Database, aftercare: Aftercare, rules: RetryRules) -> None:
        self._database = database
        self._aftercare = aftercare
        self._rules = rules

    def give_up(self, run: BulkRun, facts: StoreFacts, error: HubError | None, *, unsure: bool) -> None:
        """End a run whose operation did not begin: its parts are done another way, or dropped with their batch."""
        results = Results()
        if error is not None:
            log.warning("a bulk operation is given up", run=str(run.id), code=error.code)
        self.finish(run, facts, results, sure=not unsure, counted=error is not None)

    def finish(self, run: BulkRun, facts: StoreFacts, results: Results, *, sure: bool, counted: bool = True) -> None:
        """Write down the results of all lines that are still open, and end the run.

        Args:
            run: the run.
            facts: of its store.
            results: what the store has told; lines may be missing.
            sure: a line that is missing has surely not been carried out.
            counted: a line that is missing counts as a failed try.
        """
        lines = self._database.run(lambda work: bulk_runs.open_lines(work, run.id), patience=60)
        numbers = sorted(lines)
        for start in range(0, len(numbers), _AT_ONCE):
            some = numbers[start : start + _AT_ONCE]
            self._apply(run, facts, {n: lines[n] for n in some}, results, sure=sure, counted=counted)
        self._database.run(
            lambda work: bulk_runs.move(work, run.id, "ended", object_count=max(results.count, run.object_count)),
            patience=60,
        )

    def _apply(
        self,
        run: BulkRun,
        facts: StoreFacts,
        lines: Mapping[int, str],
        results: Results,
        *,
        sure: bool,
        counted: bool,
    ) -> None:
        skus = list(lines.values())
        items, known, cancelled = self._database.run(
            lambda work: (
                publishing.items_of(work, run.batch_id, skus),
                products.known(work, facts.shop, skus),
                run.batch_id in publishing.cancelled_among(work, [run.batch_id]),
            ),
            patience=60,
        )
        item_of = {sku: item for item in items for sku in item.skus}
        jobs: dict[str, Job] = {}
        for number, sku in lines.items():
            product, item = known.get(sku), item_of.get(sku)
            if product is None or product.intent is None or item is None:
                continue
            job = _job(item, product, product.intent, facts)
            jobs[sku] = job
            self._judge(job, results.by_number.get(number), sure=sure, counted=counted)
            if cancelled and isinstance(job.outcome, Later) and not job.outcome.unsure:
                job.outcome = Dropped()
        calls = self._stock_calls(jobs, facts)
        stop = self._aftercare.finish(jobs, facts, kept=calls)
        if stop is not None:
            log.warning("reading a bulk operation was held up", code=stop.code)
        claims.conclude(jobs.values())
        numbers = list(lines)

        def step(work: Work) -> None:
            batches.hold_ledger(work)
            claims.write(work, jobs, facts)
            bulk_runs.settle_lines(work, run.id, numbers)
            batches.move_counts(work, publishing.settle(work, settled(items, jobs)))

        self._database.run(step, patience=60)

    def _judge(self, job: Job, result: LineResult | None, *, sure: bool, counted: bool) -> None:
        if result is None:
            if sure:
                job.outcome = Later(counted=counted)
                return
            lost = OutcomeUnknown(
                "The result of this part's line is missing. It is found out what became of it.",
                code="shopify_outcome_unknown",
            )
            job.outcome = outcomes.failure(job, lost, self._rules)
            if isinstance(job.outcome, Later):
                job.outcome = replace(job.outcome, wait=0.0)
        elif result.error is not None:
            job.outcome = outcomes.failure(job, result.error, self._rules)
            if isinstance(job.outcome, Later) and not isinstance(result.error, Retry):
                job.outcome = replace(job.outcome, wait=0.0)
        elif result.ids is None:
            job.outcome = Later(counted=True, unsure=True, code="shopify_malformed")
        else:
            job.confirmed = outcomes.succeeded(job, result.ids)

    def _stock_calls(self, jobs: Mapping[str, Job], facts: StoreFacts) -> dict[UUID, list[StockRow]]:
        """The calls that set stock, kept with the intents before any of them is made."""
        rows = [
            restocking.rows_of(job, facts.location_ids, job.confirmed.inventory_item_id)
            for job in jobs.values()
            if job.confirmed is not None and job.confirmed.inventory_item_id
        ]
        calls = {uuid4(): call for call in restocking.grouped(rows)}
        if calls:

            def step(work: Work) -> None:
                for key, call in calls.items():
                    products.save_stock_call(work, facts.shop, key, [row.as_json() for row in call])

            self._database.run(step, patience=60)
        return calls


def _job(item: DueItem, product: StoreProduct, intent: Intent, facts: StoreFacts) -> Job:
    """The job as it was when its line was written: from the intent, and from what was known before."""
    listing = _listing(intent)
    known = product.published
    channel = facts.publication_id is not None and not facts.publishes_itself and not product.on_channel
    if intent.action == "created" or known is None:
        stock = tuple(restocking.every_location(listing)) if intent.action == "updated" else ()
        verdict = Send(action=intent.action, listing=listing, stock=stock, whole=True, channel=channel)
    else:
        decision = compare(listing, known)
        verdict = Send(
            action="updated", listing=listing, changes=decision.changes, stock=decision.stock,
            channel=channel and product.state == "live",
        )  # fmt: skip
    image = intent.image
    picture = Picture(str(image["url"]), str(image["sha256"]), "", code=image.get("code")) if image else None
    return Job(
        item, product.sku, product=product, verdict=verdict, intent=intent, image=picture, variables={"input": {}}
    )


def _listing(intent: Intent) -> Listing:
    left_out = tuple(LeftOut(one["field"], one["reason"]) for one in intent.left_out)
    return replace(listing_of(intent.form), left_out=left_out)
