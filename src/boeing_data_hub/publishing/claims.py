"""Taking work and giving it back: a claim holds SKUs under a lease; everything that came of it is saved at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

import structlog

from boeing_data_hub import telemetry
from boeing_data_hub.clock import monotonic
from boeing_data_hub.model.publications import DueItem, Intent, StoreFacts
from boeing_data_hub.model.states import Stage
from boeing_data_hub.publishing import outcomes, restocking
from boeing_data_hub.publishing.jobs import Done, Dropped, Job, Later, Leave, NotDone, Outcome, Send, settled
from boeing_data_hub.publishing.restocking import StockRow
from boeing_data_hub.store import batches, intents, leases, orphans, products, publishing, sightings
from boeing_data_hub.store.leases import HeldLeases
from boeing_data_hub.store.work import Work

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 1.0  # between two looks whether a batch was cancelled: no call starts much later than that


@dataclass(slots=True)
class Claim:
    """SKUs that this process works on.

    Attributes:
        lease: what they are held under.
        taken_at: monotonic moment before the lease was written.
        items: of batches, to be settled by what comes of their SKUs.
        jobs: one for each SKU.
        by_bulk: it was taken for a bulk operation, whose id will be `run_id`.
        calls: calls that set stock, kept before they are made.
        probes_creating: the store made no new products when we last heard, and is asked again.
    """

    lease: UUID
    taken_at: float
    items: list[DueItem]
    jobs: dict[str, Job]
    by_bulk: bool = False
    probes_creating: bool = False
    run_id: UUID = field(default_factory=uuid4)
    calls: dict[UUID, list[StockRow]] = field(default_factory=dict[UUID, list[StockRow]])

    def named(self) -> AbstractContextManager[None]:
        """Its batches, in every line logged in a `with` block; and its calls are part of their traces."""
        return telemetry.working_for(
            dict.fromkeys(item.batch_id for item in self.items), [item.trace for item in self.items]
        )


def take(
    work: Work,
    items: Sequence[DueItem],
    load: Callable[[Work, Iterable[DueItem]], dict[str, Job]],
    *,
    owner: str,
    seconds: float,
) -> Claim:
    """Write the lease and load what is known. Claims follow each other under the stage's lock; see `leases`."""
    claim = Claim(uuid4(), monotonic(), list(items), load(work, items))
    skus = sorted({sku for item in items for sku in item.skus})
    leases.take(work, claim.lease, stage=Stage.PUBLISHING, owner=owner, seconds=seconds, part_numbers=skus)
    return claim


def intend(work: Work, claim: Claim, facts: StoreFacts) -> None:
    """Write down what is about to be sent. What was cancelled meanwhile is dropped here, before the first call.

    Raises:
        LeaseLostError: somebody else has the work now, and may have written down what they are about to send.
    """
    leases.prove(work, claim.lease)
    batches.hold_ledger(work)
    gone = publishing.cancelled_among(work, list({item.batch_id for item in claim.items}))
    for job in claim.jobs.values():
        if job.item.batch_id in gone and job.send is not None:
            _drop(job)
    sending = [job for job in claim.jobs.values() if job.send is not None and job.intent is not None]
    rows = {
        job.sku: restocking.rows_of(job, facts.location_ids, job.product.inventory_item_id)
        for job in sending
        if job.product is not None and job.product.inventory_item_id and not job.in_bulk
    }
    claim.calls = {uuid4(): call for call in restocking.grouped(rows.values())}
    key_of = {row.sku: key for key, call in claim.calls.items() for row in call}
    for key, call in claim.calls.items():
        intents.save_stock_call(work, facts.shop, key, [row.as_json() for row in call])
    intended: dict[str, tuple[Intent, str]] = {}
    for job in sending:
        assert job.intent is not None  # noqa: S101 - looked at above
        if job.sku in key_of:
            job.intent = replace(job.intent, stock_call=key_of[job.sku])
        intended[job.sku] = (job.intent, job.intent.form["custom_id"])
    intents.write(work, facts.shop, intended)


class Guard:
    """Says, just before each call, whether it may still be made.

    Args:
        cancelled: which of the claim's batches have been cancelled by now.
        held: whether the lease is surely still ours; a process that was frozen finds it is not.
        keep_going: whether the process is to go on.
    """

    def __init__(
        self, *, cancelled: Callable[[], set[UUID]], held: Callable[[], bool], keep_going: Callable[[], bool]
    ) -> None:
        self._cancelled = cancelled
        self._held = held
        self._keep_going = keep_going
        self._gone: set[UUID] = set()
        self._looked_at = monotonic()

    def __call__(self, job: Job) -> Outcome | None:
        """An outcome instead of a call, or None when it may be made."""
        if not self._held() or not self._keep_going():
            return Later()
        if monotonic() - self._looked_at > _LOOK_SECONDS:
            self._looked_at = monotonic()
            self._gone = self._cancelled()
        return Dropped() if job.item.batch_id in self._gone else None


