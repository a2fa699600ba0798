"""Creates plans to adopt a store: requests a snapshot of it, and matches every product. Changes nothing in the
store.
"""

from __future__ import annotations

from typing import Final

from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import Reject
from boeing_data_hub.shopify import adoption_rows
from boeing_data_hub.shopify import store_snapshot_rows as snapshot_rows
from boeing_data_hub.shopify.adopting import own_names
from boeing_data_hub.shopify.adoption_matching import Match, Parts, SeenProduct, SeenVariant, match_all
from boeing_data_hub.shopify.publications import StoreFacts
from boeing_data_hub.shopify.row_lease import Taken
from boeing_data_hub.shopify.store_job import StoreJob
from boeing_data_hub.shopify.store_snapshot import SnapshotProduct, StoreSnapshot

WAIT: Final = 1.0
"""Seconds until the hub checks again for the snapshot."""

_PAGE: Final = 2_000
_READING: Final = "Shopify is reading your store."


class AdoptionPlanning:
    """Takes steps of plans.

    Args:
        database: snapshots, parts and plans.
        policy: has our vendor's name.
    """

    def __init__(self, database: Database, policy: ListingPolicy) -> None:
        self._database = database
        self._policy = policy

    def plan(self, taken: Taken[StoreJob], facts: StoreFacts) -> str | None:
        """Save the plan of a job, once the store was read after the job was started. A killed step is repeated.

        Returns:
            What it waits for, for people; None once the plan is saved.

        Raises:
            Reject: the store could not be read.
            LeaseLostError: another worker took the job over.
        """
        job = taken.row
        snapshot = self._database.run(lambda work: self._fresh(work, job), patience=20)
        if isinstance(snapshot, str):
            return snapshot

        def read(work: Work) -> tuple[list[SnapshotProduct], Parts, dict[str, str]]:
            products: list[SnapshotProduct] = []
            while some := snapshot_rows.page(
                work, snapshot.id, after=products[-1].product_id if products else "", limit=_PAGE
            ):
                products += some
            parts = Parts.of(adoption_rows.parts(work), own_names(self._policy, facts))
            return products, parts, adoption_rows.known(work, facts.shop)

        products, parts, known = self._database.run(read, patience=60)
        if len(products) != snapshot.products:
            return _READING  # the snapshot has just been replaced by a newer one
        found = match_all([_seen(one, known) for one in products], parts)
        taken.save(lambda work: self._save(work, job, found, parts, snapshot))
        return None

    def _fresh(self, work: Work, job: StoreJob) -> StoreSnapshot | str:
        """A complete snapshot of this job's time, or what is waited for. One is requested if none is under way."""
        newest = snapshot_rows.newest(work)
        if newest is not None and newest.taken_at is not None and newest.taken_at >= job.created_at:
            if newest.outcome == "complete":
                return newest
            if newest.outcome is not None:
                raise Reject(
                    f"Your store could not be read: {newest.note or newest.outcome} Nothing was changed. Start again.",
                    code="store_not_read",
                )
        if newest is None or newest.outcome is not None:
            snapshot_rows.add(work, shop=job.shop, actor=job.actor)
            return _READING
        return f"{_READING} {newest.note}" if newest.note else f"{_READING} {newest.object_count:,} lines so far."

    @staticmethod
    def _save(work: Work, job: StoreJob, found: tuple[Match, ...], parts: Parts, snapshot: StoreSnapshot) -> None:
        adoption = adoption_rows.of_job(work, job.id)
        assert adoption is not None  # noqa: S101 - saved with the job
        adoption_rows.fill(work, adoption.id, found, parts=len(parts.parts), seen_at=snapshot.taken_at)


def _seen(one: SnapshotProduct, known: dict[str, str]) -> SeenProduct:
    return SeenProduct(
        product_id=one.product_id,
        title=one.title,
        handle=one.handle,
        vendor=one.vendor,
        status=one.status,
        custom_id=one.custom_id or known.get(one.product_id),
        variants=tuple(SeenVariant(each.sku, each.barcode) for each in one.variants),
        pieces=sum(sum(each.levels.values()) for each in one.variants),
    )
