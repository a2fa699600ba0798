"""A plan: the same look-ups and decisions as a publishing, and nothing sent. Kept with its batch, it can be run as
shown; what has changed since is told first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from boeing_data_hub.clock import now
from boeing_data_hub.errors import Conflict, HubError, NotFound, Retry, StopTheLine, Unavailable
from boeing_data_hub.model.budget import SMALLEST_BUCKET, SMALLEST_RATE, Budget
from boeing_data_hub.model.listings import ListingPolicy
from boeing_data_hub.model.publications import DueItem, StoreFacts
from boeing_data_hub.model.states import BatchStatus
from boeing_data_hub.publishing import decisions
from boeing_data_hub.publishing.forecast import Capacity, forecast
from boeing_data_hub.publishing.jobs import NOT_STAGED, Hold, Job, Later, Leave, NotDone, Verdict
from boeing_data_hub.publishing.preparing import Preparing
from boeing_data_hub.publishing.storefront import Storefront, problem_of
from boeing_data_hub.store import batches, bulk_runs, plans, publishing
from boeing_data_hub.store.work import Database, Work

_AT_ONCE: Final = 500
_TOLD: Final = 100  # parts named in an answer; all of them are in the plan's pages
_NO_BATCH: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """One SKU of a plan. `same_as` is an earlier part number of the list that stands for the same SKU."""

    position: int
    part_number: str
    sku: str
    verdict: Verdict
    same_as: str | None = None

    def as_row(self) -> dict[str, Any]:
        """For the table of plans."""
        hold = self.verdict if isinstance(self.verdict, Hold) else None
        return {
            "position": self.position,
            "sku": self.sku,
            "action": decisions.action_of(self.verdict),
            "code": hold.code if hold else None,
            "sentence": hold.sentence if hold else self._twin(),
            "changes": decisions.shown_changes(self.verdict),
            "digest": decisions.digest(self.verdict),
        }

    def _twin(self) -> str | None:
        return f"The same product as {self.same_as}, which is in the list, too." if self.same_as else None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a publishing would do."""

    parts: tuple[PlannedPart, ...]
    forecast: dict[str, Any]

    def rows(self) -> list[dict[str, Any]]:
        """For the table of plans."""
        return [part.as_row() for part in self.parts]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRules:
    """Sizes that a forecast needs (settings of the same names)."""

    bulk_from: int
    bulk_lines: int
    bulk_lanes: int