def end_cancelled(jobs: Sequence[Job]) -> None:
    """Parts of cancelled batches are only brought to an end: what was made counts, everything else is dropped."""
    for job in jobs:
        if job.item.cancelled and job.outcome is None:
            _drop(job)


def _drop(job: Job) -> None:
    if job.earlier is not None:
        job.verdict = Leave(channel=job.earlier == "created")
    else:
        job.outcome = Dropped()


def conclude(jobs: Iterable[Job]) -> None:
    """Give every job that got to the end of its calls its outcome."""
    for job in jobs:
        if job.outcome is not None or job.in_bulk:
            continue
        if not job.owes and (job.confirmed is not None or isinstance(job.verdict, Leave)):
            job.outcome = outcomes.done(job)
        else:
            job.outcome = Later()  # nothing was done about it, for a reason that lies elsewhere


def save(work: Work, claim: Claim, facts: StoreFacts) -> None:
    """Write down what came of a claim: the store's products, the items, the batches' counts.

    Raises:
        LeaseLostError: somebody else has the work now; nothing is written.
    """
    leases.release(work, claim.lease)
    batches.hold_ledger(work)
    write(work, claim.jobs, facts)
    batches.move_counts(work, publishing.settle(work, settled(claim.items, claim.jobs)))


def doubt(work: Work, claim: Claim, facts: StoreFacts) -> list[str]:
    """The lease was lost while calls ran. Where others have settled a part since, the store may have heard us last.

    Returns:
        The SKUs that were settled by others: the next publishing asks the store what it has, and sets it right.
    """
    sent = {
        job.sku: (job.intent, job.intent.form["custom_id"])
        for job in claim.jobs.values()
        if job.late and job.intent is not None and _was_sent(job)
    }
    return intents.doubt(work, facts.shop, sent)


def write(work: Work, jobs: Mapping[str, Job], facts: StoreFacts) -> None:
    """Write down what is in the store now, what is not, and what a person must know."""
    shop = facts.shop
    own = [job for job in jobs.values() if not job.in_bulk]
    orphaned = [job for job in own if isinstance(job.outcome, NotDone) and job.outcome.orphan]
    kept = [job for job in own if job.confirmed is not None and job not in orphaned]
    products.confirm(work, shop, [job.confirmed for job in kept if job.confirmed is not None])
    lost = [job.sku for job in own if isinstance(job.outcome, Later) and job.outcome.lost]
    lost += [job.sku for job in orphaned]
    if lost:
        products.lose(work, shop, lost)
        sightings.forget(work, shop, lost)
    for job in orphaned:
        assert isinstance(job.outcome, NotDone)  # noqa: S101 - chosen for it
        orphans.add(
            work,
            shop,
            sku=job.sku,
            product_id=job.confirmed.product_id if job.confirmed is not None else None,
            reason=job.outcome.sentence,
            batch_id=job.item.batch_id,
        )
    intents.forget(work, shop, [job.sku for job in own if _surely_not(job) and job not in orphaned])
    conflicts = [dict(one.conflict) for job in own if isinstance(one := job.outcome, NotDone) and one.conflict]
    sightings.note_conflicts(work, shop, conflicts)
    done = [job.sku for job in own if isinstance(job.outcome, Done)]
    if done:
        sightings.end_conflicts(work, shop, done)


def _surely_not(job: Job) -> bool:
    """Whether an intent was written for this claim, and the store has surely not carried it out."""
    if job.confirmed is not None:
        return False
    if job.intent is None and job.looked and job.found is None and isinstance(job.outcome, Dropped | NotDone):
        return True  # of an earlier claim, and the store has been asked
    match job.outcome if job.intent is not None and isinstance(job.verdict, Send) else None:
        case Later(unsure=unsure, lost=lost):
            return not unsure and not lost
        case NotDone(unsure=unsure):
            return not unsure
        case Dropped():
            return True
        case _:
            return False


def _was_sent(job: Job) -> bool:
    """Whether a call of this claim has, or may have, changed the product."""
    match job.outcome:
        case Later(unsure=True) | NotDone(unsure=True):
            return True
        case _:
            return job.confirmed is not None and isinstance(job.verdict, Send)


def still_held(held: HeldLeases, claim: Claim) -> Callable[[], bool]:
    """A question that is answered without asking Postgres."""
    return lambda: held.is_sure(claim.lease)
