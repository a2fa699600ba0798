"""The progress of runs: how far each one is, and what it waits for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.health import conditions, pauses
from boeing_data_hub.health.conditions import Condition
from boeing_data_hub.health.workers_seen import WorkersSeen
from boeing_data_hub.shopify import bulk_runs
from boeing_data_hub.shopify.bulk_runs import BulkProgress
from boeing_data_hub.values.counted import counted, form
from boeing_data_hub.values.range import Range
from boeing_data_hub.values.states import BatchStatus, BatchType, ItemState, Stage
from boeing_data_hub.work import access_token_rows, budget_account, manual_pauses, upstreams, workers
from boeing_data_hub.work.batch import Batch
from boeing_data_hub.work.manual_pauses import ManualPause, What
from boeing_data_hub.work.rate_limit import RateLimit
from boeing_data_hub.work.rates import UpstreamPace

_FEWEST_FOR_ETA = 20
_UNKNOWN_END = frozenset({"refused", "credentials"})  # reasons of pauses that last until a person acts


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The state that all running batches share at one moment.

    Attributes:
        now: by the database's clock.
        boeing, shopify: the upstreams' states.
        limit: of Boeing calls; None: unlimited.
        batch_size: parts in a Boeing call.
        workers: which queues have a worker.
        stalled: stages without progress, and other stalled work.
        creates_until: the store accepts no new products before this time.
        throttled_until: the store asked for no calls before this time.
        in_bulk: batch → progress of its bulk imports.
        prefix: of the API's addresses.
        by_hand: pauses by hand.
        awaited_tokens: upstreams whose calls wait until a process has fetched an access token.
    """

    now: datetime
    boeing: UpstreamPace
    shopify: UpstreamPace
    limit: RateLimit | None
    batch_size: int
    workers: WorkersSeen
    stalled: Sequence[Condition] = ()
    creates_until: datetime | None = None
    throttled_until: datetime | None = None
    in_bulk: Mapping[UUID, BulkProgress] = field(default_factory=dict[UUID, BulkProgress])
    prefix: str = ""
    awaited_tokens: frozenset[str] = frozenset()
    by_hand: Mapping[What, ManualPause] = field(default_factory=dict[What, ManualPause])

    def waiting_for(self, batch: Batch) -> Condition | None:
        """What keeps a running batch from going on now; None: nothing."""
        if batch.outcome is not None:
            return None
        if batch.batch_type is BatchType.PUBLISH:
            return self._publishing_wait(batch)
        if batch.extracted_count >= batch.total_items:
            return self._stage_wait(Stage.NORMALIZATION)
        return self._stage_wait(Stage.EXTRACTION)

    def _publishing_wait(self, batch: Batch) -> Condition | None:
        if batch.status is BatchStatus.PENDING:
            return conditions.APPROVAL.found(id=batch.id)
        bulk = self.in_bulk.get(batch.id)
        return self._stage_wait(Stage.PUBLISHING, besides=_importing(bulk) if bulk else None)

    def _stage_wait(self, stage: Stage, besides: Condition | None = None) -> Condition | None:
        """No worker, else a pause of the upstream or a missing access token, else `besides`, else no progress."""
        if missing := self.workers.missing([stage.value]):
            return missing[0]
        upstream = {Stage.EXTRACTION: self.boeing_wait, Stage.PUBLISHING: self.store_wait}.get(stage)
        waits = (upstream() if upstream else None) or self._token_wait(stage)
        return waits or besides or self._no_progress(stage)

    def _no_progress(self, stage: Stage) -> Condition | None:
        code = conditions.NO_PROGRESS.code
        return next((one for one in self.stalled if (one.code, one.about) == (code, stage)), None)

    def store_wait(self) -> Condition | None:
        """What keeps calls to the store waiting now, or the creation of products; None: nothing."""
        return (
            pauses.paused_by_hand(self.by_hand.get("publishing"))
            or pauses.pause_of("shopify", self.shopify)
            or pauses.throttled_store(self.throttled_until, self.now)
            or pauses.daily_limit_of_store(self.creates_until, self.now)
        )

    def boeing_wait(self) -> Condition | None:
        """What keeps calls to Boeing waiting now; None: nothing."""
        by_hand = pauses.paused_by_hand(self.by_hand.get("boeing"))
        return by_hand or pauses.pause_of("boeing", self.boeing) or pauses.pace_of_boeing(self.boeing, self.now)

    def _token_wait(self, stage: Stage) -> Condition | None:
        upstream = {Stage.EXTRACTION: "boeing", Stage.PUBLISHING: "shopify"}.get(stage, "")
        if upstream not in self.awaited_tokens:
            return None
        return conditions.ACCESS_TOKEN.found(upstream, name=upstream.capitalize())

    def eta_seconds(self, batch: Batch) -> Range | None:
        """The remaining seconds of a running batch, as a range; None if it cannot be estimated.

        For a search it is never less than its calls take within the limit, plus the time until calls are allowed again.
        There is no estimate while Boeing rejects the account or a person has paused the work, because the end is
        unknown.
        """
        if batch.status.is_final or batch.open_count < _FEWEST_FOR_ETA or batch.status is BatchStatus.PENDING:
            return None
        is_search = batch.batch_type is BatchType.SEARCH
        paused = self.by_hand.get("boeing" if is_search else "publishing")
        if (is_search and self.boeing.pause_reason in _UNKNOWN_END) or paused is not None:
            return None
        rate = batch.rate
        if self.limit is not None and is_search:
            most = self.limit.per_minute / 60 * self.batch_size
            # A rate measured across a pause does not predict the time after it.
            rate = most if not rate or self.boeing.pause_reason else min(rate, most)
        if not rate:
            return None
        seconds = batch.open_count / rate
        low, high = seconds * 0.8, seconds * 1.3
        if is_search:
            unasked = batch.total_items - batch.extracted_count - batch.failed_count - batch.cancelled_count
            calls = -(-max(0, unasked) // self.batch_size)
            wait = self._wait()
            low = wait + max(low, calls * self.limit.spacing if self.limit else 0.0)
            high = wait + max(high, low - wait)
        return Range(math.ceil(low), math.ceil(high))

    def _wait(self) -> float:
        """Seconds until Boeing may be called again, as far as known."""
        until = self.boeing.open_again
        return max(0.0, (until - self.now).total_seconds()) if until is not None else 0.0


def _importing(bulk: BulkProgress) -> Condition:
    if bulk.waits_for is not None and not bulk.done:
        return conditions.BULK_WAITS.found("shopify", note=bulk.waits_for)
    return conditions.BULK_IMPORT.found("shopify", lines=bulk.lines, done=bulk.done)


class Live:
    """Reads the situation.

    Args:
        database: Postgres.
        limit: of Boeing calls; None: unlimited.
        batch_size: parts in a Boeing call.
        worker_silent_after: seconds after which a worker counts as stopped.
        stalled: finds stalled work.
        prefix: of the API's addresses.
    """

    def __init__(
        self,
        *,
        database: Database,
        limit: RateLimit | None,
        batch_size: int,
        worker_silent_after: float,
        stalled: Callable[[Work], list[Condition]],
        prefix: str = "",
    ) -> None:
        self.database = database
        self.limit = limit
        self.batch_size = batch_size
        self.worker_silent_after = worker_silent_after
        self._stalled = stalled
        self._prefix = prefix

    def situation(self, work: Work) -> Situation:
        """The situation now: a few look-ups, regardless of the number and size of batches."""
        boeing, now = upstreams.look(work, "boeing")
        account = budget_account.look(work, "shopify")
        return Situation(
            now=now,
            boeing=boeing,
            shopify=upstreams.look(work, "shopify")[0],
            limit=self.limit,
            batch_size=self.batch_size,
            workers=WorkersSeen(workers.last_seen(work), self.worker_silent_after),
            stalled=self._stalled(work),
            creates_until=upstreams.look(work, "shopify-creates")[0].paused_until,
            throttled_until=account.paused_until if account else None,
            in_bulk=bulk_runs.under_way(work),
            prefix=self._prefix,
            awaited_tokens=access_token_rows.awaited(work),
            by_hand=manual_pauses.in_force(work),
        )


def message(batch: Batch) -> str:
    """The state of a batch in a sentence."""
    done, total = f"{batch.settled_count:,}", f"{batch.total_items:,}"
    text = _message(batch, done, total)
    if batch.items_gone_at is not None:
        return f"{text} Part details were deleted on {batch.items_gone_at:%Y-%m-%d}."
    return text


def _message(batch: Batch, done: str, total: str) -> str:  # noqa: PLR0911 - one sentence for each way a batch can stand
    unsold = "".join(
        f", {count:,} {state.replace('_', ' ')}"
        for state, count in batch.left_undone.items()
        if state is not ItemState.CANCELLED
    )
    if batch.outcome == "succeeded" and unsold:
        return f"Finished: {batch.succeeded_count:,} of {counted(batch.total_items, 'part')} published{unsold}."
    if batch.outcome == "succeeded":
        return f"Finished: {'1 part' if batch.total_items == 1 else f'all {total} parts'} succeeded."
    if batch.outcome == "finished_with_failures":
        succeeded = f"{batch.succeeded_count:,} of {total} parts succeeded"
        return f"Finished with failures: {succeeded}, {batch.failed_count:,} failed{unsold}."
    if batch.outcome == "failed":
        return f"Failed: {'the only part' if batch.total_items == 1 else f'all {total} parts'} failed."
    if batch.status is BatchStatus.PENDING:
        return f"Plan for {counted(batch.total_items, 'part')}, waiting for approval. Nothing has been sent."
    if batch.status is BatchStatus.CANCELLED and batch.outcome is None:
        return (
            f"Cancelling: {counted(batch.open_count, 'part')} already being sent "
            f"{form(batch.open_count, 'is', 'are')} finishing first."
        )
    if batch.outcome == "cancelled":
        settled = batch.settled_count - batch.cancelled_count
        return (
            f"Cancelled: {settled:,} of {total} parts were done and are kept, {batch.cancelled_count:,} were cancelled."
        )
    return f"Running: {done} of {total} parts done, {batch.failed_count:,} failed{unsold}."
