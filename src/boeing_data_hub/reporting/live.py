"""What is going on, in figures and in words: the answer to "how far is it, and what does it wait for?"."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from boeing_data_hub.model.batches import Batch
from boeing_data_hub.model.rates import Line, RateLimit
from boeing_data_hub.model.states import BatchStatus, BatchType, Stage
from boeing_data_hub.reporting.stuck import Stuck
from boeing_data_hub.store import budget, bulk_runs, workers
from boeing_data_hub.store import line as line_store
from boeing_data_hub.store.work import Database, Work

_WORTH_SAYING = 2.0  # seconds; a shorter wait is no news
_FEWEST_FOR_ETA = 20


@dataclass(frozen=True, slots=True)
class Situation:
    """The state of the world that all running batches share at one moment."""

    now: datetime
    line: Line
    limit: RateLimit | None
    batch_size: int
    extraction_workers: int
    store_line: Line
    publishing_workers: int
    creates_until: datetime | None
    in_bulk: Mapping[UUID, tuple[int, int]]
    normalization_workers: int
    stuck: Sequence[Stuck]
    slow_until: datetime | None

    def waiting_for(self, batch: Batch) -> dict[str, Any] | None:
        """What keeps a running batch from going on right now, until when, and what a person can do; None: nothing."""
        if batch.outcome is not None:
            return None
        if batch.batch_type is BatchType.PUBLISH:
            return self._publishing_wait(batch) or self._stuck(Stage.PUBLISHING)
        if batch.extracted_count >= batch.total_items:
            return self._normalization_wait() or self._stuck(Stage.NORMALIZATION)
        return self._extraction_wait() or self._stuck(Stage.EXTRACTION)

    def _stuck(self, stage: Stage) -> dict[str, Any] | None:
        """Nothing speaks against this stage, and it does not get on."""
        for one in self.stuck:
            if one.kind == "no_progress" and one.stage == stage:
                return {"reason": "stuck", "until": None, "message": f"{one.message} {one.remedy}."}
        return None

    def _normalization_wait(self) -> dict[str, Any] | None:
        if self.normalization_workers:
            return None
        message = "No normalization worker is running. Start one with `bdh worker normalization`; nothing is lost."
        return {"reason": "no_worker", "until": None, "message": message}

    def _extraction_wait(self) -> dict[str, Any] | None:
        if not self.extraction_workers:
            return {
                "reason": "no_worker",
                "until": None,
                "message": "No extraction worker is running. Start one with `bdh worker extraction`; nothing is lost.",
            }
        return self.line_wait()

    def _publishing_wait(self, batch: Batch) -> dict[str, Any] | None:
        if batch.status is BatchStatus.PENDING:
            return {
                "reason": "approval",
                "until": None,
                "message": f"This plan waits for your word: POST /api/plans/{batch.id}/approve, or discard it.",
            }
        if not self.publishing_workers:
            return {
                "reason": "no_worker",
                "until": None,
                "message": "No publishing worker is running. Start one with `bdh worker publishing`; nothing is lost.",
            }
        found = self.store_wait()
        if found is not None:
            return found
        if batch.id in self.in_bulk:
            lines, done = self.in_bulk[batch.id]
            so_far = f"; it has done {done:,} of them" if done else ""
            message = (
                f"The store works on a bulk operation with {lines:,} parts{so_far}. They are counted when it has ended."
            )
            return {"reason": "shopify_bulk_operation", "until": None, "message": message}
        return None

    def store_wait(self) -> dict[str, Any] | None:
        """What keeps the line to the store from going on right now, or from making new products; None: nothing."""
        line = self.store_line
        if line.pause_reason is not None and line.paused_until is not None:
            since = line.paused_since.strftime("%H:%M") if line.paused_since else "?"
            said = line.pause_note or "Shopify does not answer properly. Nothing is lost."
            message = f"{said} So since {since} UTC; next try {line.paused_until.strftime('%H:%M:%S')} UTC."
            return {"reason": line.pause_reason, "until": line.paused_until, "message": message}
        slow = (self.slow_until - self.now).total_seconds() if self.slow_until else 0.0
        if self.slow_until is not None and slow > _WORTH_SAYING:
            message = f"Shopify asked us to slow down. Next call {self.slow_until.strftime('%H:%M:%S')} UTC."
            return {"reason": "shopify_throttled", "until": self.slow_until, "message": message}
        if self.creates_until is not None and self.creates_until > self.now:
            clock = self.creates_until.strftime("%H:%M")
            message = f"The store makes no more new products for now; the next is tried at {clock} UTC. Updates go on."
            return {"reason": "shopify_daily_limit", "until": self.creates_until, "message": message}
        return None

    def line_wait(self) -> dict[str, Any] | None:
        """What keeps the line to Boeing from taking a call right now; None: nothing."""
        line = self.line
        until = max(line.next_slot, line.paused_until) if line.paused_until else line.next_slot
        since = line.paused_since.strftime("%H:%M") if line.paused_since else "?"
        clock = until.strftime("%H:%M:%S")
        if line.pause_reason == "credentials":
            message = (
                f"Boeing has refused our credentials since {since} UTC. Correct the BOEING_* settings and restart the "
                f"workers; the batch then goes on by itself. Next try {clock} UTC."
            )
        elif line.pause_reason == "upstream":
            message = f"Boeing has not answered properly since {since} UTC. Nothing is lost; next try {clock} UTC."
        elif line.pause_reason == "limit":
            message = f"Boeing asked us to slow down. Next call {clock} UTC."
        elif (until - self.now).total_seconds() > _WORTH_SAYING:
            message = f"Boeing limit, next call {clock} UTC."
        else:
            return None
        return {"reason": line.pause_reason or "boeing_limit", "until": until, "message": message}

    def eta_seconds(self, batch: Batch) -> tuple[int, int] | None:
        """Seconds a running batch will likely still take, as a range; None when there is nothing to go by."""
        if batch.status.is_final or batch.open_count < _FEWEST_FOR_ETA or batch.status is BatchStatus.PENDING:
            return None
        rate = batch.rate
        if not rate and self.limit is not None and batch.batch_type is BatchType.SEARCH:
            rate = self.limit.per_minute / 60 * self.batch_size
        if not rate:
            return None
        seconds = batch.open_count / rate
        return round(seconds * 0.8), round(seconds * 1.3)


class Live:
    """Reads the situation."""

    def __init__(
        self,
        *,
        database: Database,
        limit: RateLimit | None,
        batch_size: int,
        worker_silent_after: float,
        stuck: Callable[[Work], list[Stuck]],
    ) -> None:
        self.database = database
        self.limit = limit
        self.batch_size = batch_size
        self.worker_silent_after = worker_silent_after
        self._stuck = stuck

    def situation(self, work: Work) -> Situation:
        """The situation now: a few look-ups, whatever the number and size of batches."""
        line, now = line_store.look(work, "boeing")
        store_line, _ = line_store.look(work, "shopify")
        account = budget.look(work, "shopify")
        creates, _ = line_store.look(work, "shopify-creates")
        extraction = workers.count(work, Stage.EXTRACTION, silent_after=self.worker_silent_after)
        publishing = workers.count(work, Stage.PUBLISHING, silent_after=self.worker_silent_after)
        return Situation(
            now,
            line,
            self.limit,
            self.batch_size,
            extraction,
            store_line,
            publishing,
            creates.paused_until,
            bulk_runs.under_way(work),
            workers.count(work, Stage.NORMALIZATION, silent_after=self.worker_silent_after),
            self._stuck(work),
            account.paused_until if account else None,
        )


def message(batch: Batch) -> str:
    """One sentence on where a batch stands."""
    done, total = f"{batch.settled_count:,}", f"{batch.total_items:,}"
    told = _message(batch, done, total)
    if batch.items_gone_at is not None:
        return f"{told} The items are not kept any more; they were removed on {batch.items_gone_at:%Y-%m-%d}."
    return told


def _message(batch: Batch, done: str, total: str) -> str:  # noqa: PLR0911 - one sentence for each way a batch can stand
    if batch.outcome == "succeeded":
        return f"Finished: all {total} items succeeded."
    if batch.outcome == "finished_with_failures":
        return (
            f"Finished with failures: {batch.failed_count:,} of {total} items failed. See the failures for what to do."
        )
    if batch.outcome == "failed":
        return f"Failed: none of the {total} items succeeded. See the failures for what to do."
    if batch.status is BatchStatus.PENDING:
        return f"A plan of {total} items, which waits for your word. Nothing was sent."
    if batch.status is BatchStatus.CANCELLED and batch.outcome is None:
        return f"Cancelled. {batch.open_count:,} items are being sent at this moment and are brought to an end."
    if batch.outcome == "cancelled":
        settled = batch.settled_count - batch.cancelled_count
        return f"Cancelled: {settled:,} of {total} items were done before and stay; {batch.cancelled_count:,} were not."
    return f"Running: {done} of {total} items done, {batch.failed_count:,} of them failed."


def status_document(batch: Batch, situation: Situation) -> dict[str, Any]:
    """A batch as the API tells it: the guide's fields (section 9.2), and what a person wants to know beside them.

    Its size does not depend on the number of items or failures.
    """
    eta = situation.eta_seconds(batch)
    return {
        "id": str(batch.id),
        "batch_type": batch.batch_type,
        "status": batch.status,
        "total_items": batch.total_items,
        "extracted_count": batch.extracted_count,
        "normalized_count": batch.normalized_count,
        "published_count": batch.published_count,
        "failed_count": batch.failed_count,
        "cancelled_count": batch.cancelled_count,
        "pending_count": batch.open_count,
        "reused_count": batch.reused_count,
        "progress_percent": batch.progress_percent,
        "outcome": batch.outcome,
        "message": message(batch),
        "rate_per_minute": round(batch.rate * 60, 1) if batch.rate and not batch.status.is_final else None,
        "eta_seconds": {"low": eta[0], "high": eta[1]} if eta else None,
        "waiting_for": situation.waiting_for(batch),
        "error_message": batch.error_message,
        "idempotency_key": batch.idempotency_key,
        "retry_of": str(batch.retry_of) if batch.retry_of else None,
        "undo_of": batch.options.get("undo_of"),
        "failures_url": f"/api/batches/{batch.id}/failures" if batch.failed_count else None,
        "created_at": batch.created_at,
        "updated_at": batch.updated_at,
        "started_at": batch.started_at,
        "completed_at": batch.completed_at,
        "items_removed_at": batch.items_gone_at,
    }


def status_documents(batches: Sequence[Batch], situation: Situation) -> list[dict[str, Any]]:
    """Several batches, told in one and the same situation."""
    return [status_document(batch, situation) for batch in batches]
