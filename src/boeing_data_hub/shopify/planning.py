"""Plans: the same look-ups and decisions as a publish run, with nothing sent. A saved plan can be run exactly as shown;
if something changed since, the answer says what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final
from uuid import UUID

from boeing_data_hub.catalogue.guards import Cause
from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.db import audit
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import Conflict, HubError, NotFound, PauseUpstream, Retry, Unavailable
from boeing_data_hub.settings.shopify import Store
from boeing_data_hub.shopify import bulk_runs, decisions, plans, publish_items
from boeing_data_hub.shopify.forecast import Capacity, PlanForecast, forecast_of, load_of
from boeing_data_hub.shopify.item_moves import NOT_STAGED
from boeing_data_hub.shopify.journey import Decided, Hold, Later, Leave, NotDone, Verdict
from boeing_data_hub.shopify.loading import load
from boeing_data_hub.shopify.plan_totals import totals_of
from boeing_data_hub.shopify.planned import PlanRow, Shown
from boeing_data_hub.shopify.preparing import Preparing
from boeing_data_hub.shopify.publications import DueItem, StoreFacts
from boeing_data_hub.shopify.storefront import Storefront, problem_of
from boeing_data_hub.values.counted import counted
from boeing_data_hub.values.states import BatchStatus
from boeing_data_hub.work import batches
from boeing_data_hub.work.bucket import SMALLEST_BUCKET, SMALLEST_RATE, Budget

_AT_ONCE: Final = 500
_TOLD: Final = 100  # parts in an answer; the plan's pages have all of them
_NO_BATCH: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """One SKU of a plan. `same_as`: an earlier part number of the list with the same SKU; `remark`: how the store
    differs from what we set.
    """

    position: int
    part_number: str
    sku: str
    verdict: Verdict
    same_as: str | None = None
    remark: str | None = None

    def as_row(self) -> PlanRow:
        """For the table of plans."""
        hold = self.verdict if isinstance(self.verdict, Hold) else None
        return PlanRow(
            position=self.position,
            sku=self.sku,
            action=decisions.action_of(self.verdict),
            code=hold.code if hold else None,
            sentence=hold.sentence if hold else self._twin() or self.remark,
            changes=decisions.planned_changes(self.verdict),
            digest=decisions.digest(self.verdict),
        )

    def _twin(self) -> str | None:
        return f"The same product as {self.same_as}, which is also in the list." if self.same_as else None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a publish run would do."""

    parts: tuple[PlannedPart, ...]
    forecast: PlanForecast

    def rows(self) -> list[PlanRow]:
        """For the table of plans."""
        return [part.as_row() for part in self.parts]


