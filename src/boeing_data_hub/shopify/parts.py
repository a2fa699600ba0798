"""Parts on their way to the store: one claim at a time takes the steps of `journey`, from its lease to its save.

What a step needs it gets from the step before; the next claim resolves what a killed one leaves behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final
from uuid import uuid4

import structlog

from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import HubError
from boeing_data_hub.shopify import claims, inventory_plan, outcomes, publish_items, settlement
from boeing_data_hub.shopify.bulk import Bulk
from boeing_data_hub.shopify.claims import Claim, Guard, Intended
from boeing_data_hub.shopify.creation_limit import CreationLimit
from boeing_data_hub.shopify.finalization import Finalizer
from boeing_data_hub.shopify.journey import Advanced, Decided, Leave, Prepared, Sent, advanced_all
from boeing_data_hub.shopify.loading import load
from boeing_data_hub.shopify.preparing import Preparing
from boeing_data_hub.shopify.publications import StoreFacts
from boeing_data_hub.shopify.reconciled import unchanged
from boeing_data_hub.shopify.row_lease import Holder, fenced
from boeing_data_hub.shopify.sending import Sender
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work import leases
from boeing_data_hub.work.leases import LeaseLostError
from boeing_data_hub.work.time_slice import TimeSlice

log = structlog.get_logger(__name__)

_CLAIM_SECONDS: Final = 2.0  # a claim takes about this long to send
_FEWEST: Final = 25  # offering products on the channel costs less for each when more go together
_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Step:
    """One step of publishing.

    Attributes:
        parts: how many parts, or other pieces of work, it was about; 0 if nothing was due.
        error: affects every call, not only those of these parts.
        answered: the store answered, so it is not down.
    """

    parts: int
    error: HubError | None = None
    answered: bool = True


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a part: reconciled, decided and prepared; sent; and what follows an upsert."""

    preparing: Preparing
    sender: Sender
    finalizer: Finalizer


@dataclass(frozen=True, slots=True)
class _CarriedOut:
    """The result of a claim.

    Attributes:
        parts: with their outcomes, but for those of a bulk operation.
        decided: all of them, as they were decided.
        tried_creating: one of them was to find out whether the store takes new products again.
    """

    parts: Advanced[Sent]
    decided: Mapping[str, Decided]
    tried_creating: bool


