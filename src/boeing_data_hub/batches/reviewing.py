"""Decisions on reviews: approved changes are published at once, by a separate run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from boeing_data_hub.batches.requests import PublishRequest
from boeing_data_hub.batches.run import Intake
from boeing_data_hub.db import audit
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.shopify import reviews
from boeing_data_hub.shopify.reviews import ReviewFilter
from boeing_data_hub.values.counted import counted
from boeing_data_hub.work.batch import Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewsDecided:
    """The result of a decision.

    Attributes:
        decided: number of reviews.
        batch: publishes the approved changes; None if nothing was approved.
        remaining: open reviews that still match the filter. A request decides a limited number, so repeat it.
    """

    decided: int
    batch: Batch | None
    remaining: int


class Reviewing:
    """Approves and rejects changes.

    Args:
        database: holds the reviews.
        intake: accepts the publish run, and knows its maximum size.
    """

    def __init__(self, database: Database, intake: Intake) -> None:
        self._database = database
        self._intake = intake

    def approve(self, wanted: ReviewFilter, *, actor: str) -> ReviewsDecided:
        """Approve the open reviews that match, up to the maximum size of a publish run, and publish their parts.

        An approval applies to the value that was shown; a later one is judged again. Changes of currency cannot be
        approved, because the hub does not convert.
        """
        most = self._intake.most_published
        sku_of = self._database.run(lambda work: reviews.to_approve(work, wanted, limit=most), patience=5)
        skus = list(dict.fromkeys(sku_of.values()))
        if not skus:
            return ReviewsDecided(decided=0, batch=None, remaining=self._remaining(wanted))

        def mark(work: Work, batch_id: UUID) -> None:
            decided = reviews.approve(work, list(sku_of), actor=actor)
            _record(work, "review.approve", wanted, decided, actor=actor, batch_id=batch_id)

        request = PublishRequest(part_numbers=skus, owner=actor, source=f"Approved: {counted(len(skus), 'part')}")
        batch = self._intake.publish(request, also=mark).batch
        decided = self._database.run(lambda work: reviews.approved(work, list(sku_of), actor=actor), patience=5)
        return ReviewsDecided(decided=decided, batch=batch, remaining=self._remaining(wanted))

    def refuse(self, wanted: ReviewFilter, *, actor: str) -> ReviewsDecided:
        """Reject the open reviews that match, up to the maximum size of a publish run. The store keeps its value until
        Boeing reports another one.
        """

        def step(work: Work) -> int:
            found = reviews.refuse(work, wanted, actor=actor, limit=self._intake.most_published)
            if found:
                _record(work, "review.refuse", wanted, found, actor=actor)
            return found

        decided = self._database.run(step, patience=5)
        return ReviewsDecided(decided=decided, batch=None, remaining=self._remaining(wanted))

    def _remaining(self, wanted: ReviewFilter) -> int:
        found = self._database.run(lambda work: reviews.causes(work, wanted), patience=5)
        return sum(one.reviews for one in found)


def _record(
    work: Work, action: str, wanted: ReviewFilter, decided: int, *, actor: str, batch_id: UUID | None = None
) -> None:
    shown = {name: value for name, value in wanted.values("open").items() if value is not None and name != "ids"}
    details: dict[str, Any] = {
        "reviews": decided,
        "filter": {name: str(value) for name, value in shown.items() if name != "state"},
    }
    if batch_id is not None:
        details["run"] = str(batch_id)
    target = str(wanted.ids[0]) if wanted.ids is not None and len(wanted.ids) == 1 else "reviews"
    audit.record(work, actor=actor, action=action, target=target, details=details)
