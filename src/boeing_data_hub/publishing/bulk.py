"""Large batches by the store's bulk operations: a file of upserts that the store works through at its own speed.

A run is a row with a state, and each step brings it one state on: any worker may take the next step, so that one that
was killed is missed by nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import structlog

from boeing_data_hub.clock import monotonic, now
from boeing_data_hub.errors import HubError, Reject, Retry
from boeing_data_hub.model.publications import BulkRun, DueItem, StoreFacts
from boeing_data_hub.model.states import Stage
from boeing_data_hub.publishing import outcomes
from boeing_data_hub.publishing.bulk_results import Results, read
from boeing_data_hub.publishing.claims import Claim
from boeing_data_hub.publishing.jobs import Job
from boeing_data_hub.publishing.patience import AsksStore
from boeing_data_hub.publishing.reading import Reading
from boeing_data_hub.publishing.sending import UPSERT
from boeing_data_hub.shopify import documents
from boeing_data_hub.shopify.failures import UserErrors
from boeing_data_hub.shopify.shapes import nodes, part
from boeing_data_hub.shopify.transfer import ResultsGone, Transfer, first_target
from boeing_data_hub.store import bulk_runs, leases, publishing
from boeing_data_hub.store.leases import HeldLeases
from boeing_data_hub.store.work import Database, Work

log = structlog.get_logger(__name__)

_LOST_START_SECONDS: Final = 45.0  # longer than a call may take: a start that is not to be seen by then did not happen
_STUCK_SECONDS: Final = 900.0
_LATE_SECONDS: Final = 100.0  # partial results may appear that long after the end
_LANE_SECONDS: Final = 5.0
_MOST_STARTS: Final = 3
_ENDED: Final = frozenset({"COMPLETED", "FAILED", "CANCELED", "EXPIRED"})


@dataclass(frozen=True, slots=True)
class BulkRules:
    """How bulk operations are used (settings of the same names).

    Attributes:
        lines: most upserts in one operation.
        lanes: operations at a time; the store runs five, and others of this app may want one.
        fewest: parts that change below which a claim goes the direct way all the same.
        lease_seconds: how long a step is ours without a sign of life.
    """

    lines: int
    lanes: int
    fewest: int
    lease_seconds: float


@dataclass(frozen=True, slots=True)
class Stepped:
    """A step was taken; `error` speaks against everybody's calls."""

    error: HubError | None = None


