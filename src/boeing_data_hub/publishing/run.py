"""The stage at work: products that are to go, bulk operations that wait for their next step, then parts to publish.

Each step is: a short transaction to claim → look, decide, furnish → the intents in a short transaction → calls with no
transaction open → one short transaction that saves everything. What a killed step leaves is found by the next claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import HubError, RateLimited, Reject, Retry, StopTheLine
from boeing_data_hub.model.listings import ListingPolicy
from boeing_data_hub.model.publications import DueItem, StoreFacts
from boeing_data_hub.model.states import Stage
from boeing_data_hub.pacing import KeepGoing, Pacing
from boeing_data_hub.publishing import claims, outcomes, refusals, restocking
from boeing_data_hub.publishing.aftercare import Aftercare
from boeing_data_hub.publishing.bulk import Bulk
from boeing_data_hub.publishing.claims import Claim, Guard
from boeing_data_hub.publishing.compensation import Compensation
from boeing_data_hub.publishing.jobs import Job, Later, Leave
from boeing_data_hub.publishing.learning import unchanged
from boeing_data_hub.publishing.preparing import Preparing
from boeing_data_hub.publishing.sending import Sender
from boeing_data_hub.publishing.storefront import Storefront, problem_of
from boeing_data_hub.store import bulk_runs, leases, orphans, publishing
from boeing_data_hub.store import line as line_store
from boeing_data_hub.store.leases import HeldLeases, LeaseLostError
from boeing_data_hub.store.work import Database, Work

log = structlog.get_logger(__name__)

_HORIZON: Final = 2.0
_CLAIM_SECONDS: Final = 2.0  # a claim is what can be sent in about this time
_FEWEST: Final = 25  # offering products on the channel costs the less the more go together
_MOST: Final = 100
_SOON: Final = 5.0
_BREATH: Final = 0.2
CREATES: Final = "shopify-creates"  # the line that rests while the store makes no new products


@dataclass(frozen=True, slots=True)
class PublishingRules:
    """How parts are published (settings of the same names).

    Attributes:
        bulk_from: parts from which a batch goes by bulk operation.
        lease_seconds: how long a claim is ours without a sign of life.
    """

    bulk_from: int
    lease_seconds: float


class Publishing:
    """Publishes what waits, until nothing does."""

    def __init__(
        self,
        *,
        database: Database,
        storefront: Storefront,
        preparing: Preparing,
        sender: Sender,
        aftercare: Aftercare,
        bulk: Bulk,
        compensation: Compensation,
        line: Pacing,
        creates: Pacing,
        held: HeldLeases,
        owner: str,
        policy: ListingPolicy,
        rules: PublishingRules,
    ) -> None:
        self._database = database
        self._storefront = storefront
        self._preparing = preparing
        self._sender = sender
        self._aftercare = aftercare
        self._bulk = bulk
        self._compensation = compensation
        self._line = line
        self._creates = creates
        self._held = held
        self._owner = owner
        self._policy = policy
        self._rules = rules
        self._shop: str | None = None  # whose runs are ours to step: those of a store before this one stay as they are
        self._part_seconds: float | None = None  # of late, for the size of a claim

    def work(self, keep_going: KeepGoing) -> int:
        """Publish until nothing is due or it is time to end. Returns how many parts were worked on."""
        done = 0
        while keep_going():
            if not self._database.run(lambda work: anything_due(work, self._shop), patience=20):
                if not self._rest(keep_going):
                    break
                continue
            slots = self._line.reserve(wanted=1, horizon=_HORIZON)
            if not slots.calls:
                if not keep_going.wait(max(0.05, min(1.0, slots.wait - _HORIZON + 0.05))):
                    break
                continue
            if slots.first_at > monotonic() and not keep_going.wait(slots.first_at - monotonic()):
                break
            count = self._take_a_step(keep_going, probe=slots.probe)
            done += count
            if not count and not self._rest(keep_going):
                break
        return done

    def _take_a_step(self, keep_going: KeepGoing, *, probe: bool) -> int:
        """A step, and what it says of the line. Returns how many parts it was about."""
        if probe:
            self._storefront.forget()
        called_at = monotonic()
        try:
            count, error = self._step(keep_going, probe=probe)
            if isinstance(error, StopTheLine) and error.code == "shopify_setup":
                self._storefront.forget()  # somebody may have deleted the definition of our custom ids
                self._storefront.facts()
                error = None if self._storefront.ensure_identity() else error
        except LeaseLostError:
            log.warning("a lease was lost while its calls ran; what was sent is found by the next claim")
            return 1
        except (Retry, StopTheLine) as failed:
            count, error = 1, failed
        except Reject as refused:  # of a question that is about no single part, so nobody's can succeed
            count, error = 1, refusals.location_refused(refused) or StopTheLine(refused.message, code=refused.code)
        if (gone := refusals.location_refused(error)) is not None:
            self._storefront.forget()
            error = gone
        if isinstance(error, RateLimited):  # the budget, through which every call goes, knows how long to wait
            keep_going.wait(_BREATH)
        elif isinstance(error, Retry | StopTheLine):
            log.warning("publishing rests", code=error.code, reason=error.message)
            self._line.failed(error, fresh=True, called_at=called_at)
        elif probe:
            self._line.answered()
        return count

    def _rest(self, keep_going: KeepGoing) -> bool:
        """Wait for a bulk operation that is due soon; False when nothing is, so that the thread is free for others."""
        seconds = self._database.run(lambda work: bulk_runs.seconds_to_next(work, self._shop), patience=20)
        return seconds is not None and seconds < _SOON and keep_going.wait(max(0.05, seconds))

    def _step(self, keep_going: KeepGoing, *, probe: bool) -> tuple[int, HubError | None]:
        """One step: how many parts it was about, and an error that speaks against everybody's calls."""
        facts = self._storefront.facts()
        self._shop = facts.shop
        if (problem := problem_of(facts, self._policy)) is not None:
            self._storefront.forget()
            return 1, problem
        self._storefront.ensure_identity()
        if self._compensation.work(facts):
            return 1, None
        stepped = self._bulk.step(facts)
        if stepped is not None:
            self._note_creates([stepped.no_creating], created=stepped.created)
            return 1, stepped.error
        return self._publish(facts, keep_going, wanted=1 if probe else self._wanted())

    def _wanted(self) -> int:
        if self._part_seconds is None:
            return _FEWEST
        return max(_FEWEST, min(_MOST, int(_CLAIM_SECONDS / max(self._part_seconds, 0.001))))

    def _publish(self, facts: StoreFacts, keep_going: KeepGoing, *, wanted: int) -> tuple[int, HubError | None]:
        def step(work: Work) -> Claim | None:
            leases.one_claim_at_a_time(work, Stage.PUBLISHING)
            waiting = publishing.bulk_batches(work, at_least=self._rules.bulk_from)
            if waiting and wanted > 1 and (items := self._bulk.claimable(work, facts, waiting)):
                claim = self._take(work, items, facts)
                claim.by_bulk = True
                return claim
            items = publishing.due_items(work, wanted=wanted, but_not=[batch for batch, _ in waiting])
            return self._take(work, items, facts) if items else None

        claim = self._database.run(step, patience=20)
        if claim is None:
            return 0, None
        try:
            with self._held.holding(claim.lease, taken_at=claim.taken_at), claim.named():
                began = monotonic()
                error = self._carry_out(claim, facts, keep_going)
                error = error or outcomes.outage(claim.jobs.values(), probe=wanted == 1)
                self._database.run(lambda work: claims.save(work, claim, facts), patience=60)
                self._note_pace(claim, monotonic() - began)
        except LeaseLostError:
            if skus := self._database.run(lambda work: claims.doubt(work, claim, facts), patience=60):
                log.warning("calls ended after others had settled their parts: publish them again", skus=skus)
            raise
        made = any(outcomes.is_creating(job) and job.confirmed for job in claim.jobs.values())
        self._note_creates([job.outcome for job in claim.jobs.values()], created=claim.probes_creating and made)
        return len(claim.items), error

    def _take(self, work: Work, items: Sequence[DueItem], facts: StoreFacts) -> Claim:
        return claims.take(
            work,
            items,
            lambda work, items: self._preparing.load(work, items, facts),
            owner=self._owner,
            seconds=self._rules.lease_seconds,
        )

    def _carry_out(self, claim: Claim, facts: StoreFacts, keep_going: KeepGoing) -> HubError | None:
        """Everything between the claim and its save. Every job has its outcome then."""
        jobs = list(claim.jobs.values())
        error = self._preparing.look(claim.jobs, facts)
        claims.end_cancelled(jobs)
        if error is None:
            self._preparing.decide(jobs, facts)
            claim.probes_creating = self._hold_creates(jobs)
            error = self._preparing.furnish([job for job in jobs if job.send], facts)
        if error is None:
            if claim.by_bulk:
                self._bulk.choose(jobs)
            self._database.run(lambda work: self._intend(work, claim, facts), patience=60)
            error = self._send(claim, facts, keep_going)
        claims.conclude(jobs)
        return error

    def _intend(self, work: Work, claim: Claim, facts: StoreFacts) -> None:
        claims.intend(work, claim, facts)
        if claim.by_bulk:
            self._bulk.prepare(work, claim, facts)

    def _send(self, claim: Claim, facts: StoreFacts, keep_going: KeepGoing) -> HubError | None:
        jobs = {sku: job for sku, job in claim.jobs.items() if not job.in_bulk}
        held = claims.still_held(self._held, claim)
        guard = Guard(
            cancelled=lambda: self._database.run(
                lambda work: publishing.cancelled_among(work, list({item.batch_id for item in claim.items})),
                patience=20,
            ),
            held=held,
            keep_going=lambda: keep_going.wait(0),
        )
        stopped = self._sender.send([job for job in jobs.values() if job.send], may_go=guard, ours=held)
        for job in jobs.values():
            if isinstance(job.verdict, Leave) and job.outcome is None and job.product is not None:
                job.confirmed = unchanged(job) if job.verdict.channel or job.product.intent is not None else None
        return self._aftercare.finish(
            jobs,
            facts,
            kept=claim.calls,
            fresh=restocking.grouped(restocking.rows_after(job, facts.location_ids) for job in jobs.values()),
            stopped=stopped,
            ours=held,
        )

    def _hold_creates(self, jobs: Sequence[Job]) -> bool:
        """While the store makes no new products, parts that need one wait, and the others go on.

        Returns:
            Whether it made none when we last heard, and is asked again now.
        """
        creating = [job for job in jobs if job.outcome is None and outcomes.is_creating(job)]
        if not creating:
            return False
        line, at = self._database.run(lambda work: line_store.look(work, CREATES), patience=20)
        if line.paused_until is None or line.paused_until <= at:
            return line.pause_reason is not None
        wait = (line.paused_until - at).total_seconds()
        for job in creating:
            job.outcome = Later(wait=wait, code="shopify_daily_limit", sentence=line.pause_note)
        return False

    def _note_creates(self, told: Iterable[object], *, created: bool) -> None:
        for one in told:
            if isinstance(one, Later) and one.no_creating:
                self._creates.failed(
                    StopTheLine(one.sentence or "", code="shopify_daily_limit"), fresh=True, called_at=monotonic()
                )
                return
        if created:
            self._creates.answered()

    def _note_pace(self, claim: Claim, seconds: float) -> None:
        sent = sum(job.variables is not None for job in claim.jobs.values() if not job.in_bulk)
        if sent >= _FEWEST // 2:
            took = seconds / sent
            known = took if self._part_seconds is None else self._part_seconds
            self._part_seconds = 0.6 * known + 0.4 * took


def anything_due(work: Work, shop: str | None = None) -> int:
    """How many parts, steps of bulk operations and orphans could be worked on now, counted no further than 200."""
    return publishing.anything_due(work) or bulk_runs.anything_due(work, shop) or orphans.anything_due(work)
