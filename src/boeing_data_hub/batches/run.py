"""Accepts requests: a list becomes a batch and its items in one transaction, and then workers are woken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID, uuid4

from boeing_data_hub import tracing
from boeing_data_hub.batches import input_columns, retention
from boeing_data_hub.batches.removed import refuse_retry_of_removed, refuse_undo_of_removed
from boeing_data_hub.batches.requests import (
    Accepted,
    PublishRequest,
    SearchRequest,
    publish_again,
    publish_fingerprint,
    publish_options,
    search_again,
    search_fingerprint,
    search_options,
    take_back,
)
from boeing_data_hub.db import audit
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import BadInput, Conflict, NotFound
from boeing_data_hub.settings import Settings
from boeing_data_hub.shopify import publish_changes, publish_items
from boeing_data_hub.values.states import BatchStatus, BatchType, Stage
from boeing_data_hub.work import batches, items
from boeing_data_hub.work.batch import UNDO_KEY, Batch, BatchOptions, NewBatch
from boeing_data_hub.work.wake_ups import WakeUps

_HINTS_AT_ONCE = 8


class Intake:
    """Accepts searches and publish runs, cancels and retries.

    Args:
        database: holds the rows.
        wake_ups: wakes workers.
        settings: HUB_REUSE_FRESH_FOR, MAX_BULK_PUBLISH_SIZE and HUB_BULK_PUBLISH_FROM.
    """

    def __init__(self, *, database: Database, wake_ups: WakeUps, settings: Settings) -> None:
        self._database = database
        self._wake_ups = wake_ups
        self._settings = settings

    @property
    def most_published(self) -> int:
        """Maximum parts of a publish run."""
        return self._settings.max_bulk_publish_size

    def search(self, request: SearchRequest) -> Accepted:
        """Accept a search. Once this returns, every item will reach an end state, whichever process dies.

        Repeating the same request with the same key returns the same batch, even at the same time.

        Raises:
            BadInput: the idempotency key was used for another request.
            Unavailable: Postgres did not answer. Nothing was accepted or, if the commit's reply was lost, the same key
                returns the batch.
        """
        batch_id = uuid4()
        accepted = self._database.run(lambda work: self._search(work, request, batch_id), patience=5)
        if accepted.is_new:
            self.wake(accepted.batch)
        return accepted

    def search_within(self, work: Work, request: SearchRequest) -> Batch:
        """Accept a search in the caller's transaction, such as that of a quote; after its commit, call `wake`."""
        return self._search(work, request, uuid4()).batch

    def _search(self, work: Work, request: SearchRequest, batch_id: UUID) -> Accepted:
        def fill(work: Work, batch_id: UUID) -> None:
            input_columns.keep(work, batch_id, request.columns, request.cells)
            if request.retry_of is not None:
                input_columns.copy(work, batch_id, of=request.retry_of)
            if not request.force_refresh and self._settings.hub_reuse_fresh_for > 0:
                batches.reuse_fresh(work, batch_id, younger_than=self._settings.hub_reuse_fresh_for)

        digest = search_fingerprint(request)
        return self._accept(work, batch_id, request, BatchType.SEARCH, search_options(request), digest, fill)

    def publish(
        self, request: PublishRequest, *, also: Callable[[Work, UUID], None] = lambda _work, _batch: None
    ) -> Accepted:
        """Accept a publish run, with the guarantees and errors of `search`.

        Args:
            request: what to publish.
            also: writes more in the same transaction, given the new batch's id: its plan.
        """

        def fill(work: Work, batch_id: UUID) -> None:
            if request.undo_of is not None:
                refuse_undo_of_removed(retention.hold(work, request.undo_of))
                publish_items.take_as_skus(work, batch_id)
            else:
                publish_items.resolve(work, batch_id)
            also(work, batch_id)

        batch_id, digest = uuid4(), publish_fingerprint(request)
        options = publish_options(request, bulk_from=self._settings.hub_bulk_publish_from)
        accepted = self._database.run(
            lambda work: self._accept(work, batch_id, request, BatchType.PUBLISH, options, digest, fill), patience=5
        )
        if accepted.is_new and not request.plan:
            self.wake_publishing()
        return accepted

    def known(self, request: PublishRequest) -> Accepted | None:
        """The batch of an earlier request with this idempotency key; None if the request is new.

        Raises:
            BadInput: the key was used for another request.
        """
        key = request.idempotency_key
        if key is None:
            return None

        def step(work: Work) -> Accepted | None:
            if batches.by_key(work, request.owner, key) is None:
                return None
            return self._replayed(work, request, publish_fingerprint(request))

        return self._database.run(step, patience=5)

    def wake_publishing(self) -> None:
        """Wake the publishing workers."""
        self._wake_ups.send(Stage.PUBLISHING, _HINTS_AT_ONCE)

    def _accept(
        self,
        work: Work,
        batch_id: UUID,
        request: SearchRequest | PublishRequest,
        batch_type: BatchType,
        options: BatchOptions,
        fingerprint: str,
        fill: Callable[[Work, UUID], None],
    ) -> Accepted:
        waits = isinstance(request, PublishRequest) and request.plan
        # If a commit's reply was lost, the repeated step finds the batch here.
        if (known := batches.get(work, batch_id)) is not None:
            return Accepted(known, is_new=True)
        made = batches.insert(
            work,
            NewBatch(
                id=batch_id,
                batch_type=batch_type,
                total_items=len(request.part_numbers),
                owner=request.owner,
                idempotency_key=request.idempotency_key,
                request_hash=fingerprint,
                options=_traced(options),
                retry_of=request.retry_of,
            ),
            status="pending" if waits else "processing",
        )
        if not made:
            return self._replayed(work, request, fingerprint)
        batches.insert_items(work, batch_id, request.part_numbers)
        fill(work, batch_id)
        audit.record(
            work,
            actor=request.actor or request.owner,
            action=f"batch.{'plan' if waits else batch_type.value}",
            target=str(batch_id),
            details={"items": len(request.part_numbers)},
        )
        batch = batches.get(work, batch_id)
        assert batch is not None  # noqa: S101 - inserted above
        return Accepted(batch, is_new=True)

    def _replayed(self, work: Work, request: SearchRequest | PublishRequest, fingerprint: str) -> Accepted:
        known = batches.by_key(work, request.owner, request.idempotency_key or "")
        if known is None or known.request_hash != fingerprint:
            raise BadInput(
                "This idempotency key was used before for another request. The earlier run is unchanged. "
                "Use a new key for a new request, or repeat the request exactly.",
                code="idempotency_key_reused",
            )
        return Accepted(known, is_new=False)

    def wake(self, batch: Batch) -> None:
        """Wake the workers for an accepted search."""
        if batch.reused_count:
            self._wake_ups.send(Stage.NORMALIZATION, min(-(-batch.reused_count // 300), _HINTS_AT_ONCE))
        calls = -(-(batch.total_items - batch.reused_count) // self._settings.boeing_batch_size)
        if calls:
            self._wake_ups.send(Stage.EXTRACTION, min(calls, _HINTS_AT_ONCE))

    def cancel(self, batch_id: UUID, *, actor: str) -> Batch:
        """Cancel all unsettled items, at once. Repeating it has no further effect.

        Raises:
            NotFound: no such batch.
            Conflict: the batch has already finished.
        """

        def step(work: Work) -> Batch:
            batches.hold_ledger(work, alone=True)
            batch = batches.get(work, batch_id)
            if batch is None:
                raise _unknown(batch_id)
            if batch.status.is_final and batch.status is not BatchStatus.CANCELLED:
                raise Conflict(
                    f"This run has already finished ({batch.outcome}), so there is nothing left to cancel. "
                    "Nothing was changed.",
                    code="batch_finished",
                )
            if batches.cancel(work, batch_id):
                audit.record(work, actor=actor, action="batch.cancel", target=str(batch_id))
            after = batches.get(work, batch_id)
            assert after is not None  # noqa: S101 - it was there, and nothing deletes it
            return after

        return self._database.run(step, patience=5)

    def retry_failed(self, batch_id: UUID, *, actor: str) -> Accepted:
        """Search or publish the failed parts of a finished batch again, in a new batch that refers to the old one.

        The old batch does not change. A repeated request returns the same new batch.

        Raises:
            NotFound: no such batch.
            Conflict: it is still running, or nothing in it failed.
        """

        def look(work: Work) -> tuple[Batch, list[str]]:
            batch = batches.get(work, batch_id)
            if batch is None:
                raise _unknown(batch_id)
            if batch.outcome is None:  # also a cancelled run with parts being sent: these may still fail
                raise Conflict(
                    "This run is still going. Retry its failed parts when it has finished, or cancel it first."
                    if not batch.status.is_final
                    else "Parts of this cancelled run are still being sent. Retry its failed parts in a moment.",
                    code="batch_running",
                )
            refuse_retry_of_removed(batch)
            return batch, items.failed_part_numbers(work, batch_id)

        batch, failed = self._database.run(look, patience=5)
        if not failed:
            raise Conflict("No part of this run failed, so there is nothing to retry.", code="nothing_failed")
        if batch.batch_type is BatchType.PUBLISH:
            return self.publish(publish_again(batch, failed, actor=actor))
        return self.search(search_again(batch, failed, actor=actor))

    def undone_by(self, work: Work, batch: Batch) -> Batch | None:
        """The batch that undoes this one, or None."""
        return batches.by_key(work, batch.owner, f"{UNDO_KEY}{batch.id}")

    def undo(self, batch_id: UUID, *, actor: str) -> Accepted:
        """Undo a publish run, in a new batch: archive what it created, restore what it changed.

        A repeated request returns the same new batch. Products that a person has changed since are left unchanged.

        Raises:
            NotFound: no such batch.
            Conflict: it is not a publish run, is still running, or changed nothing.
        """

        def look(work: Work) -> tuple[Batch, list[str]]:
            batch = batches.get(work, batch_id)
            if batch is None:
                raise _unknown(batch_id)
            if batch.batch_type is not BatchType.PUBLISH:
                raise Conflict("Only a publish run can be undone. Nothing was changed.", code="not_a_publishing")
            if batch.outcome is None:
                raise Conflict(
                    "This run is still going. Cancel it or wait until it has finished, then undo it.",
                    code="batch_running",
                )
            refuse_undo_of_removed(batch)
            return batch, sorted(publish_changes.of_batch(work, batch_id))

        batch, skus = self._database.run(look, patience=5)
        if not skus:
            raise Conflict("This run changed nothing in your store, so there is nothing to undo.", code="nothing_done")
        return self.publish(take_back(batch, skus, actor=actor))


def _unknown(batch_id: UUID) -> NotFound:
    return NotFound(f"No run {batch_id}. `bdh batches list` shows all runs.", code="batch_not_found")


def _traced(options: BatchOptions) -> BatchOptions:
    """The options with the trace of the request, which work for the batch continues."""
    return replace(options, trace=tracing.traceparent())
