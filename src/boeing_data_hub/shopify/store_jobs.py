"""Decisions on many conflicts, and adoptions: in bounded steps, beside publishing.

A step covers some conflicts, or about a hundred products, under the job's lease. A killed step is repeated, which is
safe.
"""

from __future__ import annotations

from typing import Final, cast

from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.errors import HubError, RateLimited, Reject
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.shopify import conflict_rows, store_job_rows
from boeing_data_hub.shopify.adopting import Adopting
from boeing_data_hub.shopify.adoption_planning import WAIT, AdoptionPlanning
from boeing_data_hub.shopify.conflicts import Attention
from boeing_data_hub.shopify.effects import EffectKind, Effects
from boeing_data_hub.shopify.failures import OutcomeUnknown
from boeing_data_hub.shopify.outcomes import affects_every_call
from boeing_data_hub.shopify.publications import StoreFacts
from boeing_data_hub.shopify.row_lease import Taken
from boeing_data_hub.shopify.store_job import Decision, StoreJob
from boeing_data_hub.work.leases import LeaseLostError

_DECIDED_AT_ONCE: Final = 20
_BUSY: Final = "The other parts are being published now; they follow."
_NO_CHECKS: Final = "Checks are no longer made product by product. Run `bdh store compare`."
_RETRY: Final = RetryPolicy(first=2.0, longest=300.0)  # a person watches the job, so waits are short


class StoreJobs:
    """Takes steps.

    Args:
        database: the rows.
        attention: carries out decisions.
        adopting: adopts and undoes.
        planning: makes plans of adoptions.
        effects: the loop.
    """

    def __init__(
        self,
        *,
        database: Database,
        attention: Attention,
        adopting: Adopting,
        planning: AdoptionPlanning,
        effects: Effects,
    ) -> None:
        self._database = database
        self._attention = attention
        self._adopting = adopting
        self._planning = planning
        self._effects = effects
        self._kind: EffectKind[StoreJob] = EffectKind(
            name="a job on the store",
            next_due=lambda work, facts: store_job_rows.next_due(work, facts.shop),
            held_as=lambda job: f"job:{job.id}",
            carry_out=self._carry_out,
            retry=lambda _job: _RETRY,
            put_off=lambda work, _facts, job, later: store_job_rows.put_off(
                work, job.id, wait=later.wait, attempts=later.attempts, note=later.note
            ),
        )

    def work(self, facts: StoreFacts) -> bool:
        """Take one step of a job that is due. Returns and raises as `Effects.take_one`."""
        return self._effects.take_one(self._kind, facts)

    def _carry_out(self, taken: Taken[StoreJob], facts: StoreFacts) -> None:
        job = taken.row
        match job.kind:
            case "check":  # of an earlier version
                taken.save(lambda work: store_job_rows.fail(work, job.id, note=_NO_CHECKS))
            case "decide":
                self._decide(taken)
            case "plan_adoption":
                self._plan_adoption(taken, facts)
            case "adopt":
                self._go_on(taken, self._adopting.adopt(job, facts))
            case _:
                self._go_on(taken, self._adopting.undo(job, facts))

    def _plan_adoption(self, taken: Taken[StoreJob], facts: StoreFacts) -> None:
        job = taken.row
        try:
            waits = self._planning.plan(taken, facts)
        except Reject as failed:
            why = failed.message
            taken.save(lambda work: store_job_rows.fail(work, job.id, note=why))
            return
        if waits is not None:
            taken.save(lambda work: store_job_rows.put_off(work, job.id, wait=WAIT, note=waits))
        else:
            taken.save(lambda work: store_job_rows.advance(work, job, reached="", done=0, end=True))

    @staticmethod
    def _go_on(taken: Taken[StoreJob], done: int | None) -> None:
        job = taken.row
        if done == 0:  # the rest is being published now
            taken.save(lambda work: store_job_rows.put_off(work, job.id, wait=WAIT, note=_BUSY))
        else:
            taken.save(lambda work: store_job_rows.advance(work, job, reached="", done=done or 0, end=done is None))

    def _decide(self, taken: Taken[StoreJob]) -> None:
        job = taken.row
        skus = self._database.run(lambda work: conflict_rows.next_of(work, job.id, limit=_DECIDED_AT_ONCE), patience=20)
        decision = cast("Decision", job.request["decision"])
        for sku in skus:
            if not taken.is_ours():
                raise LeaseLostError
            if self._decide_one(job, sku, decision):
                taken.save(
                    lambda work, sku=sku: store_job_rows.advance(work, job, reached=sku, done=1, failed=1, end=False)
                )
        if len(skus) < _DECIDED_AT_ONCE:
            taken.save(lambda work: store_job_rows.advance(work, job, reached=job.reached, done=0, end=True))

    def _decide_one(self, job: StoreJob, sku: str, decision: Decision) -> bool:
        """Carry out the decision on one conflict. True if it was rejected."""
        try:
            self._attention.decide(sku, decision, actor=job.actor, job_id=job.id)
        except HubError as error:
            if isinstance(error, OutcomeUnknown | RateLimited) or affects_every_call(error):
                raise
            said = error.message
            self._database.run(lambda work: conflict_rows.refused(work, job.id, sku, said), patience=60)
            return True
        return False
