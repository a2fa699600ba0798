"""What follows an upsert: the product is offered on the sales channel, and the stock of one that was there is set.

Both are safe to do twice. What fails here is tried again with the next claim; the product itself is written down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID, uuid4

import structlog

from boeing_data_hub.errors import HubError, Reject
from boeing_data_hub.model.publications import Confirmed, StoreFacts
from boeing_data_hub.publishing import outcomes, restocking
from boeing_data_hub.publishing.forms import listing_of, stock_hash
from boeing_data_hub.publishing.jobs import Job, Later, Leave, NotDone, Outcome, Send
from boeing_data_hub.publishing.outcomes import RetryRules
from boeing_data_hub.publishing.restocking import StockRow
from boeing_data_hub.publishing.storefront import AsksStore, Storefront
from boeing_data_hub.shopify.failures import OutcomeUnknown, UserErrors

log = structlog.get_logger(__name__)

_OFFERED_AT_ONCE: Final = 50  # the store takes no more in one call
_MERGES: Final = 4  # a part that is sold from faster than we can read and set is left to the next claim


class Aftercare:
    """Offers and restocks.

    Args:
        client: the one door to the store.
        storefront: reads levels where something was sold meanwhile.
        rules: how long a part is tried.
    """

    def __init__(self, client: AsksStore, storefront: Storefront, rules: RetryRules) -> None:
        self._client = client
        self._storefront = storefront
        self._rules = rules
        self._many_at_once = True

    def offer(self, jobs: Sequence[Job], facts: StoreFacts) -> HubError | None:
        """Put the products of these jobs on the sales channel. Returns an error that speaks against all calls."""
        if facts.publication_id is None or facts.publishes_itself:
            for job in jobs:
                _on_channel(job, there=facts.publishes_itself)
            return None
        waiting = [job for job in jobs if job.confirmed is not None and job.outcome is None and _wants_channel(job)]
        for start in range(0, len(waiting), _OFFERED_AT_ONCE):
            some = waiting[start : start + _OFFERED_AT_ONCE]
            stop = self._offer_many(some, facts.publication_id) if self._many_at_once else None
            if stop is None:
                stop = self._offer_each([job for job in some if not _is_on(job)], facts.publication_id)
            if stop is not None:
                return stop
        return None

    def _offer_many(self, jobs: Sequence[Job], publication: str) -> HubError | None:
        ids = [job.confirmed.product_id for job in jobs if job.confirmed is not None]
        if not ids:
            return None
        try:
            self._client.run("publication_add", {"id": publication, "input": {"publishablesToAdd": ids}})
        except UserErrors as refused:
            if not any(step.isdigit() for error in refused.errors for step in error.field.split(".")):
                self._many_at_once = False  # this channel takes products one by one only
            return None
        except Reject:
            self._many_at_once = False
            return None
        except HubError as error:
            for job in jobs:
                job.outcome = outcomes.failure(job, error, self._rules)
            return error if outcomes.stops_the_line(error) else None
        for job in jobs:
            _on_channel(job, there=True)
        return None

    def _offer_each(self, jobs: Sequence[Job], publication: str) -> HubError | None:
        for job in jobs:
            if job.outcome is not None or job.confirmed is None:
                continue
            try:
                self._client.run(
                    "product_publish", {"id": job.confirmed.product_id, "input": [{"publicationId": publication}]}
                )
            except HubError as error:
                job.outcome = _not_offered(job, error, self._rules)
                if outcomes.stops_the_line(error):
                    return error
            else:
                _on_channel(job, there=True)
        return None

    def restock(self, calls: Mapping[UUID, Sequence[StockRow]], jobs: Mapping[str, Job]) -> HubError | None:
        """Make the calls that set stock. A call whose answer is lost is made again under the same key, by whoever."""
        for key, rows in calls.items():
            wanted = [row for row in rows if _is_open(jobs.get(row.sku))]
            if not wanted:
                continue
            stop = self._set(key, rows, jobs) if len(wanted) == len(rows) else self._fresh(wanted, jobs)
            if stop is not None:
                return stop
        return None

    def repeat(self, key: UUID, rows: Sequence[StockRow]) -> set[str]:
        """Make a kept call again, to learn whether it was carried out. Returns the SKUs whose stock is set by it.

        Raises:
            HubError: it is still not known.
        """
        try:
            self._client.run("inventory_set", {"input": restocking.call_input(rows), "key": str(key)})
        except UserErrors:
            return set()
        return {row.sku for row in rows}

    def stocked(self, rows: Sequence[StockRow], jobs: Mapping[str, Job]) -> None:
        """Write down of these jobs that an earlier call has set these pieces."""
        _stocked(rows, jobs)

    def _set(self, key: UUID, rows: Sequence[StockRow], jobs: Mapping[str, Job]) -> HubError | None:
        try:
            self._client.run("inventory_set", {"input": restocking.call_input(rows), "key": str(key)})
        except UserErrors as refused:
            return self._sort_out(refused, rows, jobs)
        except HubError as error:
            return self._failed(error, rows, jobs, keep=key)
        _stocked(rows, jobs)
        return None

    def _sort_out(self, refused: UserErrors, rows: Sequence[StockRow], jobs: Mapping[str, Job]) -> HubError | None:
        """One bad row refuses all: the others are set without it, and it is looked at by itself."""
        bad = restocking.guilty(refused, rows)
        skus = list(dict.fromkeys(row.sku for row in rows))
        if len(skus) == 1 or not bad:
            return self._each(rows, jobs, skus)
        good = [row for row in rows if row.sku not in bad]
        stop = self._fresh(good, jobs) if good else None
        return stop or self._each([row for row in rows if row.sku in bad], jobs, sorted(bad))

    def _fresh(self, rows: Sequence[StockRow], jobs: Mapping[str, Job]) -> HubError | None:
        return self._set(uuid4(), rows, jobs)

    def _each(self, rows: Sequence[StockRow], jobs: Mapping[str, Job], skus: Sequence[str]) -> HubError | None:
        for sku in skus:
            job = jobs.get(sku)
            if job is None:
                continue
            try:
                self._merge([row for row in rows if row.sku == sku], job, jobs)
            except HubError as error:
                if stop := self._failed(error, [row for row in rows if row.sku == sku], jobs, keep=None):
                    return stop
        return None

    def _merge(self, rows: Sequence[StockRow], job: Job, jobs: Mapping[str, Job]) -> None:
        """Set a part's stock on top of what the store has now, however it came about."""
        undoing = job.item.undo_of is not None
        for attempt in range(_MERGES):
            there = self._storefront.levels(rows[0].item)
            told = [restocking.remark(row, there.get(row.location_id, 0)) for row in rows]
            if undoing and any(told):
                job.remarks.extend(one for one in told if one)
                rows = [row for row, sold in zip(rows, told, strict=True) if not sold]
                if not rows:
                    return
            fresh = [restocking.merged(row, there.get(row.location_id, 0)) for row in rows]
            try:
                self._client.run("inventory_set", {"input": restocking.call_input(fresh), "key": str(uuid4())})
            except UserErrors as refused:
                if not refused.has(restocking.STALE) or attempt == _MERGES - 1:
                    raise
                continue
            if not undoing:
                job.remarks.extend(one for one in told if one)
            _stocked(fresh, jobs, wanted={row.location: row.quantity for row in rows})
            return

    def _failed(
        self, error: HubError, rows: Sequence[StockRow], jobs: Mapping[str, Job], *, keep: UUID | None
    ) -> HubError | None:
        for sku in dict.fromkeys(row.sku for row in rows):
            job = jobs.get(sku)
            if job is None or job.outcome is not None:
                continue
            job.outcome = outcomes.failure(job, error, self._rules)
            if isinstance(error, OutcomeUnknown) and keep is not None and job.confirmed is not None and job.intent:
                job.confirmed = replace(job.confirmed, intent=replace(job.intent, stock_call=keep))
        return error if outcomes.stops_the_line(error) else None


