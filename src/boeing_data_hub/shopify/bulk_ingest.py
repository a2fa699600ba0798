"""The end of a bulk operation: its results become products and settled items, a few hundred lines at a time.

The parts are rebuilt from the rows, because another worker may have prepared them. Saved lines are not read again, so
if a worker is killed, the next one continues with the remaining lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from boeing_data_hub.catalogue.listings import Listing
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import HubError, Retry
from boeing_data_hub.images.product_image import Picture
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.shopify import (
    bulk_runs,
    confirmed_products,
    intents,
    inventory_plan,
    outcomes,
    products,
    publish_items,
    settlement,
    user_errors,
)
from boeing_data_hub.shopify.bulk_results import LineResult, Results
from boeing_data_hub.shopify.bulk_runs import BulkRun
from boeing_data_hub.shopify.diff import compare
from boeing_data_hub.shopify.failures import OutcomeUnknown, UserErrors
from boeing_data_hub.shopify.finalization import Finalizer
from boeing_data_hub.shopify.inventory import with_row
from boeing_data_hub.shopify.item_moves import settled
from boeing_data_hub.shopify.journey import Advanced, Dropped, Later, Send, Sent
from boeing_data_hub.shopify.observing import with_fields
from boeing_data_hub.shopify.publications import DueItem, Intent, StoreFacts, StoreProduct
from boeing_data_hub.shopify.row_lease import Taken
from boeing_data_hub.shopify.snapshot import listing_of
from boeing_data_hub.work import batches

_AT_ONCE: Final = 250  # as many as one call can restock
_NOTHING: Final[Mapping[str, Any]] = {"input": {}}
_MISSING: Final = "This part's result is missing. The hub checks your store for it."


@dataclass(frozen=True, slots=True)
class Ended:
    """What the end of a run has shown.

    Attributes:
        error: affects every call.
        no_creating: a part that waits because the store takes no new products for a while.
        created: True if the store has created products.
    """

    error: HubError | None = None
    no_creating: Later | None = None
    created: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What the store has reported about a run's lines.

    Attributes:
        results: lines may be missing.
        sure: a missing line was certainly not carried out.
        missed: a line that was not carried out counts as a failed bulk operation of its part; it never counts as a
            failed try, because no call for it was made.
    """

    results: Results
    sure: bool
    missed: bool


