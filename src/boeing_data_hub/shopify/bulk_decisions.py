"""Jobs on many products that people request, and snapshots: they preview, start, watch and cancel them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from boeing_data_hub.db import audit
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import Conflict, NotFound
from boeing_data_hub.shopify import conflict_rows, current_store, store_job_rows, store_snapshot_rows
from boeing_data_hub.shopify.conflict_rows import Matching, RefusedConflict
from boeing_data_hub.shopify.store_job import ConflictFilter, Decision, StoreJob
from boeing_data_hub.shopify.store_snapshot import StoreSnapshot


@dataclass(frozen=True, slots=True)
class ShownJob:
    """A job, with the conflicts that the store rejected (the first hundred)."""

    job: StoreJob
    refused: list[RefusedConflict]


class DecidedTogether:
    """Starts jobs on many products, and returns their progress.

    Args:
        database: the rows.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def preview(self, wanted: ConflictFilter) -> Matching:
        """How many open conflicts match a filter, by kind, cause and vendor, with the first of them."""
        return self._database.run(lambda work: conflict_rows.matching(work, wanted), patience=5)

    def start(self, wanted: ConflictFilter, decision: Decision, *, actor: str, expected: int) -> StoreJob:
        """Decide every open conflict that matches the filter now. Each is decided, and audited, separately.

        Args:
            wanted: the filter.
            decision: the decision.
            actor: the person, for the audit log.
            expected: how many the person has seen.

        Raises:
            Conflict: the number has changed since; nothing was decided.
            Conflict: no conflict matches.
        """

        def step(work: Work) -> StoreJob:
            told = conflict_rows.matching(work, wanted).total
            shop = current_store.read(work)
            if told != expected:
                raise Conflict(
                    f"{told:,} conflicts match now, but you confirmed {expected:,}. Nothing was decided. Review "
                    "them again.",
                    code="conflicts_changed",
                    details={"total": told},
                )
            if shop is None or not told:
                raise Conflict("No open conflicts match. Nothing was decided.", code="no_conflict_fits")
            request = {"decision": decision, "filter": wanted.as_json()}
            job_id = store_job_rows.add(work, shop=shop, kind="decide", request=request, total=told, actor=actor)
            conflict_rows.set_aside(work, job_id, wanted)
            audit.record(work, actor=actor, action=f"conflicts.{decision}", target=str(job_id), details=request)
            return _found(work, job_id)

        return self._database.run(step, patience=5)

    def compare(self, *, actor: str) -> StoreSnapshot:
        """Take a snapshot of the store and compare it with what was published; or return the one in progress.

        Raises:
            Conflict: no store was ever connected.
        """

        def step(work: Work) -> StoreSnapshot:
            shop = current_store.read(work)
            if shop is None:
                raise Conflict(
                    "The hub has not connected to a store yet, so there is nothing to compare. Publish a part, or run "
                    "`bdh store setup`.",
                    code="no_store",
                )
            added = store_snapshot_rows.add(work, shop=shop, actor=actor)
            found = store_snapshot_rows.get(work, added) if added else store_snapshot_rows.newest(work)
            assert found is not None  # noqa: S101 - one is under way
            return found

        return self._database.run(step, patience=5)

    def snapshot(self, snapshot_id: UUID) -> StoreSnapshot:
        """One snapshot of the store. Raises NotFound."""
        found = self._database.run(lambda work: store_snapshot_rows.get(work, snapshot_id), patience=5)
        if found is None:
            raise NotFound("This snapshot of the store does not exist.", code="snapshot_not_found")
        return found

    def cancel_snapshot(self, snapshot_id: UUID, *, actor: str) -> StoreSnapshot:
        """Cancel a snapshot; the one before is still used. Raises NotFound, and Conflict if it has ended."""
        self.snapshot(snapshot_id)

        def step(work: Work) -> None:
            if not store_snapshot_rows.cancel(work, snapshot_id):
                raise Conflict("This snapshot has already finished. Nothing was changed.", code="snapshot_ended")
            audit.record(work, actor=actor, action="store_snapshot.cancel", target=str(snapshot_id))

        self._database.run(step, patience=5)
        return self.snapshot(snapshot_id)

    def show(self, job_id: UUID) -> ShownJob:
        """The progress of a job, with the conflicts that the store rejected. Raises NotFound."""

        def step(work: Work) -> ShownJob:
            return ShownJob(_found(work, job_id), conflict_rows.refused_of(work, job_id))

        return self._database.run(step, patience=5)

    def cancel(self, job_id: UUID, *, actor: str) -> StoreJob:
        """Cancel a job; what it has decided stays. Raises NotFound, and Conflict if it has ended."""

        def step(work: Work) -> StoreJob:
            _found(work, job_id)
            if not store_job_rows.cancel(work, job_id):
                raise Conflict("This has already finished. Nothing was changed.", code="job_ended")
            audit.record(work, actor=actor, action="store_job.cancel", target=str(job_id))
            return _found(work, job_id)

        return self._database.run(step, patience=5)


def _found(work: Work, job_id: UUID) -> StoreJob:
    job = store_job_rows.get(work, job_id)
    if job is None:
        raise NotFound("This job does not exist.", code="job_not_found")
    return job