class Bulk:
    """Prepares runs and takes their steps."""

    def __init__(
        self,
        *,
        database: Database,
        client: AsksStore,
        transfer: Transfer,
        reading: Reading,
        held: HeldLeases,
        owner: str,
        rules: BulkRules,
    ) -> None:
        self._database = database
        self._client = client
        self._transfer = transfer
        self._reading = reading
        self._held = held
        self._owner = owner
        self._rules = rules

    def claimable(self, work: Work, facts: StoreFacts, waiting: Sequence[tuple[UUID, int]]) -> list[DueItem]:
        """Items for one run, of the batch that has the fewest runs under way; none while all lanes are taken."""
        if bulk_runs.open_runs(work, facts.shop) >= self._rules.lanes:
            return []
        batch_id = bulk_runs.least_served(work, [batch for batch, _ in waiting])
        return publishing.due_items(work, wanted=self._rules.lines, only=batch_id)

    def choose(self, jobs: Sequence[Job]) -> None:
        """Mark what goes by bulk operation: everything with an upsert, unless too few are left for it to pay."""
        sending = [job for job in jobs if job.send is not None and job.variables is not None]
        if len(sending) >= self._rules.fewest:
            for job in sending:
                job.in_bulk = True

    def prepare(self, work: Work, claim: Claim, facts: StoreFacts) -> None:
        """Write the run with its lines, in the transaction of the intents. From then on it holds its SKUs."""
        lines = [(job.sku, job.variables) for job in claim.jobs.values() if job.in_bulk and job.send and job.variables]
        for job in claim.jobs.values():
            job.in_bulk = job.in_bulk and job.outcome is None
        if lines and bulk_runs.get(work, claim.run_id) is None:
            bulk_runs.add(work, claim.run_id, facts.shop, claim.items[0].batch_id, lines)

    def step(self, facts: StoreFacts) -> Stepped | None:
        """Take the next step of a run that is due; None when none is."""
        lease, taken_at = uuid4(), monotonic()

        def claim(work: Work) -> BulkRun | None:
            leases.one_claim_at_a_time(work, Stage.PUBLISHING)
            run = bulk_runs.next_due(work, facts.shop)
            if run is not None:
                leases.take(
                    work,
                    lease,
                    stage=Stage.PUBLISHING,
                    owner=self._owner,
                    seconds=self._rules.lease_seconds,
                    part_numbers=[f"run:{run.id}"],
                )
            return run

        run = self._database.run(claim, patience=20)
        if run is None:
            return None
        with self._held.holding(lease, taken_at=taken_at):
            try:
                self._advance(run, facts)
                error = None
            except (Retry, Reject) as failed:
                error = failed if outcomes.stops_the_line(failed) else None
                self._postpone(run, facts, failed)
            finally:
                self._database.run(lambda work: leases.let_go(work, lease), patience=20)
        return Stepped(error)

    def _postpone(self, run: BulkRun, facts: StoreFacts, failed: HubError) -> None:
        log.warning("a step of a bulk operation failed", run=str(run.id), state=run.state, code=failed.code)
        counted = not outcomes.stops_the_line(failed) and failed.code != "shopify_throttled"
        attempts = run.attempts + counted
        if attempts > _MOST_STARTS * 2 and run.state in {"prepared", "starting"}:
            self._reading.give_up(run, facts, failed, unsure=run.state == "starting")
            return
        wait = 1.0 if not counted else min(30.0, 1.0 * 2**attempts)
        self._move(run, run.state, wait=wait, attempts=attempts, note=failed.message[:500])

    def _advance(self, run: BulkRun, facts: StoreFacts) -> None:
        match run.state:
            case "prepared" if run.cancelling:
                self._reading.give_up(run, facts, None, unsure=False)
            case "prepared":
                self._start(run)
            case "starting":
                self._find_start(run)
            case "running":
                self._poll(run, facts)
            case _:
                self._read(run, facts)

    def _move(self, run: BulkRun, state: str, *, wait: float = 0.0, **changes: Any) -> None:
        self._database.run(lambda work: bulk_runs.move(work, run.id, state, wait=wait, **changes), patience=60)

    def _start(self, run: BulkRun) -> None:
        lines = self._database.run(lambda work: bulk_runs.variables(work, run.id), patience=20)
        name = f"{run.id.hex}.jsonl"
        upload = {"filename": name, "mimeType": "text/jsonl", "resource": "BULK_MUTATION_VARIABLES"}
        answer = self._client.run("staged_upload", {"input": [{**upload, "httpMethod": "POST"}]})
        path = self._transfer.put(first_target(answer), name, "\n".join([*lines, ""]).encode())
        # The state comes before the call: whoever finds it looks whether the store has begun.
        self._move(run, "starting", wait=_LOST_START_SECONDS, path=path)
        variables = {"mutation": _marked(run), "path": path, "clientIdentifier": f"hub-{run.id}"}
        try:
            answer = self._client.run("bulk_run", variables)
        except UserErrors as refused:
            if refused.has("OPERATION_IN_PROGRESS") or refused.has("LIMIT_REACHED"):
                note = "All of the store's bulk operations are taken; this one waits for its turn."
                self._move(run, "prepared", wait=_LANE_SECONDS, note=note)
                return
            self._move(run, "prepared", attempts=run.attempts)
            raise
        except Retry as lost:
            if not outcomes.was_sent(lost):
                self._move(run, "prepared", wait=1.0)
            raise
        operation = part(part(answer, "bulkOperationRunMutation"), "bulkOperation")
        self._move(run, "running", wait=0.5, operation_id=operation["id"], attempts=0, note=None)

    def _find_start(self, run: BulkRun) -> None:
        """The answer to a start was lost: the operation is found by the name in its text, or did not begin."""
        found = self._client.run("bulk_running", {"first": 50})
        for node in nodes(found, "bulkOperations"):
            if _mark(run) in str(node.get("query") or ""):
                self._move(run, "running", operation_id=node["id"], attempts=0, note=None)
                return
        self._move(run, "prepared", attempts=run.attempts + 1)

    def _poll(self, run: BulkRun, facts: StoreFacts) -> None:
        found = part(self._client.run("bulk_status", {"id": run.operation_id}), "bulkOperation")
        if not found:
            self._reading.finish(run, facts, Results(), sure=False)
            return
        status, age = str(found.get("status")), (now() - run.state_since).total_seconds()
        count = int(found.get("objectCount") or 0)
        if status in _ENDED:
            url = found.get("url") or found.get("partialDataUrl")
            empty = not url and count > 0 and status != "EXPIRED"
            if empty and run.note is None:  # the results may still be on their way
                self._move(run, "running", wait=1.0, object_count=count, note=f"ended {now().isoformat()}")
                return
            if empty and run.note and _seconds_since(run.note) < _LATE_SECONDS:
                self._move(run, "running", wait=3.0, object_count=count)
                return
            partial = status != "COMPLETED"
            note = None if not partial else f"The store ended it as {status} ({found.get('errorCode') or 'no code'})."
            self._move(run, "finished", url=url, partial=partial, object_count=count, note=note)
            return
        if run.cancelling and status in {"CREATED", "RUNNING"}:
            try:
                self._client.run("bulk_cancel", {"id": run.operation_id})
            except UserErrors as refused:
                log.info("a bulk operation was not cancelled", reason=refused.message)
        elif status == "CREATED" and count == 0 and age > _STUCK_SECONDS:
            self._client.run("bulk_cancel", {"id": run.operation_id})
        self._move(run, "running", wait=min(10.0, max(0.5, age / 5)), object_count=count)

    def _read(self, run: BulkRun, facts: StoreFacts) -> None:
        try:
            results = read(self._transfer.lines(run.url)) if run.url else Results()
        except ResultsGone:
            self._reading.finish(run, facts, Results(), sure=False)
            return
        if (
            run.partial
            and results.count < run.object_count
            and (now() - run.state_since).total_seconds() < _LATE_SECONDS
        ):
            fresh = part(self._client.run("bulk_status", {"id": run.operation_id}), "bulkOperation")
            url = fresh.get("url") or fresh.get("partialDataUrl") or run.url
            self._move(run, "finished", wait=3.0, url=url)
            return
        # What the store did not get to has surely not been done; a line that is only missing may have been.
        sure = run.partial and results.count >= run.object_count and not results.unreadable
        self._reading.finish(run, facts, results, sure=sure)


def _mark(run: BulkRun) -> str:
    return f"HubRun{run.id.hex}"


def _marked(run: BulkRun) -> str:
    """The inner mutation under a name of its own: the store shows it, and nothing else tells two runs apart."""
    return documents.load(UPSERT).text.replace("mutation ProductUpsertLean(", f"mutation {_mark(run)}(", 1)


def _seconds_since(note: str) -> float:
    try:
        return (now() - datetime.fromisoformat(note.removeprefix("ended "))).total_seconds()
    except ValueError:
        return _LATE_SECONDS
