"""What follows an upsert: the product is offered on the sales channel, and the stock of one that was there is set.

Both are safe to do twice. What fails here is tried again with the next claim; the product itself is written down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

import structlog

from boeing_data_hub.errors import HubError, Reject
from boeing_data_hub.model.publications import StoreFacts
from boeing_data_hub.publishing import outcomes
from boeing_data_hub.publishing.jobs import Job, Later, Leave, NotDone, Outcome, Send
from boeing_data_hub.publishing.outcomes import RetryRules
from boeing_data_hub.publishing.patience import AsksStore, patiently
from boeing_data_hub.publishing.restocking import StockRow
from boeing_data_hub.publishing.stocking import Claimed, NoLongerOursError, Stocking, is_open
from boeing_data_hub.shopify.failures import UserErrors

log = structlog.get_logger(__name__)

_OFFERED_AT_ONCE: Final = 50  # the store takes no more in one call


class Aftercare:
    """Offers and restocks.

    Args:
        client: the one door to the store.
        stocking: sets stock.
        rules: how long a part is tried.
    """

    def __init__(self, client: AsksStore, stocking: Stocking, rules: RetryRules) -> None:
        self._client = client
        self._rules = rules
        self._many_at_once = True
        self.stocking = stocking

    def finish(
        self,
        jobs: Mapping[str, Job],
        facts: StoreFacts,
        *,
        kept: Mapping[UUID, Sequence[StockRow]],
        fresh: Iterable[Sequence[StockRow]] = (),
        stopped: HubError | None = None,
        ours: Callable[[], bool] = lambda: True,
    ) -> HubError | None:
        """Offer and restock the products of these jobs.

        Args:
            jobs: of a claim; those that are confirmed and have no outcome yet.
            facts: of the store.
            kept: calls that set stock and are kept already.
            fresh: calls that are not.
            stopped: nobody's call can succeed just now: only what is still owed is noted.
            ours: whether the parts are surely still ours.

        Returns:
            An error that speaks against everybody's calls.
        """
        fresh = list(fresh)
        claimed = Claimed(jobs, facts, ours)
        open_jobs = [job for job in jobs.values() if is_open(job)]
        through_channel = facts.publication_id is not None and not facts.publishes_itself
        for job in open_jobs:
            if _wants_channel(job) and through_channel:
                job.owes.add("channel")
        for row in (row for call in (*kept.values(), *fresh) for row in call):
            if is_open(job := jobs.get(row.sku)) and job is not None:
                job.owes.add("stock")
        if stopped is not None:
            return stopped
        try:
            return self._offer(open_jobs, facts) or self.stocking.run(claimed, kept, fresh)
        except NoLongerOursError:
            log.warning("the lease may have run out before all was done; the next claim goes on")
            return None

    def _offer(self, jobs: Sequence[Job], facts: StoreFacts) -> HubError | None:
        if facts.publication_id is None or facts.publishes_itself:
            for job in jobs:
                _on_channel(job, there=facts.publishes_itself)
            return None
        waiting = [job for job in jobs if "channel" in job.owes]
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
            patiently(self._client, "publication_add", {"id": publication, "input": {"publishablesToAdd": ids}})
        except UserErrors as refused:
            if not any(step.isdigit() for error in refused.errors for step in error.field.split(".")):
                self._many_at_once = False  # this channel takes products one by one only
            return None
        except Reject:
            self._many_at_once = False
            return None
        except HubError as error:
            for job in jobs:
                job.outcome = not_offered(job, error, self._rules)
            return error if outcomes.stops_the_line(error) else None
        for job in jobs:
            _on_channel(job, there=True)
        return None

    def _offer_each(self, jobs: Sequence[Job], publication: str) -> HubError | None:
        for job in jobs:
            if job.outcome is not None or job.confirmed is None:
                continue
            try:
                patiently(
                    self._client,
                    "product_publish",
                    {"id": job.confirmed.product_id, "input": [{"publicationId": publication}]},
                )
            except HubError as error:
                job.outcome = not_offered(job, error, self._rules)
                if outcomes.stops_the_line(error):
                    return error
            else:
                _on_channel(job, there=True)
        return None


def not_offered(job: Job, error: HubError, rules: RetryRules) -> Outcome:
    """A product that is made and cannot be offered for good is taken out again; one that is gone is looked for.

    A channel that is refused may be another one by the next try, when the store's facts are read anew; a part is tried
    no more often than any other failure is.
    """
    may_try = job.item.attempts + 1 < rules.most
    refused = error.errors if isinstance(error, UserErrors) else ()
    if may_try and any(each.field.endswith("publicationId") for each in refused):
        wait = rules.wait(job.item.attempts + 1)
        return Later(wait, counted=True, code=error.code, sentence=error.message)
    if may_try and any("does not exist" in each.message for each in refused):
        job.confirmed = None
        sentence = "The store has this product no more: somebody deleted it just now. It is looked for, and made anew."
        return Later(counted=True, code="product_missing", sentence=sentence, lost=True)
    outcome = outcomes.failure(job, error, rules)
    made = outcomes.is_creating(job) or job.earlier == "created"
    return replace(outcome, orphan=made) if isinstance(outcome, NotDone) else outcome


def _wants_channel(job: Job) -> bool:
    verdict = job.verdict
    return isinstance(verdict, Send | Leave) and verdict.channel


def _is_on(job: Job) -> bool:
    return job.confirmed is not None and job.confirmed.on_channel


def _on_channel(job: Job, *, there: bool) -> None:
    if job.confirmed is not None and there:
        job.confirmed = replace(job.confirmed, on_channel=True)
        job.owes.discard("channel")