def _not_offered(job: Job, error: HubError, rules: RetryRules) -> Outcome:
    """A product that is made and cannot be offered for good is taken out again; one that is gone is looked for."""
    if isinstance(error, UserErrors) and any("does not exist" in each.message for each in error.errors):
        job.confirmed = None
        sentence = "The store has this product no more: somebody deleted it just now. It is looked for, and made anew."
        return Later(counted=True, code="product_missing", sentence=sentence, lost=True)
    outcome = outcomes.failure(job, error, rules)
    made = isinstance(job.verdict, Send) and job.verdict.action == "created"
    return replace(outcome, orphan=made) if isinstance(outcome, NotDone) else outcome


def _is_open(job: Job | None) -> bool:
    return job is not None and job.outcome is None and job.confirmed is not None


def _wants_channel(job: Job) -> bool:
    verdict = job.verdict
    return isinstance(verdict, Send | Leave) and verdict.channel


def _is_on(job: Job) -> bool:
    return job.confirmed is not None and job.confirmed.on_channel


def _on_channel(job: Job, *, there: bool) -> None:
    if job.confirmed is not None and there:
        job.confirmed = replace(job.confirmed, on_channel=True)


def _stocked(rows: Sequence[StockRow], jobs: Mapping[str, Job], wanted: Mapping[str, int] | None = None) -> None:
    """Write down that these pieces are set: what we set, and the figure of Boeing's it was set for."""
    for row in rows:
        job = jobs.get(row.sku)
        if job is None or job.confirmed is None:
            continue
        asked = row.quantity if wanted is None else wanted.get(row.location, row.quantity)
        job.confirmed = with_stock(job.confirmed, {row.location: asked}, {row.location: row.quantity})


def with_stock(confirmed: Confirmed, base: Mapping[str, int], stock: Mapping[str, int]) -> Confirmed:
    """The same with these pieces set: `base` as Boeing has them, `stock` as they were set in the store."""
    form: dict[str, Any] = {**confirmed.form, "stock": dict(sorted({**confirmed.form["stock"], **base}.items()))}
    return replace(confirmed, form=form, stock_hash=stock_hash(listing_of(form)), stock={**confirmed.stock, **stock})
