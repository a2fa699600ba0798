"""Runs sync: assigns the most valuable parts to idle rate-limit slots, learns from every answer, and has changed parts
published. It makes no calls itself: extraction asks Boeing, normalization stages, publishing sends.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from boeing_data_hub.batches.requests import PublishRequest
from boeing_data_hub.batches.run import Intake
from boeing_data_hub.catalogue import staging
from boeing_data_hub.catalogue.staging import Staged
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.settings import Settings
from boeing_data_hub.settings.notices import zone_of
from boeing_data_hub.settings.sync import Syncing
from boeing_data_hub.sync import rows
from boeing_data_hub.sync.choice import choose
from boeing_data_hub.sync.learning import Priors, class_for, lesson
from boeing_data_hub.sync.rates import PRICE_PRIOR, STOCK_PRIOR, Evidence, fit
from boeing_data_hub.sync.rows import Changed, Member, State, Weighed
from boeing_data_hub.sync.timetable import Hours, next_call_at, urgent_after
from boeing_data_hub.sync.worth import Demand, weight
from boeing_data_hub.values.counted import counted
from boeing_data_hub.work import manual_pauses
from boeing_data_hub.work.due import DuePart
from boeing_data_hub.work.rate_limit import RateLimit
from boeing_data_hub.work.verdicts import RawAnswer, Verdicts

log = structlog.get_logger(__name__)

_FAILED: Final = RetryPolicy(first=60.0, factor=3.0, longest=86_400.0)
_PORTION: Final = 2_000
_PORTIONS_A_SWEEP: Final = 4  # a fraction of a second; the next sweep goes on


class _TakenElsewhereError(Exception):
    """Another sweep has handed the same parts to a publish run."""


class Sync:
    """Keeps parts up to date with the slots that no batch uses.

    Args:
        database: Postgres.
        intake: accepts publish runs of changed parts.
        settings: sync's group.
        limit: Boeing's rate limit; None: unlimited. Then there are no idle slots, and sync asks nothing.
        hours: when it may ask.
        per_call: part numbers per call.
        has_store: whether there is a store to publish to.
    """

    @classmethod
    def of(cls, settings: Settings, database: Database, intake: Intake, limit: RateLimit | None) -> Sync | None:
        """Sync with these settings; None if HUB_SYNC is off."""
        if not settings.hub_sync:
            return None
        return cls(
            database=database,
            intake=intake,
            settings=settings,
            limit=limit,
            hours=Hours.of(settings.hub_sync_hours, zone_of(settings.hub_digest_time_zone)),
            per_call=settings.boeing_batch_size,
            has_store=settings.has_store,
            archive_days=settings.hub_vanished_archive_days,
        )

    def __init__(
        self,
        *,
        database: Database,
        intake: Intake,
        settings: Syncing,
        limit: RateLimit | None,
        hours: Hours,
        per_call: int,
        has_store: bool,
        archive_days: float,
    ) -> None:
        self._database = database
        self._intake = intake
        self._settings = settings
        self._spacing = limit.spacing if limit else None
        self._hours = hours
        self._per_call = per_call
        self._has_store = has_store
        self._archive_days = archive_days

    def any_due(self, work: Work) -> bool:
        """Whether an idle slot could be used now."""
        return self._may_ask(rows.state(work)) and rows.any_part(work) and not manual_pauses.is_paused(work, "sync")

    def claim(self, work: Work) -> Sequence[DuePart]:
        """The parts of one call: those due for a retry, or else those older than the longest allowed age and those
        with the highest value.

        Failed parts are grouped with others that failed as often, in ever smaller calls, until the one that
        makes the call fail is alone.
        """
        state = rows.hold_state(work)
        if self._spacing is None or not self._may_ask(state) or manual_pauses.is_paused(work, "sync"):
            return ()
        parts = self._failing(work) or [DuePart(sku, 0, None) for sku in self._worth_most(work, state, self._spacing)]
        if parts:
            due = next_call_at(
                state.next_call_at, state.now, spacing=self._spacing, free_share=self._settings.hub_sync_free_share
            )
            rows.save_next_call(work, due)
        return parts

    def _may_ask(self, state: State) -> bool:
        return self._spacing is not None and state.next_call_at <= state.now and self._hours.includes(state.now)

    def _failing(self, work: Work) -> list[DuePart]:
        found = rows.failing(work, most=self._per_call)
        alike = [part for part in found if part.attempts == found[0].attempts]
        return alike[: max(1, self._per_call >> alike[0].attempts)] if alike else []

    def _worth_most(self, work: Work, state: State, spacing: float) -> list[str]:
        chosen: list[str] = []
        if longest := self._settings.hub_sync_longest_age:
            age = urgent_after(longest, parts=state.parts, per_call=self._per_call, spacing=spacing)
            chosen = rows.older_than(work, age, most=self._per_call)
        if len(chosen) < self._per_call:
            valued = choose(
                rows.heads(work),
                lambda classes: rows.oldest_of(work, classes, each=self._per_call),
                count=self._per_call,
            )
            chosen = list(dict.fromkeys([*chosen, *valued]))
        return chosen[: self._per_call]

    def answered(self, work: Work, answers: Sequence[RawAnswer], verdicts: Verdicts) -> None:
        """Save which parts Boeing answered for, and which calls failed, possibly because of a part."""
        moments: dict[str, datetime] = {
            part: answer.fetched_at for answer in answers if answer.usable for part in answer.matches
        }
        failed = [
            *verdicts.failed,
            *(part for part, again in verdicts.again.items() if again.attempts > 0),
        ]
        rows.lock(work, [*moments, *failed])
        absent = {part for answer in answers if answer.usable for part, found in answer.matches.items() if not found}
        rows.answered(work, moments, absent=absent)
        rows.failed(work, [part for part in failed if part not in moments], waits=_FAILED.schedule())

    def watch(self, work: Work, staged: Sequence[Staged]) -> None:
        """Learn from products that are about to be staged, whether sync or a search asked for them."""
        newest: dict[str, Staged] = {}
        for one in sorted(staged, key=lambda one: one.fetched_at):
            newest[one.product.sku] = one
        known = [part for part in rows.lock(work, list(newest)) if part.learned_at < newest[part.sku].fetched_at]
        if not known:
            return
        before = staging.by_sku(work, [part.sku for part in known])
        priors = rows.state(work).priors
        lessons = [
            lesson(
                part,
                before[part.sku],
                newest[part.sku].product,
                fetched_at=newest[part.sku].fetched_at,
                priors=priors,
            )
            for part in known
            if part.sku in before
        ]
        rows.save_lessons(work, lessons)

    def sweep(self) -> bool:
        """Continue the round through the catalogue, and have changed parts published.

        Returns:
            True if sync could use an idle slot now.
        """
        for _ in range(_PORTIONS_A_SWEEP):
            if not self._database.run(self._review, patience=5):
                break
        if self._has_store and not self._database.run(lambda work: manual_pauses.is_paused(work, "sync"), patience=5):
            self._publish_changed()
        return self._database.run(self.any_due, patience=5)

    def _review(self, work: Work) -> bool:
        """Weigh the next portion of the catalogue. Returns True if there is more."""
        state = rows.state(work)
        begins = state.reached is None
        waited = (state.now - state.reviewed_at).total_seconds()
        if (begins and waited < self._settings.hub_sync_review_seconds) or not rows.one_review_at_a_time(work):
            return False
        after = state.reached or ""
        members = rows.portion(work, after, staged=self._settings.hub_sync_parts == "staged", most=_PORTION)
        last = members[-1].sku if len(members) == _PORTION else None
        weighed = [(member, _weighed(member, state.priors)) for member in members]
        rows.add(work, [one for member, one in weighed if not member.is_known])
        rows.weigh(work, [one for member, one in weighed if member.is_known and member.part_class != one.part_class])
        rows.drop_others(work, after=after, last=last, kept=[member.sku for member in members])
        if last is None:
            price, stock = rows.sums(work)
            if days := self._archive_days:
                rows.mark_overdue(work, days=days)
            rows.save_catalogue(work, Priors(fit(price, PRICE_PRIOR), fit(stock, STOCK_PRIOR)))
        rows.save_reached(work, last, begins=begins)
        return last is not None

    def _publish_changed(self) -> None:
        most = self._intake.most_published
        parts = self._database.run(lambda work: rows.changed(work, limit=most), patience=5)
        if not parts:
            return

        def take(work: Work, _batch: UUID) -> None:
            if not rows.take_changed(work, parts):
                raise _TakenElsewhereError

        try:
            accepted = self._intake.publish(_request(parts), also=take)
        except _TakenElsewhereError:
            return
        log.info("sync publishes what has changed", parts=len(parts), batch=str(accepted.batch.id))


def _request(parts: Sequence[Changed]) -> PublishRequest:
    return PublishRequest(
        part_numbers=[one.sku for one in parts],
        owner=rows.OWNER,
        source=f"Sync: {counted(len(parts), 'changed part')}",
    )


def _weighed(member: Member, priors: Priors) -> Weighed:
    heavy = weight(Demand(member.quoted, member.sold, member.price, in_stock=member.in_stock))
    price = Evidence(member.price_changes, member.watched_days)
    stock = Evidence(member.stock_changes, member.watched_days)
    part_class = class_for(heavy, price, stock, priors)
    return Weighed(member.sku, part_class, heavy, member.quoted, member.sold, member.fetched_at)
