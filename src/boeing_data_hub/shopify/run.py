"""Runs the publishing stage: leftover products, due steps of bulk operations, then parts (`parts.py`).

Each step is: a short transaction to claim → reconcile, decide, prepare → the intents in a short transaction → calls
without an open transaction → one short transaction that saves everything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import structlog

from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.errors import PauseUpstream, RateLimited, Reject, Retry
from boeing_data_hub.shopify import due_work, user_errors
from boeing_data_hub.shopify.bulk import Bulk
from boeing_data_hub.shopify.draft_orders import DraftOrders
from boeing_data_hub.shopify.leftovers import Leftovers
from boeing_data_hub.shopify.media_checks import MediaChecks
from boeing_data_hub.shopify.parts import Parts, Step
from boeing_data_hub.shopify.store_jobs import StoreJobs
from boeing_data_hub.shopify.store_snapshots import Snapshots
from boeing_data_hub.shopify.storefront import Storefront, problem_of
from boeing_data_hub.shopify.webhook_reads import WebhookReads
from boeing_data_hub.work.leases import LeaseLostError
from boeing_data_hub.work.pacing import Pacing, Slots
from boeing_data_hub.work.time_slice import TimeSlice

log = structlog.get_logger(__name__)

_HORIZON: Final = 2.0
_SOON: Final = 5.0
_BREATH: Final = 0.2


@dataclass(frozen=True, slots=True)
class Turns:
    """What takes turns with parts: leftover products, draft orders, pictures, bulk operations, snapshots, ..."""

    leftovers: Leftovers
    media_checks: MediaChecks
    bulk: Bulk
    snapshots: Snapshots
    webhooks: WebhookReads
    store_jobs: StoreJobs
    draft_orders: DraftOrders


class Publishing:
    """Publishes until nothing is due.

    Args:
        database: the rows.
        storefront: what is read of the store.
        line: the store's pauses, shared by all workers.
        parts: publishes parts.
        turns: everything else.
    """

    def __init__(self, database: Database, storefront: Storefront, line: Pacing, parts: Parts, turns: Turns) -> None:
        self._database = database
        self._storefront = storefront
        self._line = line
        self._parts = parts
        self._turns = turns

    def work(self, keep_going: TimeSlice) -> int:
        """Publish until nothing is due or `keep_going` ends. Returns how many parts were worked on."""
        done = 0
        while keep_going():
            if not self._database.run(
                lambda work: due_work.anything_due(work, first=self._turns.media_checks.look_seconds), patience=20
            ):
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
            count = self._take_a_step(keep_going, slots)
            done += count
            if not count and not self._rest(keep_going):
                break
        return done

    def _take_a_step(self, keep_going: TimeSlice, slots: Slots) -> int:
        """Take a step, and note what it says about the store. Returns how many parts it was about."""
        if slots.probe:
            self._storefront.forget()
        called_at = monotonic()
        try:
            step = self._step(keep_going, probe=slots.probe)
            if isinstance(step.error, PauseUpstream) and step.error.code == "shopify_setup":
                self._storefront.forget()  # the definition of our custom ids may have been deleted
                self._storefront.facts()
                step = replace(step, error=None) if self._storefront.ensure_identity() else step
        except LeaseLostError:
            log.warning("a lease was lost while its calls ran; the next claim finds out what was sent")
            return 1
        except (Retry, PauseUpstream) as failed:
            step = Step(1, failed)
        except Reject as refused:  # a call that is about no single part, so no call can succeed
            stop = user_errors.concerns_every_part(refused) or PauseUpstream(refused.message, code=refused.code)
            step = Step(1, stop)
        error = user_errors.concerns_every_part(step.error) or step.error
        if isinstance(error, PauseUpstream):
            self._storefront.forget()  # the cached facts may be what is wrong
        if isinstance(error, RateLimited):  # the budget knows how long every call has to wait
            keep_going.wait(_BREATH)
        elif isinstance(error, Retry | PauseUpstream):
            log.warning("publishing pauses", code=error.code, reason=error.message)
            self._line.failed(error, fresh=True, called_at=called_at)
        elif slots.unwell and step.answered:
            self._line.answered()
        return step.parts

    def _rest(self, keep_going: TimeSlice) -> bool:
        """Wait for a bulk operation or a snapshot that is due soon. False if none is: the thread is free for others."""
        seconds = self._database.run(due_work.seconds_to_next, patience=20)
        return seconds is not None and seconds < _SOON and keep_going.wait(max(0.05, seconds))

    def _step(self, keep_going: TimeSlice, *, probe: bool) -> Step:
        if not probe:
            self._turns.webhooks.note_store()
        facts = self._storefront.facts()
        if (problem := problem_of(facts, self._storefront.policy)) is not None:
            return Step(1, problem)
        self._storefront.ensure_identity()
        turns = self._turns
        if probe and (step := self._parts.publish(facts, keep_going, probe=True)).parts:
            return step  # only a part shows whether parts can be published
        if (
            turns.leftovers.work(facts)
            or turns.draft_orders.work(facts)
            or turns.media_checks.work(facts, busy=True)
            or turns.webhooks.work(facts, busy=True)
            or turns.snapshots.work(facts)
            or turns.bulk.work(facts)
        ):
            return Step(1)
        step = Step(0, answered=False) if probe else self._parts.publish(facts, keep_going, probe=False)
        if not step.parts and (
            turns.media_checks.work(facts, busy=False)
            or turns.webhooks.work(facts, busy=False)
            or turns.store_jobs.work(facts)
        ):
            return Step(1)
        return step
