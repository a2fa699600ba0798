"""Guards for runs: what a run would do to the store as a whole, judged once, before its first part is decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple
from typing import Any, Final
from uuid import UUID

import structlog

from boeing_data_hub.catalogue import staging
from boeing_data_hub.catalogue.guards import Cause, Concern, Offer, RunFigures, figures_of, judge_run
from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.catalogue.listings import Blocked
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.settings.guards import Guarding
from boeing_data_hub.shopify import current_store, products, reviews
from boeing_data_hub.shopify.decisions import guards_of
from boeing_data_hub.shopify.guarded import published_offer, wanted_listing, wanted_offer
from boeing_data_hub.shopify.reviews import Judged, Overtaken

_SQL: Final = beside(__file__)
_PORTION: Final = 500
_AGAIN: Final = 500

log = structlog.get_logger(__name__)


class RunGuards:
    """Judges runs, and reviews whose parts have changed since.

    Args:
        database: the rows.
        policy: returns how parts are shown and sold.
        guards: the settings.
    """

    def __init__(self, database: Database, policy: Callable[[], ListingPolicy], guards: Guarding) -> None:
        self._database = database
        self._policy = policy
        self.guards = guards

    def causes(self, batch_ids: Iterable[UUID], shop: str) -> dict[UUID, frozenset[Cause]]:
        """What each of these runs holds back as a whole. A run that was not judged yet is judged now."""
        wanted = list(batch_ids)
        if not self.guards.hub_guards or not wanted:
            return {}
        found = self._database.run(lambda work: _known(work, wanted), patience=20)
        for batch_id in wanted:
            if batch_id not in found:
                figures = sum(self._of_batch(batch_id, shop), RunFigures())
                found[batch_id] = causes = self._database.run(
                    lambda work, batch_id=batch_id, figures=figures: self._save(work, batch_id, figures), patience=20
                )
                if causes:
                    log.warning("a run is held back", batch=str(batch_id), causes=sorted(causes), parts=figures.parts)
        return found

    def of_parts(self, skus: Sequence[str], shop: str) -> frozenset[Cause]:
        """What a run over these parts would hold back as a whole, for its plan."""
        if not self.guards.hub_guards:
            return frozenset()
        figures = RunFigures()
        for start in range(0, len(skus), _PORTION):
            some = skus[start : start + _PORTION]
            figures += self._database.run(lambda work, some=some: self._figures(work, shop, some), patience=20)
        return self._database.run(lambda work: judge_run(figures, _earlier(work), self.guards), patience=20)

    def _of_batch(self, batch_id: UUID, shop: str) -> Iterator[RunFigures]:
        after: str | None = ""
        while after is not None:
            values: dict[str, Any] = {"batch": batch_id, "shop": shop, "after": after, "limit": _PORTION}

            def step(work: Work, values: dict[str, Any] = values) -> tuple[RunFigures, list[str]]:
                skus = [row["sku"] for row in work.rows(_SQL["published_skus"], values)]
                return self._figures(work, shop, skus), skus

            figures, skus = self._database.run(step, patience=20)
            yield figures
            after = skus[-1] if len(skus) == _PORTION else None

    def _figures(self, work: Work, shop: str, skus: Sequence[str]) -> RunFigures:
        known = products.known(work, shop, skus)
        staged = staging.by_sku(work, list(known)) if known else {}
        changes: list[tuple[Offer, Offer]] = []
        policy = self._policy()
        for sku, part in staged.items():
            published = known[sku].published
            if published is None:
                continue
            listing = wanted_listing(part, policy, published)
            if not isinstance(listing, Blocked):
                changes.append((published_offer(published, policy), wanted_offer(listing, part)))
        return figures_of(changes)

    def _save(self, work: Work, batch_id: UUID, figures: RunFigures) -> frozenset[Cause]:
        causes = judge_run(figures, _earlier(work), self.guards)
        work.do(_SQL["save"], [batch_id, *astuple(figures), sorted(causes)])
        return _known(work, [batch_id])[batch_id]

    def judge_again(self, work: Work) -> int:
        """Judge open reviews whose parts Boeing has answered for since: those that pass now are closed, and others show
        the newest value. Returns how many there were.
        """
        shop = current_store.read(work)
        if shop is None:
            return 0
        work.do(_SQL["drop_old"])
        due = reviews.overtaken(work, shop, limit=_AGAIN)
        skus = list(dict.fromkeys(one.sku for one in due))
        known = products.known(work, shop, skus)
        staged = staging.by_sku(work, skus)
        decided = reviews.decided(work, shop, skus)
        policy = self._policy()
        judged: list[Judged] = []
        for sku in skus:
            part, product = staged[sku], known.get(sku)
            published = product.published if product else None
            listing = wanted_listing(part, policy, published)
            if isinstance(listing, Blocked):
                continue  # it cannot be sold, so nothing is sent of it: the review waits with the value it has
            own = [one for one in due if one.sku == sku]
            held = guards_of(listing, part, published, policy, self.guards, decided=decided.get(sku))
            waiting = guards_of(listing, part, published, policy, self.guards, run=_causes_of(own))
            judged.append(Judged(sku, [*held, *_still(own, held, waiting)], part.fetched_at))
        reviews.note(work, shop, judged)
        reviews.note_judged(work, shop, {sku: part.fetched_at for sku, part in staged.items()})
        return len(due)


def _causes_of(due: Sequence[Overtaken]) -> frozenset[Cause]:
    return frozenset(one.cause for one in due)


def _still(due: Sequence[Overtaken], held: Sequence[Concern], waiting: Sequence[Concern]) -> Iterator[Concern]:
    """Changes that only their run holds back, and that are still the same."""
    own = {(one.field, one.new) for one in due}
    fields = {concern.field for concern in held}
    for concern in waiting:
        if concern.field not in fields and (concern.field, concern.new) in own:
            yield concern


def _known(work: Work, batch_ids: Sequence[UUID]) -> dict[UUID, frozenset[Cause]]:
    rows = work.rows(_SQL["known"], [list(batch_ids)])
    return {row["batch_id"]: frozenset(Cause(each) for each in row["causes"]) for row in rows}


def _earlier(work: Work) -> list[RunFigures]:
    return [RunFigures(**row) for row in work.rows(_SQL["earlier"])]