class Parts:
    """Publishes parts.

    Args:
        database: the rows.
        holder: holds claims.
        steps: what is done for a part.
        bulk: takes the upserts of large batches.
        creation_limit: the store's daily limit.
        bulk_from: the number of parts from which a batch uses bulk operations.
    """

    def __init__(
        self,
        database: Database,
        holder: Holder,
        steps: Steps,
        bulk: Bulk,
        creation_limit: CreationLimit,
        bulk_from: int,
    ) -> None:
        self._database = database
        self._holder = holder
        self._steps = steps
        self._bulk = bulk
        self._bulk_from = bulk_from
        self._creation_limit = creation_limit
        self._part_seconds: float | None = None  # recent average, for the size of a claim

    def publish(self, facts: StoreFacts, keep_going: TimeSlice, *, probe: bool) -> Step:
        """Claim parts that are due and publish them.

        Args:
            facts: of the store.
            keep_going: ends the work of this process.
            probe: publishing is paused; a single part, sent directly whatever its batch, shows whether it may go on.

        Raises:
            LeaseLostError: the lease was lost meanwhile; the next claim finds out what was sent.
        """
        claim = self._claim(facts, probe=probe)
        if claim is None:
            return Step(0, answered=False)
        with self._holder.held.holding(claim.lease, taken_at=claim.taken_at), claim.named():
            began = monotonic()
            done = self._carry_out(claim, facts, keep_going)
            parts, stop = done.parts.parts, done.parts.stop
            if stop is None:
                told = outcomes.without_outage(parts, probe=probe)
                parts, stop = told.parts, told.stop
            try:
                self._database.run(lambda work: settlement.save(work, claim, parts, done.decided, facts), patience=60)
            except LeaseLostError:
                self._doubt(parts, facts)
                raise
            self._note_pace(parts.values(), monotonic() - began)
        made = any(outcomes.is_creating(part) and part.confirmed for part in parts.values())
        self._creation_limit.note([part.outcome for part in parts.values()], created=done.tried_creating and made)
        return Step(len(claim.items), stop, answered=outcomes.any_answer(parts.values()))

    def _claim(self, facts: StoreFacts, *, probe: bool) -> Claim | None:
        holder, lease = self._holder, uuid4()

        def step(work: Work) -> Claim | None:
            leases.one_claim_at_a_time(work, Stage.PUBLISHING, lease)
            waiting = [] if probe else publish_items.bulk_batches(work, at_least=self._bulk_from)
            items = self._bulk.claimable(work, facts, waiting) if waiting else []
            by_bulk = bool(items)
            if not by_bulk:
                items = publish_items.due_items(work, wanted=1 if probe else self._wanted(), but_not=waiting)
            if not items:
                return None
            parts = load(work, items, facts)
            return claims.take(work, lease, items, parts, owner=holder.owner, seconds=holder.seconds, by_bulk=by_bulk)

        return self._database.run(step, patience=20)

    def _carry_out(self, claim: Claim, facts: StoreFacts, keep_going: TimeSlice) -> _CarriedOut:
        """Take all steps between the claim and its save."""
        preparing = self._steps.preparing
        guard = Guard(
            cancelled=lambda: self._database.run(
                lambda work: publish_items.cancelled_among(work, claim.batch_ids), patience=20
            ),
            held=lambda: self._holder.held.is_sure(claim.lease),
            keep_going=lambda: keep_going.wait(0),
        )
        reconciled = preparing.reconcile(claim.parts, facts, save=partial(fenced, self._database, claim.lease))
        decided = preparing.decide(reconciled, facts)
        tries = False
        if decided.stop is None:
            held = self._creation_limit.hold(decided.parts)
            decided, tries = Advanced(held.parts), held.tries
        prepared = preparing.complete(decided, facts, may_go=guard)
        sent: Advanced[Sent] = Advanced(advanced_all(Sent, prepared.parts), prepared.stop)
        if prepared.stop is None:
            intended = self._database.run(lambda work: self._intend(work, claim, prepared.parts, facts), patience=60)
            sent = self._send(intended, facts, guard)
        return _CarriedOut(replace(sent, parts=settlement.concluded(sent.parts)), prepared.parts, tries)

    def _intend(self, work: Work, claim: Claim, parts: Mapping[str, Prepared], facts: StoreFacts) -> Intended:
        bulk = self._bulk.chosen(parts) if claim.by_bulk else frozenset[str]()
        intended = claims.intend(work, claim, parts, bulk, facts)
        if intended.bulk:
            self._bulk.prepare(work, claim, intended.bulk, facts)
        return intended

    def _send(self, intended: Intended, facts: StoreFacts, guard: Guard) -> Advanced[Sent]:
        sent = self._steps.sender.send(intended.direct, may_go=guard, ours=guard.held)
        sent = replace(sent, parts={sku: _if_left(part) for sku, part in sent.parts.items()})
        rows = (inventory_plan.rows_after(part, facts.location_ids) for part in sent.parts.values())
        return self._steps.finalizer.finish(
            sent, facts, kept=intended.calls, fresh=inventory_plan.grouped(rows), ours=guard.held
        )

    def _doubt(self, parts: Mapping[str, Sent], facts: StoreFacts) -> None:
        if skus := self._database.run(lambda work: settlement.doubt(work, parts, facts), patience=60):
            log.warning("calls ended after other workers had settled their parts; publish the parts again", skus=skus)

    def _wanted(self) -> int:
        if self._part_seconds is None:
            return _FEWEST
        return max(_FEWEST, min(_MOST, int(_CLAIM_SECONDS / max(self._part_seconds, 0.001))))

    def _note_pace(self, parts: Iterable[Sent], seconds: float) -> None:
        sent = sum(part.variables is not None for part in parts)
        if sent >= _FEWEST // 2:
            took = seconds / sent
            known = took if self._part_seconds is None else self._part_seconds
            self._part_seconds = 0.6 * known + 0.4 * took


def _if_left(part: Sent) -> Sent:
    """The part; one that is up to date is confirmed as such if something is still to be done or saved for it."""
    verdict, product = part.verdict, part.product
    if not isinstance(verdict, Leave) or part.outcome is not None or product is None:
        return part
    return replace(part, confirmed=unchanged(part) if verdict.channel or product.intent is not None else None)