class Reading:
    """Reads results into rows.

    Args:
        database: the rows.
        finalizer: what follows an upsert.
        rules: how long a part is tried.
        leave_out: True if a part whose metafield the store rejects is published without it, directly.
    """

    def __init__(self, *, database: Database, finalizer: Finalizer, rules: RetryPolicy, leave_out: bool) -> None:
        self._database = database
        self._finalizer = finalizer
        self._rules = rules
        self._leave_out = leave_out

    def finish(
        self, taken: Taken[BulkRun], facts: StoreFacts, results: Results, *, sure: bool, missed: bool = True
    ) -> Ended:
        """Save the results of all lines that are still open, and end the run.

        Args:
            taken: the run.
            facts: of its store.
            results: see `Told`.
            sure: see `Told`.
            missed: see `Told`.

        Raises:
            HubError: an error that affects every call: the lines not saved by then stay open.
            LeaseLostError: another worker has the run now.
        """
        run, told = taken.row, Told(results, sure, missed)
        lines, items = self._database.run(
            lambda work: (bulk_runs.open_lines(work, run.id), publish_items.items_of_run(work, run.id, run.batch_id)),
            patience=60,
        )
        item_of = {sku: item for item in items for sku in item.skus}
        ended = Ended()
        for some in _portions(lines, item_of):
            for part in self._apply(taken, facts, some, item_of, told).values():
                if isinstance(part.outcome, Later) and part.outcome.no_creating:
                    ended = replace(ended, no_creating=part.outcome)
                if outcomes.is_creating(part) and part.confirmed is not None:
                    ended = replace(ended, created=True)
        count = max(len(results.by_number), run.object_count)
        taken.save(lambda work: bulk_runs.move(work, run.id, "ended", object_count=count))
        return replace(ended, error=_against_all(results))

    def _apply(
        self,
        taken: Taken[BulkRun],
        facts: StoreFacts,
        lines: Mapping[int, str],
        item_of: Mapping[str, DueItem],
        told: Told,
    ) -> dict[str, Sent]:
        run, numbers, skus = taken.row, list(lines), list(lines.values())
        refused = [number for number in numbers if isinstance(told.results.error_of(number), UserErrors)]
        known, cancelled, sent = self._database.run(
            lambda work: (
                products.known(work, facts.shop, skus),
                run.batch_id in publish_items.cancelled_among(work, [run.batch_id]),
                bulk_runs.variables_of(work, run.id, refused) if refused else {},
            ),
            patience=60,
        )
        parts: dict[str, Sent] = {}
        for number, sku in lines.items():
            product = known.get(sku)
            if product is None or product.intent is None:
                continue
            # A person may have settled the item: what is in the store is saved all the same.
            item = item_of.get(sku) or DueItem(
                batch_id=run.batch_id, position=-1, part_number=sku, skus=(sku,), attempts=0
            )
            part = _sent(item, product, product.intent, facts, sent.get(number) or _NOTHING)
            part = self._judged(part, told.results.by_number.get(number), told)
            if cancelled and isinstance(part.outcome, Later) and not part.outcome.unsure:
                part = replace(part, outcome=Dropped())
            parts[sku] = part
        parts = settlement.concluded(self._finished(taken, parts, facts))
        items = {item_of[sku].position: item_of[sku] for sku in parts if sku in item_of}

        def step(work: Work) -> None:
            if not bulk_runs.settle_lines(work, run.id, numbers):
                return  # saved before, by a commit without a reply: sold pieces are counted once
            batches.hold_ledger(work)
            settlement.write(work, parts, facts)
            batches.move_counts(work, publish_items.settle(work, settled(items.values(), parts, bulk=True)))

        taken.save(step)
        return parts

    def _judged(self, part: Sent, result: LineResult | None, told: Told) -> Sent:
        if result is None:
            return replace(part, outcome=Later(missed=told.missed)) if told.sure else self._missing(part)
        if result.error is not None:
            if self._leave_out and user_errors.only_metafields(result.error):
                return replace(part, outcome=Later(counted=True, direct=True))
            return outcomes.failed(part, result.error, self._rules)
        if result.ids is None:
            malformed = Retry("Shopify's result has neither a product nor an error.", code="shopify_malformed")
            return replace(part, outcome=outcomes.unsure(part, outcomes.failure(part, malformed, self._rules)))
        return replace(part, confirmed=confirmed_products.succeeded(part, result.ids))

    def _missing(self, part: Sent) -> Sent:
        outcome = outcomes.failure(part, OutcomeUnknown(_MISSING, code="shopify_outcome_unknown"), self._rules)
        at_once = replace(outcome, wait=0.0) if isinstance(outcome, Later) else outcome
        return replace(part, outcome=at_once)

    def _finished(self, taken: Taken[BulkRun], parts: Mapping[str, Sent], facts: StoreFacts) -> Mapping[str, Sent]:
        """Set channel and stock. If an error affects every call, the lines stay open and are read again."""
        parts, done = self._learned(parts)
        fresh = inventory_plan.grouped(
            inventory_plan.rows_of(part, facts.location_ids, part.confirmed.inventory_item_id)
            for sku, part in parts.items()
            if sku not in done and part.confirmed is not None and part.confirmed.inventory_item_id
        )
        finished = self._finalizer.finish(Advanced(parts), facts, kept={}, fresh=fresh, ours=taken.is_ours)
        if finished.stop is not None:
            raise finished.stop
        return finished.parts

    def _learned(self, parts: Mapping[str, Sent]) -> tuple[dict[str, Sent], set[str]]:
        """Repeat inventory calls that an earlier worker may have made. Also returns the SKUs for which it had."""
        after, done = dict(parts), set[str]()
        earlier = {part.intent.stock_call for part in parts.values() if part.intent and part.intent.stock_call}
        if not earlier:
            return after, done
        kept = self._database.run(lambda work: intents.stock_calls(work, sorted(earlier)), patience=60)
        for key, rows in kept.items():
            if not self._finalizer.inventory.repeat(key, rows):
                continue
            for row in rows:
                part = after.get(row.sku)
                if part is None or part.confirmed is None or part.intent is None:
                    continue
                after[row.sku] = replace(part, confirmed=with_row(part.confirmed, row))
                done.add(row.sku)
        return after, done


def _portions(lines: Mapping[int, str], item_of: Mapping[str, DueItem]) -> Iterator[dict[int, str]]:
    """Lines in order, a few hundred at a time; those of one item stay together."""
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
    """The error of a line that affects every call."""
    errors = (one.error for one in results.by_number.values() if one.error is not None)
    return next((error for error in errors if outcomes.affects_every_call(error)), None)


def _sent(
    item: DueItem, product: StoreProduct, intent: Intent, facts: StoreFacts, variables: Mapping[str, Any]
) -> Sent:
    """The part as it was when its line was written, from the intent and the row."""
    listing = _listing(intent)
    product = with_fields(product, intent.seen)
    known = product.published
    channel = facts.publication_id is not None and not facts.publishes_itself and not product.on_channel
    if intent.action == "created" or known is None:
        stock = tuple(inventory_plan.every_location(listing)) if intent.action == "updated" else ()
        verdict = Send(action=intent.action, listing=listing, stock=stock, whole=True, channel=channel)
    else:
        decision = compare(listing, known)
        verdict = Send(
            action="updated", listing=listing, changes=decision.changes, stock=decision.stock,
            channel=channel and product.state == "live",
        )  # fmt: skip
    image = intent.image
    picture = Picture(image.url, image.sha256, "", code=image.code) if image else None
    return Sent(
        item, product.sku, product=product, verdict=verdict, intent=intent, image=picture, variables=variables,
        remarks=tuple(intent.remarks),
    )  # fmt: skip


def _listing(intent: Intent) -> Listing:
    return replace(listing_of(intent.form), left_out=tuple(intent.left_out))
