"""What waits for a person: counted here for the overview, the digest and notifications."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from boeing_data_hub.batches import saved_lists
from boeing_data_hub.batches.saved_lists import FailingList
from boeing_data_hub.catalogue import staging
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.health import conditions, notices, targets
from boeing_data_hub.health.conditions import (
    ADOPTION,
    IN_DOUBT,
    LIST_NOT_REFRESHED,
    MOST_COUNTED,
    NOT_COMPARED,
    Condition,
)
from boeing_data_hub.shopify import (
    adoption_rows,
    conflict_rows,
    current_store,
    intents,
    plans,
    reviews,
    store_job_rows,
    store_snapshot_rows,
)
from boeing_data_hub.shopify import leftover_products as leftovers
from boeing_data_hub.values.counted import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """Counts of what waits for a person.

    Attributes:
        conflicts: parts whose SKU belongs to another product in the store.
        orphans: leftover products that are still in the store.
        plans: publish plans waiting for approval.
        adoption: products in a plan to link existing ones that waits for a decision; None if none waits.
        held: changes that guards hold back, counted to `MOST_COUNTED`.
        reviews: staged parts that need review, counted to `MOST_COUNTED`.
        in_doubt: products for which the outcome of a call is unknown, with no check scheduled.
        differing: number of products that differ in the store, by field; no condition, because policies treat them.
        not_compared: why the last comparison of the whole store failed; None if it did not.
        lists: saved lists that could not be read again.
        unsent: channel → notifications that its receiver rejects.
        failing: notification targets that cannot be reached.
    """

    conflicts: int = 0
    orphans: int = 0
    plans: int = 0
    adoption: int | None = None
    held: int = 0
    reviews: int = 0
    in_doubt: int = 0
    differing: Mapping[str, int] | None = None
    not_compared: str | None = None
    lists: Sequence[FailingList] = ()
    unsent: Mapping[str, Sequence[str]] | None = None
    failing: Sequence[targets.Failing] = ()

    def conditions(self) -> Iterator[Condition]:
        """The same, as conditions."""
        if self.conflicts:
            yield conditions.conflicts(self.conflicts)
        if self.orphans:
            yield conditions.leftovers(self.orphans)
        if self.plans:
            yield conditions.plans(self.plans)
        if self.adoption is not None:
            yield ADOPTION.found(products=counted(self.adoption, "product"))
        if self.held:
            yield conditions.held_changes(self.held)
        if self.in_doubt:
            yield IN_DOUBT.found(products=counted(self.in_doubt, "product"))
        if self.reviews:
            yield conditions.reviews(self.reviews)
        if self.not_compared is not None:
            yield NOT_COMPARED.found(said=self.not_compared)
        yield from self._lists()
        yield from self._undelivered()

    def _undelivered(self) -> Iterator[Condition]:
        for channel, said in (self.unsent or {}).items():
            yield conditions.undelivered(len(said), channel, said[-1])
        for one in self.failing:
            yield conditions.TARGET_FAILING.found(one.name, said=one.failure)

    def _lists(self) -> Iterator[Condition]:
        if self.lists:
            name, said = self.lists[0].name, self.lists[0].error
            yield LIST_NOT_REFRESHED.found(lists=counted(len(self.lists), "saved list"), name=name, said=said)


def of_the_store(work: Work) -> Attention:
    """The part of it that concerns the store: cheap enough for a page that refreshes every second."""
    return Attention(
        conflicts=conflict_rows.count_open(work),
        orphans=leftovers.count_due(work),
        plans=plans.count_waiting(work),
        adoption=_adoption(work),
        held=reviews.count_open(work, most=MOST_COUNTED),
    )


def _adoption(work: Work) -> int | None:
    plan = adoption_rows.waiting(work)
    return None if plan is None else plan.products


def everything(work: Work) -> Attention:
    """All of it."""
    shop = current_store.read(work)
    compared = store_snapshot_rows.newest_ended(work)
    return Attention(
        conflicts=conflict_rows.count_open(work),
        orphans=leftovers.count_due(work),
        plans=plans.count_waiting(work),
        adoption=_adoption(work),
        held=reviews.count_open(work, most=MOST_COUNTED),
        reviews=staging.count_up_to(work, MOST_COUNTED, status="needs_review"),
        in_doubt=len(intents.left_in_doubt(work, shop)) if shop else 0,
        differing=store_job_rows.count_differing(work),
        not_compared=compared.note or "" if compared and compared.outcome == "failed" else None,
        lists=saved_lists.failing(work),
        unsent=notices.unsent(work),
        failing=targets.failing(work),
    )