class Planning:
    """Makes plans and lets them run.

    Args:
        database: the rows.
        storefront: what is read of the store.
        preparing: look-ups and decisions.
        budget: the store's account, for the forecast.
        policy: how parts are shown and sold.
        rules: sizes in force.
    """

    def __init__(
        self,
        *,
        database: Database,
        storefront: Storefront,
        preparing: Preparing,
        budget: Callable[[], Budget | None],
        policy: ListingPolicy,
        rules: PlanRules,
    ) -> None:
        self._database = database
        self._storefront = storefront
        self._preparing = preparing
        self._budget = budget
        self._policy = policy
        self._rules = rules

    def plan(self, part_numbers: Sequence[str], *, told: Callable[[int], None] = lambda _done: None) -> Plan:
        """What publishing these parts would do. Nothing is changed, here or in the store.

        Args:
            part_numbers: clean, unique, in order.
            told: is told now and then for how many of them that is known.

        Raises:
            Unavailable: the store does not answer, or needs a person; the sentence says what to mend.
        """
        try:
            facts = self._storefront.facts()
            if (problem := problem_of(facts, self._policy)) is not None:
                raise problem
            parts = tuple(self._judged(part_numbers, facts, told))
        except (Retry, StopTheLine) as error:
            self._storefront.forget()
            raise Unavailable(
                f"No plan could be made, because the store must be looked at for it. {error.message} Nothing was "
                "changed.",
                code=error.code,
                retry_after=30,
            ) from error
        return Plan(parts, forecast([part.verdict for part in parts], self._capacity(facts)))

    def _judged(
        self, part_numbers: Sequence[str], facts: StoreFacts, told: Callable[[int], None]
    ) -> Iterator[PlannedPart]:
        named: dict[str, str] = {}
        for start in range(0, len(part_numbers), _AT_ONCE):
            some = part_numbers[start : start + _AT_ONCE]
            skus = self._database.run(lambda work, some=some: publishing.skus_of(work, some), patience=20)
            items = [
                DueItem(
                    batch_id=_NO_BATCH,
                    position=start + place,
                    part_number=part,
                    skus=skus.get(part, ()),
                    attempts=0,
                )
                for place, part in enumerate(some, 1)
            ]
            yield from self._some(items, facts, named)
            told(start + len(some))

    def _some(self, items: Sequence[DueItem], facts: StoreFacts, named: dict[str, str]) -> Iterator[PlannedPart]:
        jobs = self._database.run(lambda work: self._preparing.load(work, items, facts), patience=20)
        error = self._preparing.look(jobs, facts, ahead=False, only_look=True)
        if error is not None:
            raise error
        for job in jobs.values():
            if isinstance(job.outcome, Later):
                raise Retry("The store did not answer.", code=job.outcome.code or "shopify_unreachable")
        self._preparing.decide(jobs.values(), facts)
        for item in items:
            if not item.skus:
                yield PlannedPart(item.position, item.part_number, "", Hold("failed", "not_staged", NOT_STAGED))
            for sku in item.skus:
                first = named.setdefault(sku, item.part_number)
                verdict, same_as = _verdict(jobs[sku]), first if first != item.part_number else None
                # One product is sent once, however many of the numbers in the list stand for it.
                yield PlannedPart(item.position, item.part_number, sku, Leave() if same_as else verdict, same_as)

    def _capacity(self, facts: StoreFacts) -> Capacity:
        budget = self._budget()
        pace = self._database.run(lambda work: bulk_runs.pace(work, facts.shop), patience=20)
        available = SMALLEST_BUCKET
        if budget is not None:  # what was taken ahead for calls like these counts, and what has come in since
            restored = budget.restore_rate * max(0.0, (now() - budget.as_of).total_seconds())
            available = max(0.0, min(budget.maximum, budget.free + budget.held + restored))
        return Capacity(
            available=available,
            restore_rate=budget.restore_rate if budget else SMALLEST_RATE,
            known=budget.known if budget else False,
            lines_per_second=pace,
            lanes=self._rules.bulk_lanes,
            bulk_from=self._rules.bulk_from,
            bulk_lines=self._rules.bulk_lines,
            variants=facts.variants,
            is_plus=facts.is_plus,
        )

    def approve(self, batch_id: UUID) -> int:
        """Let a plan run, exactly as it was shown. Returns how many parts it sends.

        Raises:
            NotFound: there is no such plan.
            Conflict: it has been run or discarded, or something has changed since: the details say what.
            Unavailable: as `plan`.
        """
        numbers, shown = self._database.run(lambda work: self._shown(work, batch_id), patience=5)
        fresh = self.plan(numbers)
        changed = list(_changed(fresh.parts, shown))
        if changed:
            first = changed[0]
            raise Conflict(
                f"{len(changed):,} of the planned parts have changed since the plan was made (first: "
                f"{first['part_number']}, {first['planned'] or 'not in the plan'} → {first['now']}). Nothing was sent. "
                "Make a new plan.",
                code="plan_changed",
                details={"changed_count": len(changed), "changed": changed[:_TOLD]},
            )
        sending = sum(decisions.action_of(part.verdict) in {"create", "update"} for part in fresh.parts)
        bulk = sending >= self._rules.bulk_from
        if not self._database.run(lambda work: plans.approve(work, batch_id, bulk=bulk), patience=5):
            raise _decided(batch_id)
        return sending

    def _shown(self, work: Work, batch_id: UUID) -> tuple[list[str], dict[str, tuple[str, str]]]:
        batch = batches.get(work, batch_id)
        if batch is None or not batch.options.get("planned"):
            raise NotFound(f"There is no plan {batch_id}. `bdh plan` makes one.", code="plan_not_found")
        if batch.status is not BatchStatus.PENDING:
            raise _decided(batch_id)
        return publishing.part_numbers(work, batch_id), plans.digests(work, batch_id)


def _changed(parts: Sequence[PlannedPart], shown: Mapping[str, tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """The parts that would be dealt with otherwise than the plan has shown, by action and digest of each SKU."""
    for part in parts:
        row, was = part.as_row(), shown.get(part.sku)
        if part.same_as is not None or (was is not None and (not part.sku or was[1] == row["digest"])):
            continue
        yield {
            "part_number": part.part_number,
            "sku": part.sku,
            "planned": was[0] if was else None,
            "now": row["action"],
            "changes": row["changes"],
            "reason": row["sentence"],
        }


def _verdict(job: Job) -> Verdict:
    """What was decided of a job; one whose decision failed is shown with why."""
    if job.verdict is not None:
        return job.verdict
    one = job.outcome
    if isinstance(one, NotDone):
        return Hold(one.kind, one.code, one.sentence)
    code, sentence = (one.code, one.sentence) if isinstance(one, Later) else (None, None)
    return Hold("failed", code or "internal_error", sentence or "Nothing could be decided about this part.")


def _decided(batch_id: UUID) -> HubError:
    return Conflict(f"The plan {batch_id} has been run or discarded already. Nothing was changed.", code="plan_decided")
