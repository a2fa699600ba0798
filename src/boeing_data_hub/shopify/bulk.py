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

import msgspec
import structlog

from boeing_data_hub import telemetry
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import HubError
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.shopify import bulk_runs, documents, intents, publish_items
from boeing_data_hub.shopify.bulk_ingest import Reading
from boeing_data_hub.shopify.bulk_results import Results, read
from boeing_data_hub.shopify.bulk_runs import BulkLine, BulkRun
from boeing_data_hub.shopify.claims import Claim
from boeing_data_hub.shopify.creation_limit import CreationLimit
from boeing_data_hub.shopify.effects import EffectKind, Effects
from boeing_data_hub.shopify.failures import OutcomeUnknown
from boeing_data_hub.shopify.journey import Prepared
from boeing_data_hub.shopify.publications import DueItem, Intent, StoreFacts
from boeing_data_hub.shopify.repeatable_calls import AsksStore
from boeing_data_hub.shopify.row_lease import Taken
from boeing_data_hub.shopify.sending import UPSERT
from boeing_data_hub.shopify.store_operations import LOST_START_WAIT, StoreOperations
from boeing_data_hub.shopify.transfer import ResultsGone, Transfer, first_target
from boeing_data_hub.work.leases import LeaseLostError

log = structlog.get_logger(__name__)

_STEP: Final = RetryPolicy(attempts=7, first=1.0, longest=30.0)  # then the parts are sent directly
_RETRY: Final = {
    "prepared": _STEP,
    "starting": replace(_STEP, longest=LOST_START_WAIT),
    "running": replace(_STEP, attempts=21),
    "finished": _STEP,
}
_TAKEN: Final = "Shopify is busy with other bulk imports; this one waits for its turn."


