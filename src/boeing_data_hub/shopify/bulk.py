"""Large batches by the store's bulk operations: a file of upserts that the store processes at its own speed.

A run is a row with a state, and each step advances it by one state. Any worker may take the next step, so a killed
worker does not hold the run up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import structlog

from boeing_data_hub import telemetry
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import HubError, RateLimited, Reject, Retry, Unavailable
from boeing_data_hub.retry import RetryPolicy, every
from boeing_data_hub.shopify import bulk_runs, documents, outcomes, publish_items
from boeing_data_hub.shopify.bulk_ingest import Reading
from boeing_data_hub.shopify.bulk_results import Results, read
from boeing_data_hub.shopify.bulk_runs import BulkLine, BulkRun
from boeing_data_hub.shopify.bulk_step import Stepped, Turn
from boeing_data_hub.shopify.claims import Claim
from boeing_data_hub.shopify.failures import OutcomeUnknown, UserErrors
from boeing_data_hub.shopify.journey import Prepared
from boeing_data_hub.shopify.publications import DueItem, StoreFacts
from boeing_data_hub.shopify.repeatable_calls import AsksStore
from boeing_data_hub.shopify.row_lease import Taking
from boeing_data_hub.shopify.sending import UPSERT
from boeing_data_hub.shopify.shapes import nodes, part
from boeing_data_hub.shopify.transfer import ResultsGone, Transfer, first_target
from boeing_data_hub.work.leases import LeaseLostError

log = structlog.get_logger(__name__)

_LOOK_SECONDS: Final = 2.0  # between two checks for a start whose answer was lost
_STEP: Final = RetryPolicy(attempts=7, first=1.0, longest=30.0)  # then the parts are sent directly
_RETRY: Final = {
    "prepared": _STEP,
    "starting": replace(_STEP, longest=_LOOK_SECONDS),
    "running": replace(_STEP, attempts=21),
    "finished": _STEP,
}
_NOT_COUNTED: Final = every(1.0)  # the store fails, or throttles us
_ENDED: Final = frozenset({"COMPLETED", "FAILED", "CANCELED", "EXPIRED"})
_TAKEN: Final = "Shopify is busy with other bulk imports; this one waits for its turn."


@dataclass(frozen=True, slots=True)
class BulkRules:
    """How bulk operations are used (settings of the same names, where they exist).

    Attributes:
        lines: maximum number of upserts in one operation.
        lanes: operations at a time; the store runs five, and the app may need some for other purposes.
        fewest: a claim with fewer parts that change is sent directly.
        stuck_seconds: after which an operation that does not start, or gets no lane, is given up.
        lost_start_seconds: a start that is not visible by then did not happen.
        late_seconds: how long after its end a failed operation's results may still appear.
        lane_seconds: until a lane is requested again.
    """

    lines: int
    lanes: int
    fewest: int
    stuck_seconds: float = 900.0
    lost_start_seconds: float = 20.0
    late_seconds: float = 100.0
    lane_seconds: float = 5.0


class Bulk:
    """Prepares runs and takes their steps."""

    def __init__(
        self,
        *,
        database: Database,
        client: AsksStore,
        transfer: Transfer,
        reading: Reading,
        taking: Taking,
        rules: BulkRules,
    ) -> None:
        self._database = database
        self._client = client
        self._transfer = transfer
        self._reading = reading
        self._taking = taking
        self._rules = rules

    def claimable(self, work: Work, facts: StoreFacts, waiting: Sequence[UUID]) -> list[DueItem]:
        """Items for one run, from the batch with the fewest open runs; empty while all lanes are taken."""
        if bulk_runs.open_runs(work, facts.shop) >= self._rules.lanes:
            return []
        batch_id = bulk_runs.least_served(work, waiting)
        return publish_items.due_items(work, wanted=self._rules.lines, only=batch_id)

    def chosen(self, parts: Mapping[str, Prepared]) -> frozenset[str]:
        """The SKUs that go by bulk operation: every upsert, unless there are too few to be worth it.

        The SKUs of one item go together or not at all, so that one result file settles the item.
        """
        own: defaultdict[tuple[UUID, int], list[Prepared]] = defaultdict(list)
        for one in parts.values():
            own[one.item.batch_id, one.item.position].append(one)
        whole = [each for each in own.values() if all(one.send is not None and one.variables for one in each)]
        sending = [one.sku for each in whole for one in each]
        return frozenset(sending if len(sending) >= self._rules.fewest else ())

    def prepare(self, work: Work, claim: Claim, parts: Mapping[str, Prepared], facts: StoreFacts) -> None:
        """Save the run with its lines, in the transaction of the intents. From then on it holds its SKUs."""
        lines = [BulkLine(sku, dict(one.variables)) for sku, one in parts.items() if one.variables]
        if lines and bulk_runs.get(work, claim.run_id) is None:
            bulk_runs.add(work, claim.run_id, facts.shop, claim.items[0].batch_id, lines)

    def step(self, facts: StoreFacts) -> Stepped | None:
        """Take the next step of a run that is due; None if none is.

        Raises:
            LeaseLostError: the step took too long, and another worker has the run now.
        """
        with self._taking.next(
            lambda work: bulk_runs.next_due(work, facts.shop), held_as=lambda run: f"run:{run.id}"
        ) as taken:
            if taken is None:
                return None
            turn = Turn(taken)
            try:
                with telemetry.working_for([turn.run.batch_id], run=str(turn.run.id)):
                    return self._advance(turn, facts)
            except (LeaseLostError, Unavailable):
                raise
            except HubError as failed:
                return self._postpone(turn, facts, failed)
            except Exception as error:  # a bug must not block all publishing: the run is given up in the end
                log.exception("unexpected error in a step of a bulk operation", run=str(turn.run.id))
                bug = f"The hub met an unexpected error ({type(error).__name__}) in a bulk import."
                return self._postpone(turn, facts, Retry(bug, code="internal_error"))

    def _postpone(self, turn: Turn, facts: StoreFacts, failed: HubError) -> Stepped:
        run, stops = turn.run, outcomes.affects_every_call(failed)
        log.warning("a step of a bulk operation failed", run=str(run.id), state=turn.state, code=failed.code)
        counted = not stops and not isinstance(failed, RateLimited)
        attempts = run.attempts + (2 if isinstance(failed, Reject) else 1) * counted
        retry = _RETRY[turn.state]
        if retry.gives_up(attempts):
            log.warning("a bulk operation is given up", run=str(run.id), code=failed.code)
            return self._reading.finish(turn, facts, Results(), sure=turn.state == "prepared")
        wait = retry.wait(attempts) if counted else _NOT_COUNTED.wait(1)
        turn.move(turn.state, wait=wait, attempts=attempts, note=failed.message[:500])
        return Stepped(failed if stops else None)

    def _advance(self, turn: Turn, facts: StoreFacts) -> Stepped:
        match turn.state:
            case "prepared" if turn.run.cancelling:
                return self._reading.finish(turn, facts, Results(), sure=True, missed=False)
            case "prepared":
                return self._start(turn, facts)
            case "starting":
                return self._find_start(turn)
            case "running":
                return self._poll(turn, facts)
            case _:
                return self._read(turn, facts)

    def _start(self, turn: Turn, facts: StoreFacts) -> Stepped:
        run = turn.run
        lines = self._database.run(lambda work: bulk_runs.variables(work, run.id), patience=20)
        name = f"{run.id.hex}.jsonl"
        upload = {"filename": name, "mimeType": "text/jsonl", "resource": "BULK_MUTATION_VARIABLES"}
        answer = self._client.run("staged_upload", {"input": [{**upload, "httpMethod": "POST"}]})
        path = self._transfer.put(first_target(answer), name, "\n".join([*lines, ""]).encode())
        # The state is saved before the call: the next worker checks if the store has started.
        turn.move("starting", wait=_LOOK_SECONDS, path=path)
        variables = {"mutation": _marked(run), "path": path, "clientIdentifier": f"hub-{run.id}"}
        try:
            answer = self._client.run("bulk_run", variables, keep_going=turn.is_ours)
        except OutcomeUnknown:
            raise
        except HubError as refused:  # it has certainly not started
            if not isinstance(refused, UserErrors) or not (
                refused.has("OPERATION_IN_PROGRESS") or refused.has("LIMIT_REACHED")
            ):
                turn.move("prepared")
                raise
            if run.waited > self._rules.stuck_seconds:
                return self._reading.finish(turn, facts, Results(), sure=True)
            turn.move("prepared", wait=self._rules.lane_seconds, note=_TAKEN)
            return Stepped()
        operation = part(part(answer, "bulkOperationRunMutation"), "bulkOperation")
        if not operation.get("id"):
            raise OutcomeUnknown(
                "Shopify's response names no bulk import. The hub is looking for it.", code="shopify_malformed"
            )
        turn.move("running", wait=0.5, operation_id=operation["id"], attempts=0, note=None)
        return Stepped()

    def _find_start(self, turn: Turn) -> Stepped:
        """Find an operation whose start had no answer, by the name in its text; if it is absent, it did not start."""
        found = self._client.run("bulk_running", {"first": 50})
        for node in nodes(found, "bulkOperations"):
            if _mark(turn.run) in str(node.get("query") or ""):
                turn.move("running", operation_id=node["id"], attempts=0, note=None)
                return Stepped()
        if turn.run.age < self._rules.lost_start_seconds:
            turn.move("starting", wait=_LOOK_SECONDS)
        else:
            turn.move("prepared", attempts=turn.run.attempts + 1)
        return Stepped()

    def _poll(self, turn: Turn, facts: StoreFacts) -> Stepped:
        run = turn.run
        found = part(self._client.run("bulk_status", {"id": run.operation_id}), "bulkOperation")
        if not found:
            return self._reading.finish(turn, facts, Results(), sure=False)
        status, count = str(found.get("status")), int(found.get("objectCount") or 0)
        if status in _ENDED:
            partial = status != "COMPLETED"
            note = f"Shopify ended it as {status} ({found.get('errorCode') or 'no code'})." if partial else None
            turn.move(
                "finished", url=_results_of(found), partial=partial, object_count=count, note=note, attempts=0
            )  # fmt: skip
            if status == "EXPIRED" and not _results_of(found):  # there are no results left to wait for
                return self._reading.finish(turn, facts, Results(), sure=False)
            return Stepped()
        stuck = status == "CREATED" and count == 0 and run.age > self._rules.stuck_seconds
        if stuck or (run.cancelling and status in {"CREATED", "RUNNING"}):
            self._cancel(run)
        turn.move("running", wait=min(10.0, max(0.5, run.age / 5)), object_count=count, attempts=0)
        return Stepped()

    def _cancel(self, run: BulkRun) -> None:
        try:
            self._client.run("bulk_cancel", {"id": run.operation_id})
        except UserErrors as refused:
            log.info("a bulk operation was not cancelled", run=str(run.id), reason=refused.message)

    def _read(self, turn: Turn, facts: StoreFacts) -> Stepped:
        run = turn.run
        if not run.url and run.object_count > 0 and run.age < self._rules.late_seconds:
            found = part(self._client.run("bulk_status", {"id": run.operation_id}), "bulkOperation")
            url = _results_of(found)
            turn.move("finished", wait=0.0 if url else 3.0, url=url)
            return Stepped()
        try:
            results = read(self._transfer.lines(run.url)) if run.url else Results()
        except ResultsGone:
            return self._reading.finish(turn, facts, Results(), sure=False)
        # Lines that the store did not reach were certainly not carried out; a line that is only missing may have been.
        # Without a file, or with a count of 0, that is not certain: the operation may have carried out lines.
        counted = run.url is not None and run.object_count > 0 and len(results.by_number) >= run.object_count
        sure = run.partial and counted and not results.unreadable
        return self._reading.finish(turn, facts, results, sure=sure)


def _results_of(operation: Mapping[str, Any]) -> str | None:

    return operation.get("url") or operation.get("partialDataUrl") or None


def _mark(run: BulkRun) -> str:
    return f"HubRun{run.id.hex}"


def _marked(run: BulkRun) -> str:
    """The inner mutation with a unique name: the store shows it, and nothing else distinguishes two runs."""
    return documents.load(UPSERT).text.replace("mutation ProductUpsertLean(", f"mutation {_mark(run)}(", 1)
