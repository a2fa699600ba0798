"""The end of a bulk operation: its results become products and settled items, some hundred lines at a time.

The parts are made anew from the rows, for whoever reads need not be who prepared. What has been written down is not
read again: a killed reader's successor goes on with the lines that are left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from boeing_data_hub.errors import HubError, Retry
from boeing_data_hub.model.listings import LeftOut, Listing
from boeing_data_hub.model.pictures import Picture
from boeing_data_hub.model.publications import DueItem, Intent, StoreFacts, StoreProduct
from boeing_data_hub.publishing import claims, outcomes, refusals, restocking
from boeing_data_hub.publishing.aftercare import Aftercare
from boeing_data_hub.publishing.bulk_results import LineResult, Results
from boeing_data_hub.publishing.difference import compare
from boeing_data_hub.publishing.forms import listing_of
from boeing_data_hub.publishing.jobs import Dropped, Job, Later, Send, settled
from boeing_data_hub.publishing.outcomes import RetryRules
from boeing_data_hub.publishing.restocking import StockRow
from boeing_data_hub.publishing.stocking import with_stock
from boeing_data_hub.publishing.turns import Stepped, Turn
from boeing_data_hub.shopify.failures import OutcomeUnknown, UserErrors
from boeing_data_hub.store import batches, bulk_runs, intents, products, publishing
from boeing_data_hub.store.work import Database, Work

_AT_ONCE: Final = 250  # as many as one call can restock
_MISSING: Final = "The result of this part's line is missing. It is found out what became of it."


@dataclass(frozen=True, slots=True)
class Told:
    """What the store has told of a run's lines.

    Attributes:
        results: lines may be missing.
        sure: a line that is missing has surely not been carried out.
        counted: a line that is missing counts as a failed try.
    """

    results: Results
    sure: bool
    counted: bool


class Reading:
    """Reads results into rows.

    Args:
        database: the rows.
        aftercare: what follows an upsert.
        rules: how long a part is tried.
        leave_out: whether a part whose metafield the store refuses goes without that metafield: then it goes directly.
    """

    def __init__(self, *, database: Database, aftercare: Aftercare, rules: RetryRules, leave_out: bool) -> None:
        self._database = database
        self._aftercare = aftercare
        self._rules = rules
        self._leave_out = leave_out

    def finish(self, turn: Turn, facts: StoreFacts, results: Results, *, sure: bool, counted: bool = True) -> Stepped:
        """Write down the results of all lines that are still open, and end the run.

        Args:
            turn: at the run.
            facts: of its store.
            results: see `Told`, as for the others.
            sure: see there.
            counted: see there.

        Raises:
            HubError: an error that speaks against everybody's calls: the lines not written down by then stay open.
            LeaseLostError: somebody else reads the run now.
        """
        run, told = turn.run, Told(results, sure, counted)
        lines, items = self._database.run(
            lambda work: (bulk_runs.open_lines(work, run.id), publishing.items_of_run(work, run.id, run.batch_id)),
            patience=60,
        )
        item_of = {sku: item for item in items for sku in item.skus}
        ended = Stepped()
        for some in _portions(lines, item_of):
            jobs = self._apply(turn, facts, some, item_of, told)
            for job in jobs.values():
                if isinstance(job.outcome, Later) and job.outcome.no_creating:
                    ended = replace(ended, no_creating=job.outcome)
                if outcomes.is_creating(job) and job.confirmed is not None:
                    ended = replace(ended, created=True)
        count = max(len(results.by_number), run.object_count)
        turn.move("ended", object_count=count)
        return replace(ended, error=_against_all(results))

    def _apply(
        self, turn: Turn, facts: StoreFacts, lines: Mapping[int, str], item_of: Mapping[str, DueItem], told: Told
    ) -> dict[str, Job]:
        run, numbers, skus = turn.run, list(lines), list(lines.values())
        refused = [number for number in numbers if isinstance(told.results.error_of(number), UserErrors)]
        known, cancelled, sent = self._database.run(
            lambda work: (
                products.known(work, facts.shop, skus),
                run.batch_id in publishing.cancelled_among(work, [run.batch_id]),
                bulk_runs.variables_of(work, run.id, refused) if refused else {},
            ),
            patience=60,
        )
        jobs: dict[str, Job] = {}
        for number, sku in lines.items():
            product = known.get(sku)
            if product is None or product.intent is None:
                continue
            # The item may have been settled by hand: what is in the store is written down all the same.
            item = item_of.get(sku) or DueItem(
                batch_id=run.batch_id, position=-1, part_number=sku, skus=(sku,), attempts=0
            )
            job = jobs[sku] = _job(item, product, product.intent, facts)
            job.variables = sent.get(number, job.variables)
            self._judge(job, told.results.by_number.get(number), told)
            if cancelled and isinstance(job.outcome, Later) and not job.outcome.unsure:
                job.outcome = Dropped()
        self._look_after(turn, jobs, facts)
        claims.conclude(jobs.values())
        items = {item_of[sku].position: item_of[sku] for sku in jobs if sku in item_of}

        def step(work: Work) -> None:
            batches.hold_ledger(work)
            claims.write(work, jobs, facts)
            bulk_runs.settle_lines(work, run.id, numbers)
            batches.move_counts(work, publishing.settle(work, settled(list(items.values()), jobs)))

        turn.save(step)
        return jobs

    def _judge(self, job: Job, result: LineResult | None, told: Told) -> None:
        if result is None:
            if told.sure:
                job.outcome = Later(counted=told.counted)
                return
            lost = OutcomeUnknown(_MISSING, code="shopify_outcome_unknown")
            job.outcome = outcomes.failure(job, lost, self._rules)
            if isinstance(job.outcome, Later):
                job.outcome = replace(job.outcome, wait=0.0)
        elif result.error is not None:
            if self._leave_out and refusals.only_metafields(result.error):
                job.outcome = Later(counted=True, direct=True)
            else:
                job.outcome = outcomes.failure(job, result.error, self._rules)
        elif result.ids is None:
            malformed = Retry("Shopify's result names neither a product nor an error.", code="shopify_malformed")
            job.outcome = outcomes.unsure(job, outcomes.failure(job, malformed, self._rules))
        else:
            job.confirmed = outcomes.succeeded(job, result.ids)

    def _look_after(self, turn: Turn, jobs: Mapping[str, Job], facts: StoreFacts) -> None:
        """Channel and stock. Where these are held up for everybody, the lines stay open, and are read again."""
        done = self._learn(jobs)
        fresh = restocking.grouped(
            restocking.rows_of(job, facts.location_ids, job.confirmed.inventory_item_id)
            for sku, job in jobs.items()
            if sku not in done and job.confirmed is not None and job.confirmed.inventory_item_id
        )
        stop = self._aftercare.finish(jobs, facts, kept={}, fresh=fresh, ours=turn.is_ours)
        if stop is not None:
            raise stop

    def _learn(self, jobs: Mapping[str, Job]) -> set[str]:
        """Stock that a reader before us may have set: the same call again tells. Returns the SKUs where it has."""
        earlier = {job.intent.stock_call for job in jobs.values() if job.intent and job.intent.stock_call}
        if not earlier:
            return set()
        kept = self._database.run(lambda work: intents.stock_calls(work, sorted(earlier)), patience=60)
        done: set[str] = set()
        for key, rows in kept.items():
            made = [StockRow(**row) for row in rows]
            if not self._aftercare.stocking.repeat(key, made):
                continue
            for row in made:
                job = jobs.get(row.sku)
                if job is None or job.confirmed is None or job.intent is None:
                    continue
                asked = {row.location: job.intent.form["stock"].get(row.location, 0)}
                job.confirmed = with_stock(job.confirmed, asked, {row.location: row.quantity})
                done.add(row.sku)
        return done


def _portions(lines: Mapping[int, str], item_of: Mapping[str, DueItem]) -> Iterator[dict[int, str]]:
    """Lines in their order, some hundred at a time; those of one item stay together."""
    some: dict[int, str] = {}
    last: DueItem | None = None
    for number in sorted(lines):
        item = item_of.get(lines[number])
        if len(some) >= _AT_ONCE and (item is None or item is not last):
            yield some
            some = {}
        some[number] = lines[number]
        last = item
    if some:
        yield some


def _against_all(results: Results) -> HubError | None:
    """An error of a line that speaks against everybody's calls."""
    errors = (one.error for one in results.by_number.values() if one.error is not None)
    return next((error for error in errors if outcomes.stops_the_line(error)), None)


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
    nothing: dict[str, Any] = {"input": {}}
    return Job(item, product.sku, product=product, verdict=verdict, intent=intent, image=picture, variables=nothing)


def _listing(intent: Intent) -> Listing:
    left_out = tuple(LeftOut(one["field"], one["reason"]) for one in intent.left_out)
    return replace(listing_of(intent.form), left_out=left_out)
