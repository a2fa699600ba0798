"""The stage at work: an accepted list becomes a batch and its items in one transaction, then workers are woken."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from boeing_data_hub.errors import BadInput, Conflict, NotFound
from boeing_data_hub.model.batches import Batch
from boeing_data_hub.model.states import BatchType, Stage
from boeing_data_hub.queue import Hints
from boeing_data_hub.store import audit, batches, items
from boeing_data_hub.store.work import Database, Work

_HINTS_AT_ONCE = 8
_RETRY = "\u21bb "  # not ASCII, so no caller's own key can be it


@dataclass(frozen=True, slots=True)
class IntakeRules:
    """Sizes in force (settings MAX_BULK_SEARCH_SIZE, BOEING_BATCH_SIZE, HUB_REUSE_FRESH_FOR in seconds)."""

    max_search: int
    batch_size: int
    reuse_fresh_for: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """A search to accept.

    Attributes:
        part_numbers: clean, unique, in order.
        owner: whose idempotency keys are meant.
        idempotency_key: the caller's word for this request; None: every request is a new one.
        force_refresh: ask Boeing even where a fresh answer is at hand.
        retry_of: the batch whose failed items these are.
        actor: who asks, for the audit log, where it is not the owner.
        source: where the list came from, for people, e.g. a file's name.
    """

    part_numbers: Sequence[str]
    owner: str
    actor: str | None = None
    idempotency_key: str | None = None
    force_refresh: bool = False
    retry_of: UUID | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """An accepted request: its batch, and whether this very call made it."""

    batch: Batch
    is_new: bool


class Intake:
    """Accepts searches, cancels and retries."""

    def __init__(self, *, database: Database, hints: Hints, rules: IntakeRules) -> None:
        self._database = database
        self._hints = hints
        self.rules = rules

    def search(self, request: SearchRequest) -> Accepted:
        """Accept a search: after this returns, every item will reach an end state, whatever dies.

        The same key and the same request give the same batch again; two at once give one batch.

        Raises:
            BadInput: the idempotency key was used for another request.
            Unavailable: Postgres did not answer; nothing was accepted, or, after a lost commit, the same key finds it.
        """
        batch_id = uuid4()
        fingerprint = _fingerprint(request)

        def step(work: Work) -> Accepted:
            # A commit whose acknowledgement was lost is found here by the second run.
            if (known := batches.get(work, batch_id)) is not None:
                return Accepted(known, is_new=True)
            made = batches.insert(
                work,
                {
                    "id": batch_id,
                    "batch_type": BatchType.SEARCH.value,
                    "total_items": len(request.part_numbers),
                    "owner": request.owner,
                    "idempotency_key": request.idempotency_key,
                    "request_hash": fingerprint,
                    "options": _options(request),
                    "retry_of": request.retry_of,
                },
            )
            if not made:
                return self._replayed(work, request, fingerprint)
            batches.insert_items(work, batch_id, request.part_numbers)
            if not request.force_refresh and self.rules.reuse_fresh_for > 0:
                batches.reuse_fresh(work, batch_id, younger_than=self.rules.reuse_fresh_for)
            audit.record(
                work,
                actor=request.actor or request.owner,
                action="batch.search",
                target=str(batch_id),
                details={"items": len(request.part_numbers)},
            )
            batch = batches.get(work, batch_id)
            assert batch is not None  # noqa: S101 - inserted above
            return Accepted(batch, is_new=True)

        accepted = self._database.run(step, patience=5)
        if accepted.is_new:
            self._wake(accepted.batch)
        return accepted

    def _replayed(self, work: Work, request: SearchRequest, fingerprint: str) -> Accepted:
        known = batches.by_key(work, request.owner, request.idempotency_key or "")
        if known is None or known.request_hash != fingerprint:
            raise BadInput(
                "This idempotency key was used before for another request. The earlier batch is untouched. "
                "Use a new key for a new request, or repeat the request exactly.",
                code="idempotency_key_reused",
            )
        return Accepted(known, is_new=False)

    def _wake(self, batch: Batch) -> None:
        if batch.reused_count:
            self._hints.send(Stage.NORMALIZATION, min(-(-batch.reused_count // 300), _HINTS_AT_ONCE))
        calls = -(-(batch.total_items - batch.reused_count) // self.rules.batch_size)
        if calls:
            self._hints.send(Stage.EXTRACTION, min(calls, _HINTS_AT_ONCE))

    def cancel(self, batch_id: UUID, *, actor: str) -> Batch:
        """Cancel what is not settled; at once, on the rows. Cancelling twice is the same as once.

        Raises:
            NotFound: no such batch.
            Conflict: the batch has already finished.
        """

        def step(work: Work) -> Batch:
            batches.hold_ledger(work, alone=True)
            batch = batches.get(work, batch_id)
            if batch is None:
                raise _unknown(batch_id)
            if batch.status.is_final and batch.outcome != "cancelled":
                raise Conflict(
                    f"This batch has already finished ({batch.outcome}), so there is nothing left to cancel. "
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
        """Search for the failed parts of a finished batch again, as a new batch that names the old one.

        The old batch stays as it ended. Asked twice, it is one and the same new batch.

        Raises:
            NotFound: no such batch.
            Conflict: it still runs, or nothing in it failed.
        """

        def look(work: Work) -> tuple[Batch, list[str]]:
            batch = batches.get(work, batch_id)
            if batch is None:
                raise _unknown(batch_id)
            if batch.batch_type is not BatchType.SEARCH:
                raise Conflict("Only the failed items of a search can be retried here.", code="not_a_search")
            if not batch.status.is_final:
                raise Conflict(
                    "This batch is still running. Failed items can be retried when it has finished, or after it was "
                    "cancelled.",
                    code="batch_running",
                )
            return batch, items.failed_part_numbers(work, batch_id)

        batch, failed = self._database.run(look, patience=5)
        if not failed:
            raise Conflict("Nothing in this batch failed, so there is nothing to retry.", code="nothing_failed")
        return self.search(
            SearchRequest(
                part_numbers=failed,
                owner=batch.owner,  # so that two people who retry at once get one batch
                actor=actor,
                idempotency_key=f"{_RETRY}{batch_id}",
                force_refresh=True,
                retry_of=batch_id,
            )
        )


def _options(request: SearchRequest) -> dict[str, Any]:
    options: dict[str, Any] = {"force_refresh": request.force_refresh}
    return options | ({"source": request.source} if request.source else {})


def _unknown(batch_id: UUID) -> NotFound:
    return NotFound(f"There is no batch {batch_id}. `bdh batches list` shows those there are.", code="batch_not_found")


def _fingerprint(request: SearchRequest) -> str:
    """Two requests are the same when their cleaned parts, in order, and their options are."""
    digest = hashlib.sha256(json.dumps([request.force_refresh, str(request.retry_of)]).encode())
    digest.update("\n".join(request.part_numbers).encode())
    return digest.hexdigest()