class Planning:
    """Creates and approves plans.

    Args:
        database: the rows.
        storefront: reads the store.
        preparing: look-ups and decisions.
        budget: the store's account, for the forecast.
        policy: how parts are shown and sold.
        settings: sizes of bulk operations, for the forecast.
    """

    def __init__(
        self,
        *,
        database: Database,
        storefront: Storefront,
        preparing: Preparing,
        budget: Callable[[], Budget | None],
        policy: ListingPolicy,
        settings: Store,
    ) -> None:
        self._database = database
        self._storefront = storefront
        self._preparing = preparing
        self._budget = budget
        self._policy = policy
        self._settings = settings

    def plan(self, part_numbers: Sequence[str], *, told: Callable[[int], None] = lambda _done: None) -> Plan:
        """What publishing these parts would do. Nothing is changed, here or in the store.

        Args:
            part_numbers: clean, unique, in order.
            told: called from time to time with the number of parts planned so far.

        Raises:
            Unavailable: the store does not answer, or needs a person; the sentence says what to correct.
        """
        try:
            facts = self._storefront.facts()
            if (problem := problem_of(facts, self._policy)) is not None:
                raise problem
            parts = tuple(self._judged(part_numbers, facts, told))
        except (Retry, PauseUpstream) as error:
            self._storefront.forget()
            raise Unavailable(
                f"No plan could be created, because your store could not be checked. {error.message} Nothing was "
                "changed.",
                code=error.code,
                retry_after=30,
            ) from error
        foretold = forecast_of(load_of(part.verdict for part in parts), self._capacity(facts))
        totals = totals_of(((part.sku, part.verdict) for part in parts), currency=self._policy.currency)
        return Plan(parts, replace(foretold, channel_note=facts.channel_note, totals=totals))

    def _judged(
        self, part_numbers: Sequence[str], facts: StoreFacts, told: Callable[[int], None]
    ) -> Iterator[PlannedPart]:
        named: dict[str, str] = {}
        skus_of = self._database.run(lambda work: publish_items.skus_of(work, part_numbers), patience=20)
        every = list(dict.fromkeys(sku for skus in skus_of.values() for sku in skus))
        run = self._preparing.run_guards.of_parts(every, facts.shop)
        for start in range(0, len(part_numbers), _AT_ONCE):
            some = part_numbers[start : start + _AT_ONCE]
            items = [
                DueItem(
                    batch_id=_NO_BATCH,
                    position=start + place,
                    part_number=part,
                    skus=skus_of.get(part, ()),
                    attempts=0,
                )
                for place, part in enumerate(some, 1)
            ]
            yield from self._some(items, facts, named, run)
            told(start + len(some))

    def _some(
        self, items: Sequence[DueItem], facts: StoreFacts, named: dict[str, str], run: frozenset[Cause]
    ) -> Iterator[PlannedPart]:
        loaded = self._database.run(lambda work: load(work, items, facts), patience=20)
        looked = self._preparing.reconcile(loaded, facts)
        if looked.stop is not None:
            raise looked.stop
        for part in looked.parts.values():
            if isinstance(part.outcome, Later):
                raise Retry("Shopify did not respond.", code=part.outcome.code or "shopify_unreachable")
        parts = self._preparing.decide(looked, facts, run=run).parts
        for item in items:
            if not item.skus:
                yield PlannedPart(item.position, item.part_number, "", Hold("failed", "not_staged", NOT_STAGED))
            for sku in item.skus:
                first = named.setdefault(sku, item.part_number)
                verdict, same_as = _verdict(parts[sku]), first if first != item.part_number else None
                # A product is sent once, even if several part numbers of the list have its SKU.
                remark = " ".join(parts[sku].remarks)[:1000] or None
                yield PlannedPart(
                    item.position, item.part_number, sku, Leave() if same_as else verdict, same_as, remark
                )

    def _capacity(self, facts: StoreFacts) -> Capacity:
        budget = self._budget()
        pace = self._database.run(bulk_runs.pace, patience=20)
        return Capacity(
            available=budget.available if budget else SMALLEST_BUCKET,
            restore_rate=budget.restore_rate if budget else SMALLEST_RATE,
            known=budget.known if budget else False,
            lines_per_second=pace,
            lanes=self._settings.hub_bulk_lanes,
            bulk_from=self._settings.hub_bulk_publish_from,
            bulk_lines=self._settings.hub_bulk_lines,
            variants=facts.variants,
            is_plus=facts.is_plus,
        )

    def approve(self, batch_id: UUID, *, actor: str) -> None:
        """Run a plan exactly as it was shown. Repeated, it changes nothing.

        Raises:
            NotFound: there is no such plan.
            Conflict: it was discarded, or something has changed since: the details say what.
            Unavailable: as for `plan`.
        """
        waiting = self._database.run(lambda work: self._shown(work, batch_id), patience=5)
        if waiting is None:
            return
        numbers, shown = waiting
        fresh = self.plan(numbers)
        changed = list(_changed(fresh.parts, shown))
        if changed:
            first = changed[0]
            raise Conflict(
                f"{counted(len(changed), 'planned part')} changed after the plan was created (first: "
                f"{first['part_number']}, {first['planned'] or 'not in the plan'} → {first['now']}). Nothing was sent. "
                "Create a new plan.",
                code="plan_changed",
                details={"changed_count": len(changed), "changed": changed[:_TOLD]},
            )
        sending = sum(decisions.action_of(part.verdict) in {"create", "update"} for part in fresh.parts)
        bulk = sending >= self._settings.hub_bulk_publish_from

        def step(work: Work) -> None:
            if plans.approve(work, batch_id, bulk=bulk):
                details = {"sending": sending}
                audit.record(work, actor=actor, action="plan.approve", target=str(batch_id), details=details)
            else:
                self._shown(work, batch_id)  # refuses a plan that was discarded meanwhile

        self._database.run(step, patience=5)

    def _shown(self, work: Work, batch_id: UUID) -> tuple[list[str], dict[str, Shown]] | None:
        """The parts of a plan, and what it showed of each; None when it was approved before."""
        batch = batches.get(work, batch_id)
        if batch is None or not batch.options.planned:
            raise NotFound(f"There is no plan {batch_id}. `bdh plan` makes one.", code="plan_not_found")
        if batch.options.approved:
            return None
        if batch.status is not BatchStatus.PENDING:
            raise _decided(batch_id)
        return publish_items.part_numbers(work, batch_id), plans.digests(work, batch_id)


def _changed(parts: Sequence[PlannedPart], shown: Mapping[str, Shown]) -> Iterator[dict[str, Any]]:
    """The parts with another action or fingerprint than the plan showed."""
    for part in parts:
        row, was = part.as_row(), shown.get(part.sku)
        if part.same_as is not None or (was is not None and (not part.sku or was.digest == row.digest)):
            continue
        yield {
            "part_number": part.part_number,
            "sku": part.sku,
            "planned": was.action if was else None,
            "now": row.action,
            "changes": [asdict(change) for change in row.changes],
            "reason": row.sentence,
        }


def _verdict(part: Decided) -> Verdict:
    """The verdict on a part; one of which the decision failed is held, with the reason."""
    if part.verdict is not None:
        return part.verdict
    one = part.outcome
    if isinstance(one, NotDone):
        return Hold(one.kind, one.code, one.sentence)
    code, sentence = (one.code, one.sentence) if isinstance(one, Later) else (None, None)
    return Hold("failed", code or "internal_error", sentence or "The hub could not plan this part.")


def _decided(batch_id: UUID) -> HubError:
    return Conflict(f"The plan {batch_id} has been run or discarded already. Nothing was changed.", code="plan_decided")