@dataclass(frozen=True, slots=True)
class BulkRules:
    """How bulk operations are used (settings of the same names, where they exist).

    Attributes:
        lines: maximum number of upserts in one operation.
        lanes: operations at a time; the store runs five, and the app may need some for other purposes.
        fewest: a claim with fewer parts that change is sent directly.
        stuck_seconds: after which an operation that does not start, or gets no lane, is given up.
        lost_start_seconds: a start that is not visible by then did not happen; longer than a call may take.
        late_seconds: how long after its end a failed operation's results may still appear.
        lane_seconds: until a lane is requested again.
    """

    lines: int
    lanes: int
    fewest: int
    stuck_seconds: float = 900.0
    lost_start_seconds: float = 40.0
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
        creation_limit: CreationLimit,
        effects: Effects,
        rules: BulkRules,
    ) -> None:
        self._database = database
        self._client = client
        self._operations = StoreOperations(client)
        self._transfer = transfer
        self._reading = reading
        self._creation_limit = creation_limit
        self._effects = effects
        self._rules = rules
        self._kind: EffectKind[BulkRun] = EffectKind(
            name="a bulk import",
            next_due=lambda work, facts: bulk_runs.next_due(work, facts.shop),
            held_as=lambda run: f"run:{run.id}",
            carry_out=self._carry_out,
            retry=lambda run: _RETRY[run.state],
            put_off=lambda work, _facts, run, later: bulk_runs.put_off(
                work, run.id, wait=later.wait, attempts=later.attempts, note=later.note
            ),
            give_up=self._give_up,
        )

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

    def work(self, facts: StoreFacts) -> bool:
        """Take the next step of a run that is due. Returns and raises as `Effects.take_one`."""
        return self._effects.take_one(self._kind, facts)

    def _carry_out(self, taken: Taken[BulkRun], facts: StoreFacts) -> HubError | None:
        run = taken.row
        with telemetry.working_for([run.batch_id], run=str(run.id)):
            match run.state:
                case "prepared" if run.cancelling:
                    return self._finish(taken, facts, Results(), sure=True, missed=False)
                case "prepared":
                    return self._start(taken, facts)
                case "starting":
                    return self._find_start(taken)
                case "running":
                    return self._poll(taken, facts)
                case _:
                    return self._read(taken, facts)

    def _give_up(self, taken: Taken[BulkRun], facts: StoreFacts, failed: HubError) -> None:
        """End a run whose steps fail: what it has not published is sent directly."""
        log.warning("a bulk operation is given up", run=str(taken.row.id), code=failed.code)
        now = taken.save(lambda work: bulk_runs.get(work, taken.row.id)) or taken.row  # it may have started since
        self._finish(taken, facts, Results(), sure=now.state == "prepared")

    def _finish(
        self, taken: Taken[BulkRun], facts: StoreFacts, results: Results, *, sure: bool, missed: bool = True
    ) -> HubError | None:
        ended = self._reading.finish(taken, facts, results, sure=sure, missed=missed)
        self._creation_limit.note([ended.no_creating], created=ended.created)
        return ended.error

    def _start(self, taken: Taken[BulkRun], facts: StoreFacts) -> HubError | None:
        run = taken.row
        lines, sent = self._database.run(
            lambda work: (bulk_runs.variables(work, run.id), bulk_runs.intents(work, run.id)), patience=20
        )
        name = f"{run.id.hex}.jsonl"
        upload = {"filename": name, "mimeType": "text/jsonl", "resource": "BULK_MUTATION_VARIABLES"}
        answer = self._client.run("staged_upload", {"input": [{**upload, "httpMethod": "POST"}]})
        path = self._transfer.put(first_target(answer), name, "\n".join([*lines, ""]).encode())
        # The state is saved before the call: the next worker checks if the store has started.
        _move(taken, "starting", wait=LOST_START_WAIT, path=path)
        variables = {"mutation": _marked(run), "path": path, "clientIdentifier": f"hub-{run.id}"}
        operation_id: str | None = None
        try:
            operation_id = self._operations.start("bulk_run", variables, keep_going=taken.is_ours)
            if operation_id is not None:
                _move(taken, "running", wait=0.5, operation_id=operation_id, attempts=0, note=None)
                return None
        except (LeaseLostError, OutcomeUnknown):
            self._may_be_late(taken, facts, operation_id, sent)
            raise
        except HubError:  # it has certainly not started
            _move(taken, "prepared")
            raise
        if run.waited > self._rules.stuck_seconds:
            return self._finish(taken, facts, Results(), sure=True)
        _move(taken, "prepared", wait=self._rules.lane_seconds, note=_TAKEN)
        return None

    def _may_be_late(
        self, taken: Taken[BulkRun], facts: StoreFacts, operation_id: str | None, sent: Mapping[str, str]
    ) -> None:
        """Stop an operation that started after its run had passed to another worker, which has not waited for it.

        What the operation has done by then may be older than what was published since, so its parts are in doubt.
        """
        try:
            taken.prove()
        except LeaseLostError:
            if operation_id is not None:
                self._operations.cancel(operation_id)
            late = {sku: Intent.from_json(msgspec.json.decode(intent)) for sku, intent in sent.items()}
            skus = self._database.run(lambda work: intents.doubt(work, facts.shop, late), patience=60)
            log.warning("a bulk operation started late; its parts are in doubt", run=str(taken.row.id), parts=len(skus))

    def _find_start(self, taken: Taken[BulkRun]) -> None:
        """Find an operation whose start had no answer, by the name in its text; if it is absent, it did not start."""
        run = taken.row
        if operation_id := self._operations.find(_mark(run)):
            _move(taken, "running", operation_id=operation_id, attempts=0, note=None)
        elif run.age < self._rules.lost_start_seconds:
            _move(taken, "starting", wait=LOST_START_WAIT)
        else:
            _move(taken, "prepared", attempts=run.attempts + 1)

    def _poll(self, taken: Taken[BulkRun], facts: StoreFacts) -> HubError | None:
        run, found = taken.row, self._operations.look(taken.row.operation_id)
        if found is None:
            return self._finish(taken, facts, Results(), sure=False)
        if not found.has_ended:
            stuck = found.status == "CREATED" and found.count == 0 and run.age > self._rules.stuck_seconds
            if (stuck or run.cancelling) and found.can_be_cancelled:
                self._operations.cancel(run.operation_id)
            _move(taken, "running", wait=min(10.0, max(0.5, run.age / 5)), object_count=found.count, attempts=0)
            return None
        note = None if found.is_complete else f"Shopify ended it as {found.ending}."
        _move(
            taken, "finished", url=found.url, partial=not found.is_complete, object_count=found.count, note=note,
            attempts=0,
        )  # fmt: skip
        if found.status == "EXPIRED" and not found.url:  # there are no results left to wait for
            return self._finish(taken, facts, Results(), sure=False)
        return None

    def _read(self, taken: Taken[BulkRun], facts: StoreFacts) -> HubError | None:
        run = taken.row
        if not run.url and run.object_count > 0 and run.age < self._rules.late_seconds:
            found = self._operations.look(run.operation_id)
            url = found.url if found is not None else None
            _move(taken, "finished", wait=0.0 if url else 3.0, url=url)
            return None
        try:
            results = read(self._transfer.lines(run.url)) if run.url else Results()
        except ResultsGone:
            return self._finish(taken, facts, Results(), sure=False)
        # Lines that the store did not reach were certainly not carried out; a line that is only missing may have been.
        # Without a file, or with a count of 0, that is not certain: the operation may have carried out lines.
        counted = run.url is not None and run.object_count > 0 and len(results.by_number) >= run.object_count
        sure = run.partial and counted and not results.unreadable
        return self._finish(taken, facts, results, sure=sure)


def _move(taken: Taken[BulkRun], state: str, *, wait: float = 0.0, **changes: Any) -> None:
    """Set the run's state, which may be its current one, with its next step due in `wait` seconds."""
    taken.save(lambda work: bulk_runs.move(work, taken.row.id, state, wait=wait, **changes))


def _mark(run: BulkRun) -> str:
    return f"HubRun{run.id.hex}"


def _marked(run: BulkRun) -> str:
    """The inner mutation with a unique name: the store shows it, and nothing else distinguishes two runs."""
    return documents.load(UPSERT).text.replace("mutation ProductUpsertLean(", f"mutation {_mark(run)}(", 1)
