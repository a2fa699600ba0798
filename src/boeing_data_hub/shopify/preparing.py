"""Prepares parts: reconciles with the store, decides, and completes what the calls need.
Nothing in the store changes. A plan takes the same steps, up to the decisions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import structlog

from boeing_data_hub.catalogue.guards import Cause
from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.errors import HubError, Reject
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.shopify import decisions, drift_remarks
from boeing_data_hub.shopify.completion import Completion, MayGo
from boeing_data_hub.shopify.finalization import Finalizer
from boeing_data_hub.shopify.guarded import gone_remark
from boeing_data_hub.shopify.journey import (
    Advanced,
    D,
    Decided,
    Dropped,
    Hold,
    Leave,
    Loaded,
    NotDone,
    Prepared,
    Reconciled,
    Send,
    advanced,
)
from boeing_data_hub.shopify.observation import Observation
from boeing_data_hub.shopify.outcomes import bug, failed
from boeing_data_hub.shopify.pictures import Pictures
from boeing_data_hub.shopify.publications import StoreFacts
from boeing_data_hub.shopify.reconcile import Reconciler
from boeing_data_hub.shopify.row_lease import Saves
from boeing_data_hub.shopify.run_guards import RunGuards
from boeing_data_hub.shopify.storefront import Storefront
from boeing_data_hub.shopify.undo import decide_undo

log = structlog.get_logger(__name__)


class Preparing:
    """Prepares parts.

    Args:
        database: rows and saved look-ups.
        storefront: reads the store.
        finalizer: repeats inventory calls, to find out whether they were carried out.
        pictures: gets pictures of parts that are sent.
        policy: returns how parts are shown and sold.
        run_guards: what runs hold back as a whole.
        rules: how often a part is tried.
        at_once: reads of the store at a time.
    """

    def __init__(
        self,
        *,
        database: Database,
        storefront: Storefront,
        finalizer: Finalizer,
        pictures: Pictures,
        policy: Callable[[], ListingPolicy],
        run_guards: RunGuards,
        rules: RetryPolicy,
        at_once: int,
    ) -> None:
        self.run_guards = run_guards
        self._policy = policy
        self._rules = rules
        self._reconciler = Reconciler(
            database=database, storefront=storefront, inventory=finalizer.inventory, rules=rules, at_once=at_once
        )
        self._completion = Completion(
            reconciler=self._reconciler, storefront=storefront, pictures=pictures, rules=rules
        )

    @property
    def observation(self) -> Observation:
        """Reads known products in the store."""
        return self._reconciler.observation

    def reconcile(
        self, parts: Mapping[str, Loaded], facts: StoreFacts, *, save: Saves | None = None
    ) -> Advanced[Reconciled]:
        """Ask the store what it has; see `Reconciler.reconcile`."""
        return self._reconciler.reconcile(parts, facts, save=save)

    def decide(
        self, looked: Advanced[Reconciled], facts: StoreFacts, *, run: frozenset[Cause] | None = None
    ) -> Advanced[Decided]:
        """Decide about every part without an outcome; one that is held has its outcome, too.

        Parts of cancelled runs are dropped, but for what was published already. After a stop nothing else is decided.

        Args:
            looked: the parts.
            facts: of the store.
            run: what the run holds back as a whole; None: each part's own run is judged.
        """
        stop = looked.stop
        own_runs = {
            part.item.batch_id
            for part in looked.parts.values()
            if part.outcome is None and not part.item.cancelled and part.item.undo_of is None
        }
        policy = self._policy()
        causes = self.run_guards.causes(own_runs, facts.shop) if run is None and stop is None else {}
        return Advanced(
            {
                sku: self._decided(
                    replace(part, run_holds=causes.get(part.item.batch_id, frozenset()) if run is None else run),
                    facts,
                    policy,
                    stop,
                )
                for sku, part in looked.parts.items()
            },
            stop,
        )

    def _decided(self, part: Reconciled, facts: StoreFacts, policy: ListingPolicy, stop: HubError | None) -> Decided:
        if part.outcome is None and part.item.cancelled:
            return dropped(advanced(Decided, part))
        if part.outcome is not None or stop is not None:
            return advanced(Decided, part)
        try:
            undoing = part.item.undo_of is not None
            verdict = decide_undo(part) if undoing else decisions.decide(part, policy, self.run_guards.guards, facts)
        except Exception as error:  # a bug must not block a batch: it is named in the item
            log.exception("unexpected error while deciding", sku=part.sku)
            return advanced(Decided, failed(part, bug(error), self._rules, nothing_sent=True))
        if isinstance(verdict, Leave) and isinstance(part.error, Reject):  # the store could not be read
            return advanced(Decided, failed(part, part.error, self._rules, nothing_sent=True))
        told = drift_remarks.remarks(part.differing, stock=not (isinstance(verdict, Send) and verdict.stock))
        gone = gone_remark(part.staged, policy) if part.staged and part.product and part.product.form else None
        remarks = (*part.remarks, *told, *([gone] if gone and not undoing else []))
        if isinstance(verdict, Hold):
            outcome = NotDone(verdict.kind, verdict.code, verdict.sentence, conflict=verdict.conflict)
            return advanced(Decided, part, verdict=verdict, remarks=remarks, outcome=outcome)
        held = (decisions.told(one, part.answered) for one in verdict.held)
        return advanced(Decided, part, verdict=verdict, remarks=(*remarks, *held))

    def complete(self, decided: Advanced[Decided], facts: StoreFacts, *, may_go: MayGo) -> Advanced[Prepared]:
        """Get everything that the calls need; see `Completion.complete`."""
        return self._completion.complete(decided, facts, may_go=may_go)

    def close(self) -> None:
        """Stop the threads."""
        self._reconciler.close()


def dropped(part: D) -> D:
    """A part whose run was cancelled before anything was sent in this claim: only what was published goes on."""
    if part.earlier is not None:
        return replace(part, verdict=Leave(channel=part.earlier == "created"))
    return replace(part, outcome=Dropped())
